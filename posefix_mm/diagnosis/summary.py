"""A diagnosis in numbers, for a JSON file."""
from typing import Dict, Optional, Tuple

import numpy as np

from ..structures.error_types import ERROR_TYPES
from .diagnosis import Diagnosis
from .frequencies import (
    frequency_tables,
    oks_distribution,
    status_frequency,
)


def summarize(diagnosis: Diagnosis,
              costs: Optional[Dict[str, float]] = None,
              moved_costs: Optional[Dict[str, float]] = None) -> dict:
    """Put the numbers of a diagnosis together.

    Args:
        diagnosis (Diagnosis): Of a results file.
        costs (Dict[str, float], optional): From
            :func:`~posefix_mm.diagnosis.error_costs`.
        moved_costs (Dict[str, float], optional): The same with
            ``repair='move'``.

    Returns:
        dict: ``rules``; ``frequency`` (share of each status, adds up to 1),
        ``joints`` (number of annotated joints of matched poses) and
        ``absent_joints`` of them; ``by_joint``, ``by_visible``,
        ``by_overlap`` (shares and ``joints`` of each part); ``oks``;
        ``matched``, ``unmatched_records``, ``unmatched_annotations`` and
        ``skipped_records`` (numbers); ``ap`` and ``ap_cost`` with ``costs``,
        ``ap_cost_moved`` with ``moved_costs``.

    Raises:
        ValueError: If no pose was matched.
    """
    annotated = diagnosis.status >= 0
    content = dict(
        rules=diagnosis.rules,
        frequency=status_frequency(diagnosis),
        joints=int(annotated.sum()),
        absent_joints=int((annotated & ~diagnosis.present).sum()),
        **{
            name: table.as_dict()
            for name, table in frequency_tables(diagnosis).items()
        },
        oks=oks_distribution(diagnosis),
        matched=len(diagnosis),
        unmatched_records=len(diagnosis.unmatched_records),
        unmatched_annotations=len(diagnosis.unmatched_annotations),
        skipped_records=diagnosis.skipped_records)
    for key, points in (('ap_cost', costs), ('ap_cost_moved', moved_costs)):
        if points is not None:
            content['ap'] = points['AP']
            content[key] = {k: v for k, v in points.items() if k != 'AP'}
    return content


def paired_rows(before: Diagnosis,
                after: Diagnosis) -> Tuple[np.ndarray, np.ndarray]:
    """Find the persons that have a pose in both.

    Args:
        before (Diagnosis): Of one results file.
        after (Diagnosis): Of another, against the same annotations.

    Returns:
        tuple: their rows in ``before`` and in ``after``, int.
    """
    row_of = {key: row for row, key in enumerate(after.annotation_id)}
    pairs = [(row, row_of[key])
             for row, key in enumerate(before.annotation_id) if key in row_of]
    rows = np.array(pairs, np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def status_changes(before: Diagnosis, after: Diagnosis) -> np.ndarray:
    """Count the joints that had one status and have another.

    Args:
        before (Diagnosis): Of one results file.
        after (Diagnosis): Of another, against the same annotations.

    Returns:
        np.ndarray: int (5, 5), status before by status after, in the order
        of ``ERROR_TYPES``.
    """
    rows, rows_after = paired_rows(before, after)
    first, second = before.status[rows], after.status[rows_after]
    seen = first >= 0
    kinds = len(ERROR_TYPES)
    counts = np.bincount(first[seen] * kinds + second[seen],
                         minlength=kinds**2)
    return counts.reshape(kinds, kinds)


def summarize_changes(before: Diagnosis, after: Diagnosis) -> dict:
    """Count what became of the joints of persons with a pose in both files.

    Args:
        before (Diagnosis): Of one results file.
        after (Diagnosis): Of another, against the same annotations.

    Returns:
        dict: Numbers of joints by status before and status after.
    """
    counts = status_changes(before, after)
    return {
        error: dict(zip(ERROR_TYPES, row.tolist(), strict=True))
        for error, row in zip(ERROR_TYPES, counts, strict=True)
    }
