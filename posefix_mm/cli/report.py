"""Show on one HTML page what refinement did to poses.

The page is a single file that loads nothing: it opens from a folder, from a
mail or from a server, on a phone as well. Without annotations it shows how far
joints moved, and where.
"""
import argparse

from .arguments import (
    add_compared_files,
    add_options,
    compared_files,
    reading_options,
)
from .output import OK, write_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix report``."""
    add_compared_files(parser)
    add_options(parser, '--img-dir')
    parser.add_argument('--out', required=True, metavar='DIR',
                        help='folder for the page')
    add_options(parser, '--ann', required=False, help='COCO annotation file: '
                'names of the images and, if there are any, the true poses')
    add_options(parser, '--skeleton')
    parser.add_argument(
        '--people', type=int, default=12, metavar='N',
        help='people to show as most improved, most damaged and at random, '
        'each (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0,
                        help='of the random people')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix report``."""
    from ..progress import busy
    from ..visualization.report import write_report
    before, after = compared_files(args)
    with busy('comparing poses', enabled=not args.quiet):
        page = write_report(
            before, after, args.img_dir, args.out, ann=args.ann,
            skeleton=args.skeleton, people=args.people, seed=args.seed,
            **reading_options(args))
    if not args.quiet:
        write_line(f'report: {page}')
    return OK
