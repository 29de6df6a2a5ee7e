#!/usr/bin/env bash
# Test on the GPUs of one machine, or of several.
#
# Usage: tools/dist_test.sh CONFIG CHECKPOINT GPUS [arguments of test.py]
# Environment: NNODES, NODE_RANK, MASTER_ADDR, PORT, PYTHON
set -euo pipefail

if [ $# -lt 3 ]; then
  echo "usage: $0 CONFIG CHECKPOINT GPUS [arguments of test.py]" >&2
  exit 2
fi
CONFIG=$1
CHECKPOINT=$2
GPUS=$3
TOOLS=$(cd "$(dirname "$0")" && pwd)

# torchrun names the local rank in the environment, which test.py reads.
exec "${PYTHON:-python}" -m torch.distributed.run \
  --nnodes="${NNODES:-1}" \
  --node_rank="${NODE_RANK:-0}" \
  --master_addr="${MASTER_ADDR:-127.0.0.1}" \
  --master_port="${PORT:-29500}" \
  --nproc_per_node="$GPUS" \
  "$TOOLS/test.py" "$CONFIG" "$CHECKPOINT" --launcher pytorch "${@:4}"
