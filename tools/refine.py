"""Refine the poses of a file: `posefix refine`, named as mmpose's tools.

Config and checkpoint come first, as in tools/test.py.
"""

import argparse
import sys

from posefix_mm.cli import refine
from posefix_mm.cli.arguments import NETWORK, add_options
from posefix_mm.cli.main import run_command


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of a refiner')
    parser.add_argument('checkpoint', help='weights of the refiner')
    parser.add_argument(
        '--poses', required=True, help='results file to refine')
    parser.add_argument('--out', required=True, help='file to write')
    refine.add_file_arguments(parser)
    add_options(parser, *NETWORK)
    parser.add_argument('--quiet', action='store_true')
    parser.set_defaults(run=refine.run)
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(run_command(parse_args()))
