"""Are the records of the results what COCO's evaluation counts?"""
from collections import Counter
from typing import Any, Iterator, Optional

import numpy as np

from ...structures.pose_records import category_of
from .explanation import Explanation
from .pose_columns import Comparison, column, show

# COCOeval takes the best 20 results of each image.
_MAX_RESULTS = 20


def check_records(comparison: Comparison) -> Iterator[Explanation]:
    """Look for results that do not count, or count as false alarms.

    Args:
        comparison (Comparison): Results and annotations.

    Yields:
        Explanation: For malformed records, scores that rank nothing,
        duplicates, and results beyond the twenty best of an image.
    """
    if not len(comparison.results):
        yield Explanation('no_results', 'the results file holds no record',
                          'look at the log of the estimator', 0, 0)
        return
    for check in (_check_fields, _check_counts, _check_finite, _check_scores,
                  _check_duplicates, _check_crowding):
        explanation = check(comparison)
        if explanation is not None:
            yield explanation


def _check_fields(comparison: Comparison) -> Optional[Explanation]:
    results = comparison.results
    malformed = [i for i, r in enumerate(results) if not (
        _has_numbers(r) and 'category_id' in r and category_of(r) is not None)]
    # a score of NaN is a number, and explained with the scores
    unscored = [
        i for i, r in enumerate(results)
        if isinstance(r, dict) and not isinstance(r.get('score'), (int, float))
    ]
    bad = np.union1d(malformed, unscored)
    if not len(bad):
        return None
    first = int(bad[0])
    return Explanation(
        'malformed_record', 'records are not objects with image_id, '
        'category_id, keypoints (a flat list of numbers) and score, and do '
        f'not count, such as record {first}: {show(results[first])}',
        'write all four fields; `posefix convert` reads other formats',
        len(bad), len(results))


def _has_numbers(record: Any) -> bool:
    """Whether keypoints are a flat list of numbers."""
    values = record.get('keypoints') if isinstance(record, dict) else None
    return isinstance(values, list) and {int, float, type(None)}.issuperset(
        map(type, values))


def _check_counts(comparison: Comparison) -> Optional[Explanation]:
    wanted = len(comparison.sigmas)
    lengths = Counter(
        len(r['keypoints']) for r in comparison.results if _has_numbers(r))
    del lengths[3 * wanted]
    if not lengths:
        return None
    length, _ = lengths.most_common(1)[0]
    if length == 2 * wanted:
        text, remedy = 'x and y alone', 'write a score after each x, y'
    elif length % 3 == 0:
        text = f'{length // 3} joints'
        remedy = ('name the skeleton of both with --skeleton, or bring the '
                  'results to that of the annotations with `posefix convert '
                  '--joint-map`')
    else:
        text, remedy = 'no triples', 'write x, y, score of each joint'
    return Explanation(
        'keypoint_count', f'keypoints hold {length} numbers ({text}), the '
        f'annotated skeleton has {wanted} joints, that is {3 * wanted} '
        'numbers; such records do not count', remedy, lengths.total(),
        len(comparison.results))


def _check_finite(comparison: Comparison) -> Optional[Explanation]:
    poses = comparison.found.keypoints[..., :2]
    bad = ~np.isfinite(poses).all((1, 2))
    if not bad.any():
        return None
    return Explanation(
        'keypoints_not_finite', 'coordinates are NaN or null, such as in '
        f'record {comparison.found.row[bad][0]}; these joints are absent',
        'write 0, 0, 0 for joints that are not there', int(bad.sum()),
        len(comparison.results))


def _check_scores(comparison: Comparison) -> Optional[Explanation]:
    scores = comparison.scores
    given = np.array([
        isinstance(r, dict) and isinstance(r.get('score'), (int, float))
        for r in comparison.results
    ])
    bad = given & ~np.isfinite(scores)
    if bad.any():
        return Explanation(
            'score_not_finite', 'scores are NaN or infinite, such as that of '
            f'record {np.flatnonzero(bad)[0]}; such records do not count',
            'write finite scores', int(bad.sum()), len(scores))
    scores = scores[given]
    if len(scores) < 2 or np.ptp(scores) > 0:
        return None
    code = 'scores_equal' if scores[0] else 'scores_zero'
    return Explanation(
        code, f'all scores are {scores[0]:g}: AP depends on good results '
        'being ranked first, and posefix refines only scores above 0',
        "write the estimator's scores, or the means of its joints' scores",
        len(scores), len(scores))


def _check_duplicates(comparison: Comparison) -> Optional[Explanation]:
    found = comparison.found.take(comparison.found.image >= 0)
    categories = column(comparison.results, 'category_id')[found.row]
    flat = np.column_stack((found.image, categories, found.keypoints.reshape(
        len(found.row), 3 * len(comparison.sigmas)))) + 0.  # no -0.0
    rows = np.ascontiguousarray(flat).view(f'V{flat.shape[1] * 8}').ravel()
    _, first, inverse = np.unique(
        rows, return_index=True, return_inverse=True)
    again = np.setdiff1d(np.arange(len(rows)), first)
    if not len(again):
        return None
    pair = found.row[[first[inverse.ravel()[again[0]]], again[0]]]
    return Explanation(
        'duplicates', 'results repeat the pose of another one of the same '
        f'image, such as records {pair[0]} and {pair[1]}; all but one count '
        'as false alarms', 'remove them; `posefix refine` does so with '
        'OKS-NMS', len(again), len(comparison.results))


def _check_crowding(comparison: Comparison) -> Optional[Explanation]:
    image = comparison.result_images[comparison.result_images >= 0]
    counts = np.bincount(image, minlength=len(comparison.images))
    if not (counts > _MAX_RESULTS).any():
        return None
    most = int(counts.argmax())
    return Explanation(
        'more_than_20', f'images have more than {_MAX_RESULTS} results, up '
        f'to {counts[most]} of image {show(comparison.images[most]["id"])}; '
        f'COCO counts the {_MAX_RESULTS} with the highest scores, the rest '
        'not at all', 'remove duplicates by NMS and check that scores rank '
        'the results', int((counts - _MAX_RESULTS).clip(0).sum()),
        len(comparison.results))
