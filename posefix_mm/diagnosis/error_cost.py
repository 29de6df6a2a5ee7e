"""What each type of error costs in average precision."""
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..evaluation import can_evaluate, evaluate_keypoints
from ..structures.boxes import BOX_TO_AREA
from ..structures.oks import (
    ERROR_TYPES,
    JITTER,
    KS_GOOD,
    KS_JITTER,
    MISS,
)
from .diagnosis import Diagnosis

#: What is done to a joint with an error: it is replaced by the truth, or moved
#: to where the error is one of less weight (Ronchi & Perona).
REPAIRS = ('replace', 'move')


def repair_errors(diagnosis: Diagnosis, results: Sequence[Any],
                  annotations: dict, kinds: Iterable[int], *,
                  sigmas: Sequence[float] | None = None) -> list[Any]:
    """Repair the joints that have errors of some kinds.

    They are replaced by the truth. With ``sigmas`` they are moved near it
    instead, as `coco-analyze`_ does, to the right of the true place: jitter to
    the distance of KS .85, misses of .50, inversions and swaps as far away as
    they are from the place they were mistaken for. The distances are those of
    ``exp(-d^2 / (2 * area * sigma^2))``, without the 2 that belongs to sigma,
    so that KS becomes its fourth root: .96 for jitter, .84 for misses.

    Args:
        diagnosis (Diagnosis): Of the results.
        results (Sequence[Any]): Content of the results file; it is copied.
        annotations (dict): Content of the annotation file.
        kinds (Iterable[int]): Indices into ``ERROR_TYPES``.
        sigmas (Sequence[float], optional): COCO-style sigmas, (K, ).

    .. _`coco-analyze`: https://github.com/matteorr/coco-analyze
    """
    truth = {person['id']: person for person in annotations['annotations']
             if 'keypoints' in person}
    wrong = np.isin(diagnosis.status, list(kinds))
    repaired = list(results)
    for row in np.flatnonzero(wrong.any(1)):
        index, joints = diagnosis.record_index[row], wrong[row]
        person = truth[diagnosis.annotation_id[row]]
        pose, place = (
            np.array(values['keypoints'], np.float64).reshape(-1, 3)
            for values in (results[index], person))
        if sigmas is not None:
            place[joints, 0] += _distances(diagnosis, row, person,
                                           sigmas)[joints]
        pose[joints, :2] = place[joints, :2]
        repaired[index] = dict(
            results[index], keypoints=pose.ravel().tolist())
    return repaired


def _distances(diagnosis: Diagnosis, row: int, person: dict,
               sigmas: Sequence[float]) -> np.ndarray:
    """How far from the truth joints are moved, pixels (K, )."""
    status = diagnosis.status[row]
    similarity = np.where(status == JITTER, KS_GOOD,
                          np.where(status == MISS, KS_JITTER,
                                   diagnosis.nearest_ks[row]))
    _, _, width, height = person['bbox']
    area = person.get('area', BOX_TO_AREA * width * height)
    with np.errstate(invalid='ignore', divide='ignore'):
        return np.sqrt(-2 * area * np.log(similarity)) * np.asarray(sigmas)


def error_costs(diagnosis: Diagnosis, results: Sequence[Any],
                annotations: dict, sigmas: Sequence[float], *,
                repair: str = 'replace') -> dict[str, float]:
    """Evaluate the results with the errors of one type repaired.

    Args:
        diagnosis (Diagnosis): Of the results.
        results (Sequence[Any]): Content of the results file.
        annotations (dict): Content of the annotation file.
        sigmas (Sequence[float]): COCO-style sigmas, (K, ).
        repair (str): ``'replace'`` or ``'move'``, see :func:`repair_errors`.

    Returns:
        dict[str, float]: ``AP`` of the results as they are, in percent, and
        by how much it rises without ``jitter``, ``inversion``, ``swap``,
        ``miss`` and without any of them (``all``).

    Raises:
        ValueError: If there is no such repair, or the annotations lack what
            pycocotools needs.
    """
    if repair not in REPAIRS:
        raise ValueError(f'repair must be one of {REPAIRS}, got {repair!r}')
    can_evaluate(annotations, len(sigmas))

    def average_precision(records: Sequence[Any]) -> float:
        return evaluate_keypoints(annotations, records, sigmas)['AP']

    parts = {error: [kind] for kind, error in enumerate(ERROR_TYPES) if kind}
    parts['all'] = [kind for (kind, ) in parts.values()]
    costs = {'AP': average_precision(results)}
    for name, kinds in parts.items():
        costs[name] = average_precision(repair_errors(
            diagnosis, results, annotations, kinds,
            sigmas=sigmas if repair == 'move' else None)) - costs['AP']
    return costs
