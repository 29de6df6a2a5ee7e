"""Measure how soon the command answers, against Python itself.

Each is run several times, in turn; the fastest of each counts. The first
refined pose is that of a file with one pose, and the package's own refiner
(needs the extra `photos`). `--against` compares it with another checkout, by
processor time as well, which a busy machine disturbs less, above all with
one thread: several wait for each other in loops; and with importing PyTorch,
which no refinement can do without.

    python benchmarks/startup.py
    OMP_NUM_THREADS=1 python benchmarks/startup.py --against ../checkout_before
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import numpy as np
from rich.console import Console
from rich.table import Table

COMMANDS = ('refine', 'predict', 'evaluate', 'convert', 'diagnose',
            'estimate-errors', 'figure', 'report', 'export')
POSEFIX = [sys.executable, '-m', 'posefix_mm']
ROOT = Path(__file__).resolve().parents[1]


class Cost(NamedTuple):
    """What a run takes.

    Attributes:
        wall: Seconds until it ends.
        cpu: Seconds of processors, those of the system included.
    """

    wall: float
    cpu: float


def answers(folder: Path) -> Dict[str, List[str]]:
    """Command lines by what they are called in the table."""
    import cv2
    cv2.imwrite(str(folder / '1.png'), np.zeros((64, 64, 3), np.uint8))
    pose = np.random.default_rng(0).uniform(5, 60, (17, 3)).ravel().tolist()
    poses = folder / 'poses.json'
    poses.write_text(
        json.dumps([
            dict(image_id=1, category_id=1, keypoints=pose, score=.9)
        ]))
    return {
        'python -c pass': [sys.executable, '-c', 'pass'],
        'import posefix_mm': [sys.executable, '-c', 'import posefix_mm'],
        'posefix --version': [*POSEFIX, '--version'],
        'posefix --help': [*POSEFIX, '--help'],
        **{f'posefix {name} --help': [*POSEFIX, name, '--help']
           for name in COMMANDS},
        'posefix refine (usage error)': [*POSEFIX, 'refine'],
        'first refined pose': [
            *POSEFIX, 'refine', str(poses), '--img-dir', str(folder), '--out',
            str(folder / 'refined.json')
        ],
    }


def measure(command: List[str], checkout: Path = ROOT) -> Cost:
    """Time one run, of the package in a checkout."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    result = subprocess.run(
        command,
        cwd=checkout,
        env=dict(os.environ, PYTHONPATH=str(checkout)),
        capture_output=True,
        text=True)
    wall = time.perf_counter() - start
    if result.returncode not in (0, 2):
        sys.exit(f'{" ".join(command)}: {result.stderr}')
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(
        wall, after.ru_utime - before.ru_utime + after.ru_stime
        - before.ru_stime)


def show_commands(commands: Dict[str, List[str]], repeats: int) -> None:
    """Show how soon each command answers."""
    runs = [{name: measure(command).wall
             for name, command in commands.items()} for _ in range(repeats)]
    table = Table('', 'seconds', 'times python -c pass')
    best = {name: min(run[name] for run in runs) for name in commands}
    for name, value in best.items():
        table.add_row(name, f'{value:.3f}',
                      f'{value / best["python -c pass"]:.1f}')
    Console().print(table)


def show_comparison(command: List[str], before: Path, repeats: int) -> None:
    """Show what the command takes in two checkouts, in turn."""
    runs = {
        'before': (command, before),
        'now': (command, ROOT),
        'import torch': ([sys.executable, '-c', 'import torch'], ROOT)
    }
    costs = [{name: measure(*run) for name, run in runs.items()}
             for _ in range(repeats)]
    table = Table('first refined pose', 'seconds', 'of before',
                  'processor seconds', 'of before')
    best = {
        name: Cost(*map(min, zip(*(cost[name] for cost in costs),
                                 strict=True)))
        for name in runs
    }
    for name, cost in best.items():
        table.add_row(
            name, *(text for value, whole in zip(
                cost, best['before'], strict=True)
                for text in (f'{value:.2f}', f'{value / whole:.2f}')))
    Console().print(table)


def main() -> None:
    """Measure, and show ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument(
        '--against', type=Path, help='checkout to compare with')
    args = parser.parse_args()
    before: Optional[Path] = args.against and args.against.resolve()
    with tempfile.TemporaryDirectory() as folder:
        commands = answers(Path(folder))
        if before is None:
            show_commands(commands, args.repeats)
        else:
            show_comparison(commands['first refined pose'], before,
                            args.repeats)


if __name__ == '__main__':
    main()
