"""How often joints are good, and how often they are wrong in which way."""
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from ..structures.error_types import ERROR_TYPES
from .diagnosis import Diagnosis

#: Numbers of annotated joints, and of near persons, where the release's
#: probabilities change: upper ends, and lower ends, of bins.
VISIBLE_BOUNDS = (5, 10, 15)
OVERLAP_BOUNDS = (1, 3)


class FrequencyTable(NamedTuple):
    """Shares of the five statuses in parts of the joints.

    Attributes:
        names (List[str]): Names of the parts.
        shares (np.ndarray): (parts, 5), NaN where there are no joints.
        joints (np.ndarray): Numbers of joints, int (parts, ).
    """

    names: List[str]
    shares: np.ndarray
    joints: np.ndarray

    def as_dict(self) -> Dict[str, dict]:
        """Shares and numbers by name, of parts that have joints."""
        return {
            name: dict(
                zip(ERROR_TYPES, shares.tolist(), strict=True),
                joints=int(joints)) for name, shares, joints in zip(
                    self.names, self.shares, self.joints, strict=True)
            if joints
        }


def bin_poses(diagnosis: Diagnosis,
              visible_bounds: Sequence[int] = VISIBLE_BOUNDS,
              overlap_bounds: Sequence[int] = OVERLAP_BOUNDS
              ) -> Tuple[np.ndarray, np.ndarray]:
    """Sort poses by annotated joints and by near persons.

    Args:
        diagnosis (Diagnosis): N poses.
        visible_bounds (Sequence[int]): Upper ends of all bins but the last.
        overlap_bounds (Sequence[int]): Lower ends of all bins but the first.

    Returns:
        tuple: two arrays of bins, int (N, ).
    """
    return (np.searchsorted(visible_bounds, diagnosis.num_visible),
            np.searchsorted(overlap_bounds, diagnosis.num_overlap, 'right'))


def status_frequency(diagnosis: Diagnosis) -> Dict[str, float]:
    """Shares of all annotated joints of matched poses.

    Args:
        diagnosis (Diagnosis): N poses.

    Returns:
        Dict[str, float]: By error type; adds up to 1.

    Raises:
        ValueError: If no pose was matched.
    """
    if len(diagnosis) == 0:
        raise ValueError(
            'no pose of the results belongs to an annotated person: all have '
            'a lower OKS with them than matches need')
    counts = diagnosis.count().sum((0, 1))
    return dict(
        zip(ERROR_TYPES, (counts / counts.sum()).tolist(), strict=True))


def frequency_tables(diagnosis: Diagnosis) -> Dict[str, FrequencyTable]:
    """Shares of the statuses in parts of the joints.

    Args:
        diagnosis (Diagnosis): N poses.

    Returns:
        Dict[str, FrequencyTable]: ``by_joint``, K parts; ``by_visible``, the
        number of annotated joints of the person: 1-5, 6-10, 11-15 and more;
        ``by_overlap``, the number of near persons: 0, 1-2 and more. The last
        two are the release's tables.
    """
    counts = diagnosis.count()
    visible, overlap = bin_poses(diagnosis)
    low = [1, *(bound + 1 for bound in VISIBLE_BOUNDS)]
    names = [f'{a}-{b}' for a, b in zip(low, VISIBLE_BOUNDS, strict=False)]
    return dict(
        by_joint=_table(diagnosis.keypoint_names, counts.sum(0)),
        by_visible=_binned(counts, visible, [*names, f'{low[-1]} or more']),
        by_overlap=_binned(counts, overlap, ['0', '1-2', '3 or more']))


def oks_distribution(diagnosis: Diagnosis) -> dict:
    """Summarize the OKS of the matched poses.

    Args:
        diagnosis (Diagnosis): N poses.

    Returns:
        dict: ``mean``, ``median``, and ``histogram``: shares of ten bins
        between 0 and 1.
    """
    counts, _ = np.histogram(diagnosis.oks.clip(0, 1), 10, (0, 1))
    return dict(
        mean=float(diagnosis.oks.mean()),
        median=float(np.median(diagnosis.oks)),
        histogram=(counts / counts.sum()).tolist())


def _binned(counts: np.ndarray, bins: np.ndarray,
            names: List[str]) -> FrequencyTable:
    binned = np.zeros((len(names), len(ERROR_TYPES)), np.int64)
    np.add.at(binned, bins, counts.sum(1))
    return _table(names, binned)


def _table(names: Sequence[str], counts: np.ndarray) -> FrequencyTable:
    joints = counts.sum(1)
    with np.errstate(invalid='ignore'):
        return FrequencyTable(list(names), counts / joints[:, None], joints)
