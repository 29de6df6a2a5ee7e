"""Measure what a refiner does to results on real photos.

AP before and after, ranked by the scores of the input and by those that are
written; the share of the poses that lose more than 0.05 OKS, by the OKS that
they came with; and the calibration error of the predicted OKS, of poses that
are some person's.

    python benchmarks/gains.py ANNOTATIONS IMAGES RESULTS [RESULTS ...]
"""

import argparse
import json
import tempfile
import warnings
from pathlib import Path
from typing import Dict, List, Tuple

import numpy as np
from rich.console import Console
from rich.table import Table

#: Bands of the OKS of the input.
BANDS = (0, .3, .5, .7, .9, 1.01)
#: A pose is worse when it loses more OKS than this.
LOSS = 0.05


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('ann', help='COCO annotations')
    parser.add_argument('images', help='folder of their images')
    parser.add_argument('results', nargs='+', help='COCO results')
    parser.add_argument('--config', help='of a refiner (default: the one that '
                        'comes with the package)')
    parser.add_argument('--checkpoint', help='its weights')
    parser.add_argument('--crop', default='pose', help='as of posefix refine')
    parser.add_argument('--passes', type=int, help='as of posefix refine')
    parser.add_argument('--plot', help='draw predicted and true OKS')
    parser.add_argument('--json', help='write the numbers to this file')
    return parser.parse_args()


def measure(predictor, truth: dict, images: str, results: Path,
            passes: int | None) -> Dict[str, object]:
    """Refine a file and compare it with the truth.

    Returns:
        Dict[str, object]: ``before``, ``after`` and ``after_input_scores``,
        statistics in percent; ``counts`` and ``worse``, by band;
        ``predicted`` and ``true``, OKS of the refined poses.
    """
    from posefix_mm.apis import refine_file
    from posefix_mm.evaluation.coco_table import evaluate_keypoints

    sigmas = predictor.metainfo['sigmas']
    given = [dict(record, row=row) for row, record in
             enumerate(json.loads(Path(results).read_text()))]
    with tempfile.TemporaryDirectory() as folder:
        numbered, out = Path(folder, 'in.json'), Path(folder, 'out.json')
        numbered.write_text(json.dumps(given))
        ann = Path(folder, 'ann.json')
        ann.write_text(json.dumps(truth))
        refine_file(predictor, numbered, images, out, ann=ann, passes=passes)
        refined = json.loads(out.read_text())
    by_input = [
        dict(r, score=r.get('score_before', r['score'])) for r in refined
    ]
    before, after, predicted = similarities(truth, given, refined, sigmas)
    counts, worse = losses(before, after)
    return dict(
        before=evaluate_keypoints(truth, given, sigmas),
        after=evaluate_keypoints(truth, refined, sigmas),
        after_input_scores=evaluate_keypoints(truth, by_input, sigmas),
        counts=counts,
        worse=worse,
        predicted=predicted.tolist(),
        true=after.tolist())


def similarities(truth: dict, given: List[dict], refined: List[dict],
                 sigmas: np.ndarray) -> Tuple[np.ndarray, ...]:
    """OKS before and after of poses that are a person's, and predicted."""
    from posefix_mm.structures.people import (
        load_people,
        match_records,
        person_oks,
    )
    from posefix_mm.structures.pose_records import parse_pose_record

    people = load_people(truth, len(sigmas))
    after = {record['row']: record for record in refined}
    pairs = [(parse_pose_record(0, r, len(sigmas)),
              parse_pose_record(0, after[r['row']], len(sigmas)))
             for r in given if r['row'] in after]
    pairs = [pair for pair in pairs if pair[0].problem is None]
    chosen, person, _ = match_records([b for b, _ in pairs], people, sigmas)
    oks = [
        person_oks(
            np.stack([pairs[i][side].keypoints for i in chosen]),
            np.ones((len(chosen), len(sigmas)), bool), person, people, sigmas)
        for side in (0, 1)
    ]
    predicted = [pairs[i][1].raw.get('predicted_oks', 1.) for i in chosen]
    return *oks, np.array(predicted)


def losses(before: np.ndarray,
           after: np.ndarray) -> Tuple[List[int], List[float]]:
    """Count poses, and the share that loses, by band of the OKS before."""
    counts, worse = [], []
    for low, high in zip(BANDS[:-1], BANDS[1:], strict=True):
        band = (before >= low) & (before < high)
        counts.append(int(band.sum()))
        lost = (after - before)[band] < -LOSS
        worse.append(100 * float(lost.mean()) if len(lost) else 0.)
    return counts, worse


def plot(numbers: Dict[str, dict], path: str) -> None:
    """Draw mean true OKS over mean predicted OKS, of tenths of the poses."""
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot
    _, axes = pyplot.subplots(figsize=(5, 4.5))
    axes.plot([0, 1], [0, 1], color='grey', linewidth=.8)
    for name, found in numbers.items():
        predicted, true = map(np.array, (found['predicted'], found['true']))
        tenths = np.array_split(np.argsort(predicted), 10)
        axes.plot(*([values[t].mean() for t in tenths]
                    for values in (predicted, true)), marker='o',
                  markersize=3, label=name)
    axes.set(xlabel='predicted OKS', ylabel='OKS', xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False)
    pyplot.savefig(path, bbox_inches='tight', dpi=110)


def main() -> None:
    """Measure and print."""
    args = parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below, on import
    from posefix_mm.apis.calibrate_quality import calibration_error
    from posefix_mm.inference import PosePredictor

    predictor = PosePredictor(
        args.config, args.checkpoint, crop_by=args.crop)
    truth = json.loads(Path(args.ann).read_text())
    table = Table('results', 'AP', 'AP75', 'AP by input scores',
                  'calibration error', 'worse: ' +
                  ', '.join(f'from {low:g}' for low in BANDS[:-1]))
    numbers = {}
    for results in map(Path, args.results):
        found = numbers[results.name] = measure(
            predictor, truth, args.images, results, args.passes)
        before, after = found['before'], found['after']
        error = calibration_error(
            np.array(found['predicted']), np.array(found['true']))
        table.add_row(
            results.name, f'{before["AP"]:.1f} -> {after["AP"]:.1f}',
            f'{before["AP75"]:.1f} -> {after["AP75"]:.1f}',
            f'{found["after_input_scores"]["AP"]:.1f}',
            f'{error:.3f}',
            ', '.join(
                f'{w:.1f}% of {c}' for w, c in zip(
                    found['worse'], found['counts'], strict=True)))
    Console(width=120).print(table)
    if args.plot:
        plot(numbers, args.plot)
    if args.json:
        Path(args.json).write_text(json.dumps(numbers, indent=2))


if __name__ == '__main__':
    main()
