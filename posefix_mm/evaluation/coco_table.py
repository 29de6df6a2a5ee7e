"""COCO statistics before and after refinement."""
import contextlib
import copy
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from rich.table import Table

from ..structures.boxes import BOX_TO_AREA

#: Names of the ten statistics, in pycocotools' order.
STATISTICS = ('AP', 'AP50', 'AP75', 'AP(M)', 'AP(L)', 'AR', 'AR50', 'AR75',
              'AR(M)', 'AR(L)')

# NaN is not below it; pycocotools would take a pose of NaN for a perfect one.
_HUGE = 1e300
_RESULT_FIELDS = ('image_id', 'category_id', 'keypoints', 'score')


def evaluate_keypoints(annotations: dict, results: Sequence[Any],
                       sigmas: Sequence[float]) -> dict[str, float]:
    """Evaluate keypoint results with pycocotools.

    Args:
        annotations (dict): Content of a COCO annotation file.
        results (Sequence[Any]): Records; those that are no well-formed poses
            of known images do not count.
        sigmas (Sequence[float]): COCO-style sigmas, (K, ).

    Returns:
        dict[str, float]: The statistics of :data:`STATISTICS` in percent,
        -1 where there is nothing to count.
    """
    known = {image['id'] for image in annotations['images']}
    usable = [r for r in results if _is_usable(r, known, len(sigmas))]
    if not usable:
        return dict.fromkeys(STATISTICS, 0.)
    # Nothing but these fields: loadRes takes the task, and what it expects of
    # all records, from the fields of the first one. Boxes give the areas for
    # medium and large, else the extents of the poses do.
    boxes = all(_are_numbers(r.get('bbox'), 4) for r in usable)
    fields = (*_RESULT_FIELDS, 'bbox') if boxes else _RESULT_FIELDS
    with contextlib.redirect_stdout(io.StringIO()), \
            np.errstate(over='ignore'):
        truth = COCO()
        truth.dataset = dict(
            annotations, annotations=_completed(annotations['annotations']))
        truth.createIndex()
        detections = truth.loadRes(
            [{name: r[name] for name in fields} for r in usable])
        evaluation = COCOeval(truth, detections, 'keypoints')
        evaluation.params.kpt_oks_sigmas = np.asarray(sigmas)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    stats = np.asarray(evaluation.stats)
    return dict(zip(STATISTICS, np.where(
        stats < 0, -1., stats * 100).tolist(), strict=True))


def are_comparable(annotations: dict, results: Sequence[Any],
                   num_keypoints: int) -> bool:
    """Tell whether any pose is of an annotated image and category.

    Arguments are those of :func:`evaluate_keypoints`; ``num_keypoints`` is K.
    """
    annotated = {(person['image_id'], person['category_id'])
                 for person in annotations['annotations']}
    images = {image_id for image_id, _ in annotated}
    return any(_is_usable(r, images, num_keypoints)
               and (r['image_id'], r['category_id']) in annotated
               and any(r['keypoints']) for r in results)


def _completed(people: Sequence[dict]) -> list[dict]:
    """Copy annotations with keypoints and add what pycocotools needs."""
    # pycocotools writes into what it is given
    completed = [copy.deepcopy(p) for p in people if 'keypoints' in p]
    for number, person in enumerate(completed, 1):
        # an id of 0 would count as unmatched, a text not at all
        person['id'] = number
        person.setdefault('iscrowd', 0)
        person.setdefault('num_keypoints',
                          sum(v > 0 for v in person['keypoints'][2::3]))
        person.setdefault('area',
                          BOX_TO_AREA * person['bbox'][2] * person['bbox'][3])
    return completed


def _is_usable(record: Any, known: set, num_keypoints: int) -> bool:
    """Whether pycocotools can take a record."""
    if not isinstance(record, dict):
        return False
    image_id = record.get('image_id')
    return (isinstance(image_id, (int, str)) and image_id in known
            and _are_numbers([record.get('score')], 1)
            and isinstance(record.get('category_id'), int)
            and _are_numbers(record.get('keypoints'), 3 * num_keypoints))


def _are_numbers(values: Any, count: int) -> bool:
    return (isinstance(values, list) and len(values) == count
            and all(isinstance(v, (int, float)) and -_HUGE < v < _HUGE
                    for v in values))


def comparison_table(before: dict[str, float] | None, after: dict[str, float],
                     title: str = 'COCO keypoints') -> Table:
    """Lay out statistics of results, or before and after refinement.

    Both are of :func:`evaluate_keypoints`; the table is for a rich console.
    """
    table = Table('', title=title)
    for head in ('results', ) if before is None else (
            'input', 'refined', 'change'):
        table.add_column(head, justify='right')
    for name, value in after.items():
        change = () if before is None else (f'{value - before[name]:+.1f}', )
        values = [value] if before is None else [before[name], value]
        table.add_row(name, *(f'{v:.1f}' for v in values), *change)
    return table
