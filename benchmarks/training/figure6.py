"""The pipelines of figure 6 and end-to-end refinement on equal budgets.

Trains a small CPN, the five pipelines that refine its poses, the same network
without an input pose (IntegralPose), and a refinement module trained end to
end with a CPN of its own (table 1), all for the same number of epochs on the
same drawn pictures, and evaluates them on others.
"""

import argparse
import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Dict, List

import numpy as np
from mmpose.datasets.datasets.body import CocoDataset
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from rich.console import Console
from rich.progress import Progress

from posefix_mm.apis import refine_results
from posefix_mm.demo.demo import DemoSize, ToolRunner, draw_data, progress_bars
from posefix_mm.evaluation import evaluate_keypoints
from posefix_mm.fileio import read_json

ROOT = Path(__file__).resolve().parents[2]
FOLDER = 'body_2d_keypoint/'
CPN = FOLDER + 'topdown_heatmap/demo/td-hm_cpn-tiny_1xb32-14e_demo-64x48.py'
#: What refines CPN's poses.
REFINERS = {
    name: f'{FOLDER}posefix/demo/posefix_tiny_{tag}1xb32-14e_demo-64x48.py'
    for name, tag in {
        'coarse to fine (PoseFix)': '',
        'fine to fine': 'f2f-',
        'coarse to fine, L_C only': 'coord-loss-',
        'coarse to fine, L_H only': 'heatmap-loss-',
        'coarse to coarse': 'c2c-',
    }.items()
}
#: What gives poses of its own.
OTHERS = {
    'IntegralPose (no input pose)':
    FOLDER + 'integral_regression/demo/ipr_tiny_1xb32-14e_demo-64x48.py',
    'CPN with E2E-refine':
    FOLDER + 'posefix/demo/e2e-refine_cpn-tiny_1xb32-14e_demo-64x48.py',
}


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out-dir', default='figure6_out', help='folder for everything')
    parser.add_argument(
        '--seeds', type=int, nargs='+', default=[0, 1], help='of training')
    parser.add_argument('--epochs', type=int, default=14)
    parser.add_argument('--train-images', type=int, default=1000)
    parser.add_argument('--val-images', type=int, default=250)
    return parser.parse_args()


def train_all(tools: ToolRunner, epochs: int,
              bar: Progress) -> Dict[str, str]:
    """Train every network, as many at a time as there are pairs of cores.

    Args:
        tools (ToolRunner): Runs mmpose's tools.
        epochs (int): Of each.
        bar (Progress): Shows how far they are.

    Returns:
        Dict[str, str]: Checkpoints by config.
    """
    configs = [CPN, *REFINERS.values(), *OTHERS.values()]
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = {
            pool.submit(tools.train, Path(config).stem, config, epochs, bar):
            config
            for config in configs
        }
        try:
            return {jobs[job]: job.result() for job in as_completed(jobs)}
        except BaseException:
            tools.stop()
            raise


def run(out_dir: Path, data: Path, seed: int,
        args: argparse.Namespace) -> Dict[str, float]:
    """Train, test and refine with one seed.

    Args:
        out_dir (Path): Folder to run in.
        data (Path): Folder of the drawn pictures.
        seed (int): Seed of training.
        args (argparse.Namespace): The command line.

    Returns:
        Dict[str, float]: AP by name, CPN's as ``'CPN'``.
    """
    (out_dir / 'data').mkdir(parents=True)
    (out_dir / 'data' / 'demo').symlink_to(data, target_is_directory=True)
    tools = ToolRunner(ROOT, out_dir, seed)
    found = {}
    annotations = read_json(data / 'val' / 'annotations.json')
    with progress_bars() as bar:
        checkpoints = train_all(tools, args.epochs, bar)
        results = {
            name: tools.test(
                f'{Path(config).stem}', config, checkpoints[config], bar)
            for name, config in {'CPN': CPN, **OTHERS}.items()
        }
    sigmas = parse_pose_metainfo(CocoDataset.METAINFO)['sigmas']
    for name, path in results.items():
        found[name] = evaluate_keypoints(annotations, read_json(path),
                                         sigmas)['AP']
    for name, config in REFINERS.items():
        summary = refine_results(
            ROOT / 'configs' / config,
            checkpoints[config],
            results['CPN'],
            data / 'val' / 'images',
            out_dir / f'{Path(config).stem}.json',
            ann=data / 'val' / 'annotations.json',
            num_workers=0,
            progress=False)
        found[name] = summary.after['AP']
    return found


def table(found: List[Dict[str, float]]) -> str:
    """Write the results as a table in Markdown.

    Args:
        found (List[Dict[str, float]]): AP by name, for each seed.

    Returns:
        str: The table; the change is that to CPN of the same seed.
    """
    lines = ['| pipeline | AP of each seed | change | spread of the change |',
             '|---|---|---|---|']
    for name in ('CPN', *REFINERS, *OTHERS):
        points = [one[name] for one in found]
        change = [one[name] - one['CPN'] for one in found]
        values = ', '.join(f'{point:.1f}' for point in points)
        lines.append(f'| {name} | {values} | {np.mean(change):+.1f} | '
                     f'{np.ptp(change):.1f} |')
    return '\n'.join(lines)


def main() -> None:
    """Run all seeds and print the table."""
    args = parse_args()
    out_dir = Path(args.out_dir).resolve()
    out_dir.mkdir(parents=True)
    data = out_dir / 'data'
    draw_data(data, DemoSize(args.train_images, args.val_images), seed=0)
    found = [
        run(out_dir / f'seed{seed}', data, seed, args) for seed in args.seeds
    ]
    text = table(found)
    (out_dir / 'table.md').write_text(text + '\n')
    Console().print(text, markup=False, soft_wrap=True)
    print(f'{os.cpu_count()} cores; everything is in {out_dir}')


if __name__ == '__main__':
    main()
