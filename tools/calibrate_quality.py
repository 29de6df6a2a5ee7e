"""Make the predicted quality of poses honest, on photos kept aside."""

import argparse
import warnings


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'config', help='config with a calibration_dataloader')
    parser.add_argument('checkpoint', help='weights of a refiner')
    parser.add_argument('out', help='checkpoint to write')
    return parser.parse_args()


def main() -> None:
    """Calibrate and print the calibration errors."""
    args = parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below, on import
    from posefix_mm.apis.calibrate_quality import calibrate_quality

    try:
        errors = calibrate_quality(args.config, args.checkpoint, args.out)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    for name, (before, after) in errors.items():
        print(f'calibration error of {name}: {before:.3f} -> {after:.3f}')
    print(f'written to {args.out}')


if __name__ == '__main__':
    main()
