"""Show the whole chain on drawn pictures, in minutes on two cores."""

import argparse
import warnings
from pathlib import Path


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out-dir', default='demo_out', help='folder for everything')
    parser.add_argument('--epochs', type=int, help='epochs of both networks')
    parser.add_argument('--train-images', type=int)
    parser.add_argument('--val-images', type=int)
    parser.add_argument('--seed', type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Run the demo."""
    args = parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below, on import
    from posefix_mm.demo.demo import DemoSize, run_demo

    sizes = {
        name: getattr(args, name)
        for name in ('epochs', 'train_images', 'val_images')
        if getattr(args, name) is not None
    }
    try:
        run_demo(
            args.out_dir,
            Path(__file__).resolve().parents[1],
            size=DemoSize(**sizes),
            seed=args.seed)
    except (OSError, RuntimeError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error


if __name__ == '__main__':
    main()
