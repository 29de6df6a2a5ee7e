"""Train a pose refiner: MMPose's ``tools/train.py``, with PoseFix registered.

Takes MMPose's arguments; see ``python tools/train.py --help``.
"""

import sys

import mmpose  # noqa: F401

# Registers the modules and lets torch read MMEngine's checkpoints, which
# configs that are read later could not do for the tool itself.
import posefix_mm  # noqa: F401
from posefix_mm._compat import run_mmpose_tool


def main() -> None:
    """Run the tool of the installed MMPose."""
    if '--amp' in sys.argv[1:]:
        from mmengine.device import get_device
        if get_device() == 'cpu':
            raise SystemExit(
                'error: --amp needs a GPU; on a processor with bfloat16 '
                'instructions take --cfg-options '
                'optim_wrapper.type=Bfloat16OptimWrapper instead')
    run_mmpose_tool('train')


if __name__ == '__main__':
    main()
