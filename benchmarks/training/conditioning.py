"""Renderings of the pose, fusions and samplings on equal budgets.

Trains the demo's estimator, then the demo's refiner with every combination of
rendering, fusion and sampling, all for the same number of epochs on the same
drawn pictures, and refines the estimator's poses of others. Real predictions,
for empirical sampling, are those of the estimator on the training pictures,
which it has learnt: they are better than on new ones.
"""

import argparse
import os
import time
from itertools import product
from pathlib import Path
from typing import Dict, List, NamedTuple

import numpy as np
from mmengine.config import Config
from rich.console import Console

from posefix_mm.apis import refine_results
from posefix_mm.demo.demo import DemoSize, ToolRunner, draw_data, progress_bars
from posefix_mm.fileio import read_json

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / 'configs'
FOLDER = 'body_2d_keypoint/'
ESTIMATOR = FOLDER + 'rtmpose/demo/rtmpose_tiny_1xb32-14e_demo-64x48.py'
REFINER = FOLDER + 'posefix/demo/posefix_tiny_1xb32-14e_demo-64x48.py'
#: Peaks of 1 are in the range of the normalised image.
MAPS = {
    'Gaussian maps': dict(type='GaussianPoseMaps', sigma=2., amplitude=1.),
    'one-hot maps': dict(type='OneHotPoseMaps', amplitude=1.),
    'colour image': dict(type='ColorPoseImage', amplitude=1.),
    'grey image': dict(type='GreyPoseImage', amplitude=1.),
    'stacked maps': dict(type='StackedPoseMaps', amplitude=1.),
}
FUSIONS = {
    'concatenation': dict(type='Concatenation'),
    'preNet': dict(type='PreNet'),
    'CoAM': dict(
        type='CoAM', after='layer2', in_channels=[64], map_sizes=[(6, 8)]),
}
SAMPLINGS = {'generative': 0., 'empirical': 1.}


class Result(NamedTuple):
    """What became of one network.

    Attributes:
        ap (float): AP after refinement.
        change (float): Difference to the AP of the estimator.
        parameters (float): Millions.
        speed (float): Poses per second, the whole run of refinement.
    """

    ap: float
    change: float
    parameters: float
    speed: float


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--out-dir', default='conditioning_out', help='folder for everything')
    parser.add_argument(
        '--seeds', type=int, nargs='+', default=[0, 1], help='of training')
    parser.add_argument('--epochs', type=int, default=14)
    parser.add_argument('--train-images', type=int, default=1000)
    parser.add_argument('--val-images', type=int, default=250)
    for name, parts in (('maps', MAPS), ('fusions', FUSIONS), ('samplings',
                                                               SAMPLINGS)):
        parser.add_argument(
            f'--{name}', nargs='+', choices=parts, default=list(parts))
    return parser.parse_args()


def write_config(path: Path, maps: str, fusion: str, sampling: str,
                 real_poses: Path) -> None:
    """Write the refiner's config with one combination.

    Args:
        path (Path): File to write.
        maps (str): Of :data:`MAPS`.
        fusion (str): Of :data:`FUSIONS`.
        sampling (str): Of :data:`SAMPLINGS`.
        real_poses (Path): The estimator's poses of the training pictures.
    """
    cfg = Config.fromfile(CONFIGS / REFINER)
    cfg.model.update(pose_maps=MAPS[maps], fusion=FUSIONS[fusion])
    if SAMPLINGS[sampling]:
        dataset = cfg.train_dataloader.dataset
        dataset.real_pose_files = [str(real_poses)]
        place, = (i for i, t in enumerate(dataset.pipeline)
                  if t.type == 'SynthesizePoseError')
        dataset.pipeline[place] = dict(
            type='TakeInputPose', errors=dataset.pipeline[place])
        dataset.pipeline.insert(
            1, dict(type='DrawInputPose', real_prob=SAMPLINGS[sampling]))
    cfg.dump(path)


def count_parameters(config: Path) -> float:
    """Count the parameters of a config's model, in millions."""
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS
    init_default_scope('mmpose')
    model = MODELS.build(Config.fromfile(config).model)
    return sum(p.numel() for p in model.parameters()) / 1e6


def run(out_dir: Path, data: Path, seed: int,
        args: argparse.Namespace) -> Dict[tuple, Result]:
    """Train and refine with one seed.

    Args:
        out_dir (Path): Folder to run in.
        data (Path): Folder of the drawn pictures.
        seed (int): Seed of training.
        args (argparse.Namespace): The command line.

    Returns:
        Dict[tuple, Result]: By rendering, fusion and sampling.
    """
    (out_dir / 'data').mkdir(parents=True)
    (out_dir / 'data' / 'demo').symlink_to(data, target_is_directory=True)
    tools = ToolRunner(ROOT, out_dir, seed)
    found = {}
    with progress_bars() as bar:
        checkpoint = tools.train('estimator', ESTIMATOR, args.epochs, bar)
        poses = tools.test('estimator', ESTIMATOR, checkpoint, bar)
        on_training = Config.fromfile(CONFIGS / ESTIMATOR)
        for place in (on_training.test_dataloader.dataset,
                      on_training.test_evaluator):
            place.ann_file = place.ann_file.replace('val/', 'train/')
        on_training.test_dataloader.dataset.data_prefix = dict(
            img='train/images/')
        on_training.dump(out_dir / 'on_training.py')
        real_poses = tools.test('real_poses', str(out_dir / 'on_training.py'),
                                checkpoint, bar)
        for number, names in enumerate(
                product(args.maps, args.fusions, args.samplings)):
            config = out_dir / f'refiner{number}.py'
            write_config(config, *names, real_poses)
            checkpoint = tools.train(f'refiner{number}', str(config),
                                     args.epochs, bar)
            start = time.perf_counter()
            summary = refine_results(
                config,
                checkpoint,
                poses,
                data / 'val' / 'images',
                out_dir / f'refiner{number}.json',
                ann=data / 'val' / 'annotations.json',
                num_workers=0,
                progress=False)
            seconds = time.perf_counter() - start
            found[names] = Result(
                summary.after['AP'],
                summary.after['AP'] - summary.before['AP'],
                count_parameters(config), len(read_json(poses)) / seconds)
            # hours may pass until the table is whole
            Console().print(
                f'seed {seed}: {", ".join(names)}: {found[names]}',
                markup=False, soft_wrap=True)
    return found


def table(found: List[Dict[tuple, Result]]) -> str:
    """Write the results as a table in Markdown.

    Args:
        found (List[Dict[tuple, Result]]): For each seed.

    Returns:
        str: The table; the change is that to the estimator of the same seed,
        and speed includes reading pictures and loading the model.
    """
    lines = [
        '| pose | fusion | sampling | AP of each seed | change | spread of '
        'the change | parameters (M) | poses/s |', '|' + '---|' * 8
    ]
    for names in found[0]:
        results = [one[names] for one in found]
        change = [result.change for result in results]
        values = ', '.join(f'{result.ap:.1f}' for result in results)
        speed = np.mean([result.speed for result in results])
        lines.append(f'| {" | ".join(names)} | {values} | '
                     f'{np.mean(change):+.1f} | {np.ptp(change):.1f} | '
                     f'{results[0].parameters:.2f} | {speed:.0f} |')
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
