"""Measure what a refiner does to results on real photos.

AP before and after, ranked by the scores of the input and by those that are
written, and the share of the poses that lose more than 0.05 OKS, by the OKS
that they came with.

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
    parser.add_argument('--passes', type=int, default=1)
    parser.add_argument('--json', help='write the numbers to this file')
    return parser.parse_args()


def measure(predictor, truth: dict, images: str, results: Path,
            passes: int) -> Dict[str, object]:
    """Refine a file and compare it with the truth.

    Returns:
        Dict[str, object]: ``before``, ``after`` and ``after_input_scores``,
        statistics in percent; ``counts`` and ``worse``, by band.
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
    counts, worse = losses(truth, given, refined, sigmas)
    return dict(
        before=evaluate_keypoints(truth, given, sigmas),
        after=evaluate_keypoints(truth, refined, sigmas),
        after_input_scores=evaluate_keypoints(truth, by_input, sigmas),
        counts=counts,
        worse=worse)


def losses(truth: dict, given: List[dict], refined: List[dict],
           sigmas: np.ndarray) -> Tuple[List[int], List[float]]:
    """Count poses that are one of a person, and those that lose, by band."""
    from posefix_mm.analysis.matching import match_records
    from posefix_mm.analysis.people import load_people
    from posefix_mm.analysis.person_oks import person_oks
    from posefix_mm.datasets.pose_records import parse_pose_record

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
    counts, worse = [], []
    for low, high in zip(BANDS[:-1], BANDS[1:], strict=True):
        band = (oks[0] >= low) & (oks[0] < high)
        counts.append(int(band.sum()))
        lost = (oks[1] - oks[0])[band] < -LOSS
        worse.append(100 * float(lost.mean()) if len(lost) else 0.)
    return counts, worse


def main() -> None:
    """Measure and print."""
    args = parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below, on import
    from posefix_mm.refinement import PosePredictor

    predictor = PosePredictor(
        args.config, args.checkpoint, crop_by=args.crop)
    truth = json.loads(Path(args.ann).read_text())
    table = Table('results', 'AP', 'AP75', 'AP by input scores', 'worse: ' +
                  ', '.join(f'from {low:g}' for low in BANDS[:-1]))
    numbers = {}
    for results in map(Path, args.results):
        found = numbers[results.name] = measure(
            predictor, truth, args.images, results, args.passes)
        before, after = found['before'], found['after']
        table.add_row(
            results.name, f'{before["AP"]:.1f} -> {after["AP"]:.1f}',
            f'{before["AP75"]:.1f} -> {after["AP75"]:.1f}',
            f'{found["after_input_scores"]["AP"]:.1f}', ', '.join(
                f'{w:.1f}% of {c}' for w, c in zip(
                    found['worse'], found['counts'], strict=True)))
    Console(width=120).print(table)
    if args.json:
        Path(args.json).write_text(json.dumps(numbers, indent=2))


if __name__ == '__main__':
    main()
