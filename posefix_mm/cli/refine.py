"""Refine the poses in a file of any estimator.

Every record comes back, in order and with all of its fields; only
coordinates change. Beside the output, OUT.log.jsonl names each record that
could not be refined, and why.
"""
import argparse
from functools import partial
from typing import TYPE_CHECKING

from .exit_codes import NOT_ALL_REFINED, NOTHING_REFINED, OK
from .output import say
from .refiner_arguments import (
    add_pose_file_arguments,
    add_refiner_arguments,
    network_options,
)

if TYPE_CHECKING:
    from ..apis import RefineSummary

HELP = 'refine the poses in a file'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command.

    Args:
        parser (argparse.ArgumentParser): Parser of the command.
    """
    parser.add_argument(
        'poses', help='file or folder of poses, such as COCO results')
    parser.add_argument('--out', required=True, help='what to write')
    add_file_arguments(parser)
    add_refiner_arguments(parser)


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how a file is refined.

    Args:
        parser (argparse.ArgumentParser): What is added to.
    """
    parser.add_argument(
        '--img-dir', required=True, help='folder of the images or videos')
    parser.add_argument(
        '--ann',
        help='COCO annotation file: its images give the file names; with '
        'annotations, AP before and after is shown')
    add_pose_file_arguments(parser)
    parser.add_argument(
        '--follow-links',
        action='store_true',
        help='open pictures outside of the folder to which links in it lead')
    parser.add_argument(
        '--allow-empty',
        action='store_true',
        help='write the output even if nothing could be refined')
    parser.add_argument(
        '--batch-size', type=int, default=32, help='poses at once (32)')
    parser.add_argument(
        '--num-workers',
        type=int,
        default=2,
        help='threads that load and crop (2)')
    parser.add_argument(
        '--nms',
        action=argparse.BooleanOptionalAction,
        help='drop duplicate poses by OKS-NMS (default: only in results of '
        'detectors: COCO and AlphaPose)')
    parser.add_argument(
        '--scores',
        choices=('input', 'refined'),
        help='scores of COCO results: those of the input, or these times the '
        'predicted OKS, with predicted_oks and score_before beside them '
        '(default: refined, where the refiner predicts it)')
    parser.add_argument(
        '--crop',
        choices=('pose', 'bbox', 'both'),
        default='pose',
        help='crop by the joints of a pose, by the bbox of its record, or so '
        'that it holds both (pose)')
    parser.add_argument(
        '--passes',
        type=int,
        default=1,
        help='refine so many times, cropping anew by what was refined (1)')
    parser.add_argument(
        '--resume',
        action='store_true',
        help='go on where the same command was stopped')
    parser.add_argument(
        '--strict',
        action='store_true',
        help='write nothing and exit with 3 if a record can not be refined')
    parser.add_argument(
        '--overwrite-input',
        action='store_true',
        help='allow the output to be the input')
    parser.add_argument(
        '--log', help='log of records (default: OUT.log.jsonl)')
    parser.add_argument(
        '--show-dir', help='folder for pictures of input and refined poses')
    parser.add_argument(
        '--show-limit', type=int, help='pictures at most (default: all)')
    parser.add_argument(
        '--launcher',
        default='none',
        choices=('none', 'pytorch', 'slurm', 'mpi'),
        help='share the work between processes, as tools/test.py does')


def run(args: argparse.Namespace) -> int:
    """Refine a file and report what became of it.

    Args:
        args (argparse.Namespace): Parsed arguments.

    Returns:
        int: Exit code.
    """
    import cv2
    from mmengine.dist import get_rank

    from ..apis import (
        NotAllRefinedError,
        NothingRefinedError,
        refine_results,
    )
    from ..file_refinement.launch import launch

    cv2.setNumThreads(0)  # images are decoded in threads of our own
    device = launch(args.launcher, args.device)
    try:
        summary = refine_results(
            args.config,
            args.checkpoint,
            args.poses,
            args.img_dir,
            args.out,
            ann=args.ann,
            pose_format=args.format,
            joint_map=args.joint_map,
            categories=args.categories,
            follow_links=args.follow_links,
            allow_empty=args.allow_empty,
            announce=None if args.quiet else partial(say, error=True),
            nms=args.nms,
            scores=args.scores,
            passes=args.passes,
            crop_by=args.crop,
            batch_size=args.batch_size,
            num_workers=args.num_workers,
            resume=args.resume,
            strict=args.strict,
            overwrite_input=args.overwrite_input,
            log=args.log,
            show_dir=args.show_dir,
            show_limit=args.show_limit,
            progress=not args.quiet,
            **dict(network_options(args), device=device))
    except NotAllRefinedError as error:
        say(f'error: {error}', error=True)
        return NOT_ALL_REFINED
    except NothingRefinedError as error:
        say(f'error: {error}', error=True)
        return NOTHING_REFINED
    if not args.quiet and get_rank() == 0:
        report(summary, args.out)
    return OK


def report(summary: 'RefineSummary', out: str) -> None:
    """Print what became of the records.

    Args:
        summary (RefineSummary): What became of them.
        out (str): The output.
    """
    from rich.console import Console

    from ..evaluation import comparison_table

    say(f'{summary.total} poses read, {summary.refined} refined, '
        f'{summary.dropped} dropped as duplicates by NMS, '
        f'{len(summary.unrefined)} passed through unrefined')
    for line in summary.remedies():
        say(f'  {line}')
    say(f'written to {out}')
    if summary.unrefined or summary.dropped:
        say(f'every record that is not in it refined: {summary.log}')
    if summary.before is not None:
        Console().print(comparison_table(summary.before, summary.after))
        for explanation in summary.explanations:
            say(explanation)
