"""Refine the poses in a file of any estimator.

Every record comes back, in order and with all of its fields; only
coordinates change. Beside the output, OUT.log.jsonl names each record that
could not be refined, and why.
"""
import argparse
import os
from functools import partial
from typing import TYPE_CHECKING

from .arguments import (
    NETWORK,
    POSE_FILE,
    REFINER,
    add_options,
    network_options,
)
from .output import OK, write_line

if TYPE_CHECKING:
    from ..apis import RefineSummary

# A process that is done waits for the slowest one.
_LAUNCHER_TIMEOUT = 7 * 24 * 3600  # seconds
# Options of a run over a file, under the names of `refine_file`'s arguments.
_FILE_OPTIONS = (
    'ann', 'pose_format', 'joint_map', 'categories', 'follow_links',
    'allow_empty', 'nms', 'scores', 'passes', 'crop_by', 'batch_size',
    'num_workers', 'resume', 'strict', 'overwrite_input', 'log', 'show_dir',
    'show_limit')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``posefix refine``."""
    parser.add_argument(
        'poses', help='file or folder of poses, such as COCO results')
    parser.add_argument('--out', required=True, help='what to write')
    add_file_arguments(parser)
    add_options(parser, *REFINER, *NETWORK)


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how a file is refined."""
    parser.add_argument(
        '--img-dir', required=True, help='folder of the images or videos')
    parser.add_argument(
        '--ann', help='COCO annotation file: its images give the file names; '
        'with annotations, AP before and after is shown')
    add_options(parser, *POSE_FILE)
    parser.add_argument(
        '--follow-links', action='store_true', help='open pictures outside '
        'of the folder if links in it lead there')
    parser.add_argument(
        '--allow-empty', action='store_true',
        help='write the output even if nothing could be refined')
    parser.add_argument('--batch-size', type=int, default=32,
                        help='poses refined at once (32)')
    parser.add_argument('--num-workers', type=int, default=2,
                        help='threads that load and crop (2)')
    parser.add_argument(
        '--nms', action=argparse.BooleanOptionalAction,
        help='drop duplicate poses by OKS-NMS (default: only in results of '
        'detectors: COCO and AlphaPose)')
    parser.add_argument(
        '--scores', choices=('input', 'refined'), help='scores of COCO '
        'results: those of the input, or these times the predicted OKS, with '
        'predicted_oks and score_before beside them (default: refined, where '
        'the refiner predicts it)')
    parser.add_argument(
        '--crop', dest='crop_by', choices=('pose', 'bbox', 'both'),
        default='pose', help='crop by the joints of a pose, by the bbox of '
        'its record, or so that the crop holds both (pose)')
    parser.add_argument(
        '--passes', type=int,
        help='how often to refine at most, each time cropping the refined '
        "pose (the refiner's config says it: 2 for the default one)")
    parser.add_argument(
        '--resume', action='store_true',
        help='continue where the same command was stopped')
    parser.add_argument(
        '--strict', action='store_true',
        help='write nothing and exit with 3 if a record cannot be refined')
    parser.add_argument(
        '--overwrite-input', action='store_true',
        help='allow the output to be the input')
    parser.add_argument(
        '--log', help='log of records (default: OUT.log.jsonl)')
    parser.add_argument(
        '--show-dir', help='folder for pictures of input and refined poses')
    parser.add_argument('--show-limit', type=int,
                        help='largest number of pictures (default: all)')
    parser.add_argument(
        '--launcher', default='none',
        choices=('none', 'pytorch', 'slurm', 'mpi'),
        help='share the work between processes, as tools/test.py does')


def run(args: argparse.Namespace) -> int:
    """Run ``posefix refine``."""
    import cv2
    from mmengine.dist import get_rank

    from ..apis import refine_results

    cv2.setNumThreads(0)  # images are decoded in threads of our own
    args.device = _launch(args.launcher, args.device)
    summary = refine_results(
        args.config, args.checkpoint, args.poses, args.img_dir, args.out,
        announce=None if args.quiet else partial(write_line, error=True),
        progress=not args.quiet, **network_options(args),
        **{name: getattr(args, name) for name in _FILE_OPTIONS})
    if not args.quiet and get_rank() == 0:
        _report(summary, args.out)
    return OK


def _launch(launcher: str, device: str) -> str:
    """Join the processes of a launcher, as mmengine's runner does.

    Returns the device of this process, which ``'cuda'`` leaves open.
    """
    if launcher == 'none':
        return device
    import torch
    from mmengine.dist import init_dist

    from .._compat import launch_without_cuda
    launch_without_cuda()
    backend = 'nccl' if device.startswith('cuda') else 'gloo'
    try:
        init_dist(launcher, backend=backend, timeout=_LAUNCHER_TIMEOUT)
    except KeyError as error:
        raise ValueError(
            f'--launcher {launcher} is for processes that it starts, and '
            f'{error.args[0]} is not set; with pytorch: `torchrun '
            '--nproc_per_node 2 -m posefix_mm ...`') from error
    if device == 'cuda':
        return f'cuda:{torch.cuda.current_device()}'
    if launcher == 'pytorch' and 'OMP_NUM_THREADS' not in os.environ:
        torch.set_num_threads(1)
    return device


def _report(summary: 'RefineSummary', out: str) -> None:
    """Print what became of the records."""
    from rich.console import Console

    from ..evaluation import comparison_table

    write_line(
        f'{summary.total} poses read, {summary.refined} refined, '
        f'{summary.dropped} dropped as duplicates by NMS, '
        f'{len(summary.unrefined)} passed through unrefined')
    for line in summary.remedies():
        write_line(f'  {line}')
    write_line(f'written to {out}')
    if summary.unrefined or summary.dropped:
        write_line(f'every record that is not in it refined: {summary.log}')
    if summary.before is not None:
        Console().print(comparison_table(summary.before, summary.after))
        for explanation in summary.explanations:
            write_line(explanation)
