"""Make the predicted quality of poses honest, on photos kept aside."""

import argparse
import sys

from posefix_mm.cli.main import run_command


def run(args: argparse.Namespace) -> int:
    """Calibrate and print the calibration errors."""
    from posefix_mm.apis.calibrate_quality import calibrate_quality

    errors = calibrate_quality(args.config, args.checkpoint, args.out)
    for name, (before, after) in errors.items():
        print(f'calibration error of {name}: {before:.3f} -> {after:.3f}')
    print(f'written to {args.out}')
    return 0


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'config', help='config with a calibration_dataloader')
    parser.add_argument('checkpoint', help='weights of a refiner')
    parser.add_argument('out', help='checkpoint to write')
    parser.set_defaults(run=run)
    sys.exit(run_command(parser.parse_args()))
