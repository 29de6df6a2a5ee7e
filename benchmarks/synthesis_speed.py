"""Speed of the error synthesis, beside that of the official release.

Measures the transform on one person at a time, as data workers use it, and
the synthesizer on batches, in CPU time of one core: what else runs on the
machine shows less than in wall time. Takes a few seconds::

    python benchmarks/synthesis_speed.py
"""
import argparse
import time
from typing import Callable, Dict, Tuple

import numpy as np
from rich.console import Console
from rich.table import Table

from posefix_mm.datasets.transforms import (
    ErrorSynthesizer,
    SynthesizePoseError,
    build_table,
)

#: Poses per second of the release's own synthesis, by number of near persons,
#: recorded on one core of the kind of machine this project is developed on.
RELEASE_SPEED = {0: 139., 1: 68., 3: 30.}

NAMES = ('nose left_eye right_eye left_ear right_ear left_shoulder '
         'right_shoulder left_elbow right_elbow left_wrist right_wrist '
         'left_hip right_hip left_knee right_knee left_ankle '
         'right_ankle').split()
SIGMAS = np.array([
    .26, .25, .25, .35, .35, .79, .79, .72, .72, .62, .62, 1.07, 1.07, .87,
    .87, .89, .89
]) / 10
FLIP_INDICES = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
INPUT_SIZE = (192, 256)
BOX_SIZE = (110., 240.)
#: A standing person in a crop of that size.
POSE = np.array([(96, 30), (92, 26), (100, 26), (86, 28), (106, 28), (75, 60),
                 (117, 60), (65, 95), (127, 95), (60, 130), (132, 130),
                 (82, 135), (110, 135), (80, 180), (112, 180), (80, 225),
                 (112, 225)], np.float32)
NEAR_SHIFTS = np.array([(40, 0), (-35, 10), (20, -25)], np.float32)
BATCH = 64


def make_results(num_near: int) -> dict:
    """Make what the crop hands to the transform.

    Args:
        num_near (int): Number of near persons, at most 3.

    Returns:
        dict: Result dict of one person.
    """
    keypoints = np.concatenate(
        (POSE[None], POSE + NEAR_SHIFTS[:num_near, None]))
    return dict(
        transformed_keypoints=keypoints,
        keypoints=keypoints,
        keypoints_visible=np.full(keypoints.shape[:2], 2., np.float32),
        bbox=np.array([(0, 0, *BOX_SIZE)], np.float32),
        bbox_scale=np.array([INPUT_SIZE], np.float32),
        input_size=INPUT_SIZE,
        flip_indices=FLIP_INDICES,
        sigmas=SIGMAS,
        keypoint_names=NAMES,
        num_near=num_near,
        id=0)


def single_call(num_near: int) -> Callable[[], object]:
    """Prepare the transform of one person.

    Args:
        num_near (int): Number of near persons.

    Returns:
        Callable: Synthesizes one pose.
    """
    transform, results = SynthesizePoseError(), make_results(num_near)
    return lambda: transform.transform(results.copy())


def batch_call(num_near: int) -> Callable[[], object]:
    """Prepare the synthesis of a batch.

    Args:
        num_near (int): Number of near persons.

    Returns:
        Callable: Synthesizes :data:`BATCH` poses.
    """
    synthesizer = ErrorSynthesizer(SIGMAS, FLIP_INDICES, build_table(NAMES))
    poses = make_results(num_near)['transformed_keypoints']
    poses = np.repeat(poses[None], BATCH, 0)
    visible = np.ones(poses.shape[:3], dtype=bool)
    area = np.full(BATCH, np.prod(BOX_SIZE))
    rng = np.random.default_rng(0)
    return lambda: synthesizer(rng, poses, visible, area)


def measure(call: Callable[[], object], number: int, repeats: int) -> float:
    """Measure the CPU time of a call.

    Args:
        call (Callable): What to measure.
        number (int): Calls in one measurement.
        repeats (int): Measurements, of which the best counts.

    Returns:
        float: Seconds for one call.
    """
    call()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        for _ in range(number):
            call()
        times.append((time.process_time() - start) / number)
    return min(times)


def run(repeats: int) -> Dict[Tuple[int, str], float]:
    """Measure every case.

    Args:
        repeats (int): Measurements of each, of which the best counts.

    Returns:
        dict: Poses per second by number of near persons and kind of call.
    """
    speeds = {}
    for num_near in RELEASE_SPEED:
        single = measure(single_call(num_near), 100, repeats)
        batch = measure(batch_call(num_near), 5, repeats)
        speeds[num_near, 'transform'] = 1 / single
        speeds[num_near, f'batch of {BATCH}'] = BATCH / batch
    return speeds


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument(
        '--repeats', type=int, default=20, help='measurements of each case')
    args = parser.parse_args()
    np.random.seed(0)
    table = Table(title='Error synthesis on one core')
    for name in ('near persons', 'call', 'us per pose', 'poses per second',
                 'release', 'ratio'):
        table.add_column(name, justify='left' if name == 'call' else 'right')
    for (num_near, kind), speed in run(args.repeats).items():
        release = RELEASE_SPEED[num_near]
        table.add_row(
            str(num_near), kind, f'{1e6 / speed:.1f}', f'{speed:,.0f}',
            f'{release:.0f}', f'{speed / release:.0f}x')
    Console().print(table)


if __name__ == '__main__':
    main()
