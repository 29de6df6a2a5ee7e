"""What became of the joints of the same persons in another results file."""
from typing import Tuple

import numpy as np

from ..datasets.transforms.error_synthesis import ERROR_TYPES
from .diagnosis import Diagnosis


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
