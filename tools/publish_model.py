"""Make a small file of weights out of a training checkpoint."""

import argparse
import warnings


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint', help='checkpoint of a training')
    parser.add_argument('out', help='file to write, such as refiner.pth')
    parser.add_argument(
        '--full-precision',
        action='store_true',
        help='keep float32 (default: half precision, half the size)')
    return parser.parse_args()


def main() -> None:
    """Write the weights and say how large they are."""
    args = parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below, on import
    from posefix_mm.apis import publish_model

    try:
        size = publish_model(
            args.checkpoint, args.out, half=not args.full_precision)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    print(f'written to {args.out}, {size / 1e6:.1f} MB')


if __name__ == '__main__':
    main()
