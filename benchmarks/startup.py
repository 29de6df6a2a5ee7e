"""Measure how soon the command answers, against Python itself.

Each is run several times, in turn; the fastest of each counts. The first
refined pose is that of a file with one pose, and the package's own refiner
(needs the extra `photos`).

    python benchmarks/startup.py
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, List

import numpy as np
from rich.console import Console
from rich.table import Table

COMMANDS = ('refine', 'predict', 'evaluate', 'convert', 'diagnose',
            'estimate-errors', 'figure', 'report', 'export')
POSEFIX = [sys.executable, '-m', 'posefix_mm.cli']


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


def seconds(command: List[str]) -> float:
    """Time one run."""
    start = time.perf_counter()
    result = subprocess.run(command, capture_output=True, text=True)
    elapsed = time.perf_counter() - start
    if result.returncode not in (0, 2):
        sys.exit(f'{" ".join(command)}: {result.stderr}')
    return elapsed


def main() -> None:
    """Measure, and show ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--repeats', type=int, default=5)
    args = parser.parse_args()
    os.chdir(Path(__file__).resolve().parents[1])
    with tempfile.TemporaryDirectory() as folder:
        commands = answers(Path(folder))
        runs = [{name: seconds(command) for name, command in commands.items()}
                for _ in range(args.repeats)]
    table = Table('', 'seconds', 'times python -c pass')
    best = {name: min(run[name] for run in runs) for name in commands}
    for name, value in best.items():
        table.add_row(name, f'{value:.3f}',
                      f'{value / best["python -c pass"]:.1f}')
    Console().print(table)


if __name__ == '__main__':
    main()
