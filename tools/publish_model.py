"""Make a small file of weights out of a training checkpoint."""

import argparse
import sys

from posefix_mm.cli.main import run_command


def run(args: argparse.Namespace) -> int:
    """Write the weights and say how large they are."""
    from posefix_mm.apis import publish_model

    size = publish_model(
        args.checkpoint, args.out, half=not args.full_precision)
    print(f'written to {args.out}, {size / 1e6:.1f} MB')
    return 0


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint', help='checkpoint of a training')
    parser.add_argument('out', help='file to write, such as refiner.pth')
    parser.add_argument(
        '--full-precision',
        action='store_true',
        help='keep float32 (default: half precision, half the size)')
    parser.set_defaults(run=run)
    sys.exit(run_command(parser.parse_args()))
