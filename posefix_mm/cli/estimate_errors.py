"""Measure how an estimator fails, as a table for the error synthesis.

Its results on annotated images become probabilities and radii that
SynthesizePoseError takes: train a refiner on the errors of your own
estimator.
"""
import argparse
from pathlib import Path

from .arguments import READING, add_options, reading_options
from .output import OK, write_line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix estimate-errors``."""
    parser.add_argument(
        'results', help='poses of the estimator, such as COCO results')
    add_options(parser, '--ann', help='COCO annotation file of the images')
    parser.add_argument('--out', required=True, help='config file to write')
    add_options(parser, *READING, '--skeleton', '--oks-thr')
    parser.add_argument(
        '--prior', type=float, default=20., metavar='JOINTS',
        help='entries with about this many observations or fewer are drawn '
        'towards the average (20)')
    parser.add_argument(
        '--pose-box-expand', type=float, metavar='FACTOR',
        help="take the annotated joints' extent times this as boxes, where "
        'the training data set does so (MPII: 1.2)')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix estimate-errors``."""
    from ..diagnosis import (
        config_fragment,
        diagnose_files,
        estimate_errors,
        load_skeleton,
    )
    from ..fileio import atomic_write

    if args.prior < 0:
        raise ValueError(f'--prior must not be negative, got {args.prior:g}')
    metainfo = load_skeleton(args.skeleton)
    diagnosis = diagnose_files(
        args.results, args.ann, metainfo, rules='posefix',
        oks_thr=args.oks_thr, area='bbox',
        pose_box_expand=args.pose_box_expand,
        **reading_options(args)).diagnosis
    errors = estimate_errors(diagnosis, metainfo, prior=args.prior)
    description = (
        f'Errors of {Path(args.results).name} against {Path(args.ann).name}: '
        f'{len(diagnosis)} poses with an OKS of {args.oks_thr:g} or more. '
        'Written by `posefix estimate-errors`.')
    with atomic_write(args.out) as file:
        file.write(config_fragment(errors, description).encode())
    if not args.quiet:
        write_line(
            f'measured on {len(diagnosis)} poses '
            f'({len(diagnosis.unmatched_records)} others belong to nobody, '
            f'{len(diagnosis.unmatched_annotations)} persons have no pose); '
            f'written to {args.out}')
    return OK
