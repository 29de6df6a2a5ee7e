"""What each type of error costs in average precision."""
from typing import Any, Dict, Iterable, List, Sequence

import numpy as np

from ..analysis.diagnosis import Diagnosis
from ..datasets.transforms.error_synthesis import ERROR_TYPES
from .coco_table import can_evaluate, evaluate_keypoints


def repair_errors(diagnosis: Diagnosis, results: Sequence[Any],
                  annotations: dict, kinds: Iterable[int]) -> List[Any]:
    """Replace the joints with given errors by the truth.

    Args:
        diagnosis (Diagnosis): Of the results.
        results (Sequence[Any]): Content of the results file; not changed.
        annotations (dict): Content of the annotation file.
        kinds (Iterable[int]): Indices into ``ERROR_TYPES``.

    Returns:
        List[Any]: The results, with x and y of these joints as annotated.
    """
    truth = {
        person['id']: person['keypoints']
        for person in annotations['annotations'] if 'keypoints' in person
    }
    wrong = np.isin(diagnosis.status, list(kinds))
    repaired = list(results)
    for row in np.flatnonzero(wrong.any(1)):
        index, joints = diagnosis.record_index[row], wrong[row]
        pose, person = (
            np.array(values, np.float64).reshape(-1, 3)
            for values in (results[index]['keypoints'],
                           truth[diagnosis.annotation_id[row]]))
        pose[joints, :2] = person[joints, :2]
        repaired[index] = dict(
            results[index], keypoints=pose.ravel().tolist())
    return repaired


def error_costs(diagnosis: Diagnosis, results: Sequence[Any],
                annotations: dict,
                sigmas: Sequence[float]) -> Dict[str, float]:
    """Evaluate the results with the errors of one type put right.

    Args:
        diagnosis (Diagnosis): Of the results.
        results (Sequence[Any]): Content of the results file.
        annotations (dict): Content of the annotation file.
        sigmas (Sequence[float]): COCO-style sigmas, (K, ).

    Returns:
        Dict[str, float]: ``AP`` of the results as they are, in percent, and
        by how much it rises without ``jitter``, ``inversion``, ``swap``,
        ``miss`` and without any of them (``all``).

    Raises:
        ValueError: If the annotations lack what pycocotools needs.
    """
    can_evaluate(annotations, len(sigmas))
    parts = {error: [kind] for kind, error in enumerate(ERROR_TYPES) if kind}
    parts['all'] = [kind for (kind, ) in parts.values()]
    costs = {'AP': evaluate_keypoints(annotations, results, sigmas)['AP']}
    for name, kinds in parts.items():
        repaired = repair_errors(diagnosis, results, annotations, kinds)
        statistics = evaluate_keypoints(annotations, repaired, sigmas)
        costs[name] = statistics['AP'] - costs['AP']
    return costs
