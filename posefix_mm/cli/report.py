"""Show on one HTML page what refinement did to poses.

The page is a single file that loads nothing: it opens from a folder, from a
mail or from a server, on a phone as well. Without annotations it shows how far
joints moved, and where.
"""
import argparse

from .exit_codes import OK
from .output import say
from .refiner_arguments import (
    add_compared_files,
    add_img_dir,
    add_skeleton,
    reading_options,
)

HELP = 'show what refinement did to poses, on one page'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix report``."""
    add_compared_files(parser)
    add_img_dir(parser)
    parser.add_argument(
        '--out', required=True, metavar='DIR', help='folder for the page')
    parser.add_argument(
        '--ann',
        metavar='GT.json',
        help='COCO annotations: names of the images and, if there are any, '
        'the true poses')
    add_skeleton(parser)
    parser.add_argument(
        '--people',
        type=int,
        default=12,
        metavar='N',
        help='people to show as most improved, most damaged and at random, '
        'each (default: %(default)s)')
    parser.add_argument(
        '--seed', type=int, default=0, help='of the random people')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix report``."""
    from ..progress import busy
    from ..visualization.report import write_report
    with busy('comparing poses', enabled=not args.quiet):
        page = write_report(
            args.before,
            args.after,
            args.img_dir,
            args.out,
            ann=args.ann,
            skeleton=args.skeleton,
            people=args.people,
            seed=args.seed,
            **reading_options(args))
    if not args.quiet:
        say(f'report: {page}')
    return OK
