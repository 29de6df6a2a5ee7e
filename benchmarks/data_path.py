"""Time loading and cropping against mmpose's pipeline and the bare network.

Data side: poses per second of a file with many poses an image, without any
network, through mmpose's own test pipeline (a data loader over
``PoseResultsDataset``, one sample a pose) and through ``refine_stream``, with
the same number of workers. End to end: poses per second of ``refine_stream``
on a file with few poses an image, and of the bare network on the very same
batches, which are in memory already.

All sides run in turns, several times; the medians of their times are
compared.

    python benchmarks/data_path.py
"""

import argparse
import json
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Callable, Dict, List, Sequence

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from rich.console import Console
from rich.table import Table
from support.stand_ins import NoNetwork, Recorder, random_refiner

from posefix_mm.file_refinement.file_run import FileRun
from posefix_mm.formats.open_file import open_pose_file
from posefix_mm.images.image_finder import ImageFinder
from posefix_mm.images.image_source import ImageSource
from posefix_mm.inference import Crops, PosePredictor
from posefix_mm.inference.predictor import package_root
from posefix_mm.testing import write_dataset

CONFIG = (
    package_root() / 'configs/body_2d_keypoint/posefix/coco'
    '/posefix_res50_4xb32-140e_coco-256x192.py')


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--poses', type=int, default=1280, help='data side')
    parser.add_argument(
        '--network-poses', type=int, default=64, help='end to end')
    parser.add_argument('--repeats', type=int, default=3)
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--json', help='write the numbers to this file')
    return parser.parse_args()


def write_poses(folder: Path, poses: int, per_image: int) -> Path:
    """Write a results file on drawn images of COCO's usual size."""
    count = -(-poses // per_image)
    path = write_dataset(folder, count, seed=0, image_size=(640, 480))
    people = [
        p for p in json.loads(path.read_text())['annotations']
        if p['num_keypoints'] == 17
    ]
    rng = np.random.default_rng(0)
    records = []
    for index in range(poses):
        person = people[index % len(people)]
        pose = np.array(person['keypoints'], np.float64).reshape(-1, 3)
        pose[:, :2] += rng.normal(0, 4, (len(pose), 2))
        pose[:, 2] = 1
        records.append(
            dict(
                image_id=index // per_image + 1,
                category_id=1,
                keypoints=pose.ravel().tolist(),
                score=.9))
    results = folder / f'poses_{per_image}.json'
    results.write_text(json.dumps(records))
    return results


def stream(predictor: PosePredictor, results: Path, workers: int) -> int:
    """Refine a file, but for writing it; count the poses."""
    pose_file = open_pose_file(
        results, target_names=predictor.keypoint_names)
    source = ImageSource(ImageFinder(results.parent / 'images'))
    run = FileRun(
        predictor,
        pose_file,
        source.load,
        nms=True,
        batch_size=32,
        num_workers=workers)
    return sum(
        int(result.refined.sum())
        for _, result in run.refine(run.plan.numbers, lambda count: None))


def mmpose_loader(results: Path, workers: int) -> int:
    """Load and crop with mmpose's pipeline; count the poses."""
    cfg = Config.fromfile(CONFIG)
    init_default_scope('mmpose')
    loader = dict(
        cfg.test_dataloader,
        num_workers=workers,
        persistent_workers=False,
        dataset=dict(
            cfg.test_dataloader.dataset,
            data_root='',
            ann_file=str(results.parent / 'annotations.json'),
            pose_file=str(results),
            data_prefix=dict(img=str(results.parent / 'images'))))
    return sum(
        len(batch['inputs']) for batch in Runner.build_dataloader(loader))


def bare_network(predictor: PosePredictor, batches: Sequence[Crops]) -> int:
    """Run the network alone on batches in memory; count the poses."""
    for crops in batches:
        predictor.start(crops)()
    return sum(map(len, batches))


def in_turns(sides: Dict[str, Callable[[], int]],
             repeats: int) -> Dict[str, float]:
    """Poses per second of each side, the median of several turns."""
    times: Dict[str, List[float]] = {name: [] for name in sides}
    counts = {name: side() for name, side in sides.items()}  # warm up
    for _ in range(repeats):
        for name, side in sides.items():
            started = time.perf_counter()
            side()
            times[name].append(time.perf_counter() - started)
    assert len(set(counts.values())) == 1, counts
    return {
        name: counts[name] / statistics.median(times[name])
        for name in sides
    }


def main() -> None:
    """Measure and print."""
    warnings.filterwarnings('ignore')
    args = parse_args()
    cv2.setNumThreads(0)
    predictor = random_refiner(CONFIG)
    no_network = random_refiner(CONFIG, NoNetwork)
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        many = write_poses(Path(temporary) / 'many', args.poses, 20)
        rates = in_turns(
            {
                'mmpose': lambda: mmpose_loader(many, args.workers),
                'posefix': lambda: stream(no_network, many, args.workers)
            }, args.repeats)
        rows.append(('data side, 20 poses an image', 'mmpose pipeline',
                     rates['mmpose'], 'refine_stream', rates['posefix']))
        for per_image in (1, 3):
            few = write_poses(
                Path(temporary) / str(per_image), args.network_poses,
                per_image)
            recorder = random_refiner(CONFIG, Recorder)
            stream(recorder, few, args.workers)
            rates = in_turns(
                {
                    'bare': lambda r=recorder: bare_network(
                        predictor, r.batches),
                    'posefix': lambda f=few: stream(predictor, f,
                                                    args.workers)
                }, args.repeats)
            rows.append((f'end to end, {per_image} poses an image',
                         'bare network', rates['bare'], 'refine_stream',
                         rates['posefix']))
    table = Table(title=f'poses/s, {args.workers} workers, '
                  f'{torch.get_num_threads()} threads of PyTorch')
    for column in ('', 'against', 'poses/s', 'here', 'poses/s', 'ratio'):
        table.add_column(column)
    for what, against, base, here, rate in rows:
        table.add_row(what, against, f'{base:.1f}', here, f'{rate:.1f}',
                      f'{rate / base:.2f}')
    Console(width=110).print(table)
    if args.json:
        Path(args.json).write_text(json.dumps(rows))


if __name__ == '__main__':
    main()
