"""Measure peak memory and throughput on files of up to a million poses.

Everything of ``refine_file`` but the network, which stands still here: the
file is split, read, its images are decoded and cropped, results are
journaled, gathered and written. Each size runs in a process of its own. The
throughput of the first and of the last tenth of the work tells whether it is
flat.

    python benchmarks/memory.py
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import List

import numpy as np
from rich.console import Console
from rich.table import Table

SIZES = (10_000, 100_000, 1_000_000)
PER_IMAGE = 20


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--sizes', type=int, nargs='+', default=SIZES)
    parser.add_argument('--json', help='write the numbers to this file')
    parser.add_argument('--worker', type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def write_poses(folder: Path, poses: int) -> Path:
    """Write a results file as COCO tools do, and an image for each id."""
    import cv2
    images = folder / 'images'
    images.mkdir()
    rng = np.random.default_rng(0)
    first = images / '000000000000.jpg'
    cv2.imwrite(str(first), rng.integers(0, 256, (48, 64, 3), np.uint8))
    for number in range(1, -(-poses // PER_IMAGE)):
        os.link(first, images / f'{number:012d}.jpg')
    path = folder / 'poses.json'
    with path.open('w') as file:
        for index in range(poses):
            pose = rng.uniform(0, 48, (17, 3)).round(3)
            record = dict(
                image_id=index // PER_IMAGE,
                category_id=1,
                keypoints=pose.ravel().tolist(),
                score=round(1 + index / poses, 6))
            file.write(('[' if not index else ', ') + json.dumps(record))
        file.write(']')
    return path


def work(poses: int) -> None:
    """Refine a file of one size and print what it took, as JSON."""
    from support.stand_ins import NoNetwork, random_refiner

    from posefix_mm.apis import refine_file
    from posefix_mm.demo.demo import REFINER
    from posefix_mm.file_refinement.file_run import Journal
    from posefix_mm.inference.predictor import package_root

    predictor = random_refiner(package_root() / 'configs' / REFINER,
                               NoNetwork)
    moments: List[float] = []
    add = Journal.add

    def watched(journal: Journal, *chunk) -> None:
        """Note when a chunk is done."""
        add(journal, *chunk)
        moments.append(time.perf_counter())

    Journal.add = watched
    with tempfile.TemporaryDirectory() as temporary:
        path = write_poses(Path(temporary), poses)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        summary = refine_file(
            predictor,
            path,
            path.parent / 'images',
            path.parent / 'out.json',
            nms=False,
            progress=False)
        seconds = time.perf_counter() - started
        size = path.stat().st_size
    assert summary.refined == poses, summary.codes
    tenth = max(1, len(moments) // 10)
    if len(moments) < 10:
        raise SystemExit(f'{poses} poses are too few to tell a tenth of them')
    print(
        json.dumps(
            dict(
                poses=poses,
                file_mib=size / 2**20,
                before_mib=before / 2**10,
                peak_mib=resource.getrusage(
                    resource.RUSAGE_SELF).ru_maxrss / 2**10,
                poses_per_s=poses / seconds,
                last_to_first=(moments[tenth] - moments[0]) /
                (moments[-1] - moments[-1 - tenth]))))


def main() -> None:
    """Measure all sizes and print."""
    warnings.filterwarnings('ignore')
    args = parse_args()
    if args.worker:
        work(args.worker)
        return
    table = Table(title='refine_file without its network')
    for column in ('poses', 'file MiB', 'RSS MiB before', 'peak RSS MiB',
                   'peak - before', 'of the file', 'poses/s',
                   'last / first tenth'):
        table.add_column(column, justify='right')
    results = []
    for poses in args.sizes:
        output = subprocess.run(
            [sys.executable, '-W', 'ignore', __file__, '--worker',
             str(poses)],
            stdout=subprocess.PIPE,
            text=True,
            check=True).stdout
        one = json.loads(output.splitlines()[-1])
        results.append(one)
        grown = one['peak_mib'] - one['before_mib']
        table.add_row(f'{poses:,}', f'{one["file_mib"]:.0f}',
                      f'{one["before_mib"]:.0f}', f'{one["peak_mib"]:.0f}',
                      f'{grown:.0f}', f'{grown / one["file_mib"]:.2f}',
                      f'{one["poses_per_s"]:.0f}',
                      f'{one["last_to_first"]:.2f}')
    Console(width=110).print(table)
    if args.json:
        Path(args.json).write_text(json.dumps(results))


if __name__ == '__main__':
    main()
