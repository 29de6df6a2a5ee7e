"""Refine the poses of a COCO keypoint results file."""

import argparse
import warnings

from mmengine import DictAction
from rich.console import Console


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of a refiner')
    parser.add_argument('checkpoint', help='weights of the refiner')
    parser.add_argument(
        '--poses', required=True, help='COCO results file to refine')
    parser.add_argument(
        '--img-dir', required=True, help='folder of the images')
    parser.add_argument(
        '--out', required=True, help='COCO results file to write')
    parser.add_argument(
        '--ann',
        help='COCO annotation file: its images give the file names; with '
        'annotations, AP before and after is shown')
    parser.add_argument(
        '--device', default='cpu', help='such as cuda:0 (default: cpu)')
    parser.add_argument(
        '--batch-size', type=int, default=32, help='poses at once (32)')
    parser.add_argument(
        '--num-workers', type=int, default=2, help='loading processes (2)')
    parser.add_argument(
        '--no-flip-test',
        action='store_true',
        help='do not average with the mirrored image: twice as fast')
    parser.add_argument(
        '--no-nms', action='store_true', help='keep duplicate poses')
    parser.add_argument(
        '--show-dir', help='folder for pictures of input and refined poses')
    parser.add_argument(
        '--show-limit', type=int, help='pictures at most (default: all)')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='changes of the config, as key=value')
    return parser.parse_args()


def main() -> None:
    """Refine a file and report what became of it."""
    args = parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below, on import
    from posefix_mm.apis import refine_results
    from posefix_mm.evaluation import comparison_table

    try:
        summary = refine_results(
            args.config,
            args.checkpoint,
            args.poses,
            args.img_dir,
            args.out,
            ann=args.ann,
            device=args.device,
            batch_size=args.batch_size,
            num_workers=args.num_workers,
            flip_test=not args.no_flip_test,
            nms=not args.no_nms,
            show_dir=args.show_dir,
            show_limit=args.show_limit,
            cfg_options=args.cfg_options)
    except (OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error
    console = Console()
    console.print(f'{summary.total} poses read, {summary.refined} refined, '
                  f'{summary.dropped} dropped as duplicates by NMS, '
                  f'{len(summary.unrefined)} passed through unrefined')
    for reason, count in summary.reasons().most_common(10):
        console.print(
            f'  {count} x {reason}',
            highlight=False,
            markup=False,
            soft_wrap=True)
    console.print(
        f'written to {args.out}',
        highlight=False,
        markup=False,
        soft_wrap=True)
    if summary.before is not None:
        console.print(comparison_table(summary.before, summary.after))


if __name__ == '__main__':
    main()
