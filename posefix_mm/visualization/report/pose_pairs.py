"""Which refined pose is which input pose."""
from collections import defaultdict
from typing import Any, Dict, List, NamedTuple, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from ...datasets.pose_records import PoseRecord

# Refinement keeps scores: a pair whose scores differ is worse than any
# distance in an image.
_OTHER_SCORE = 1e7


class PosePairs(NamedTuple):
    """Poses before and after refinement.

    Attributes:
        before (np.ndarray): Positions of the input records, int (P, ), in
            rising order.
        after (np.ndarray): Positions of the same poses among the refined
            records, int (P, ).
        dropped (int): Usable input poses without a refined one, as OKS-NMS
            leaves them.
        added (int): Refined poses without an input pose.
    """

    before: np.ndarray
    after: np.ndarray
    dropped: int
    added: int


def pair_poses(before: Sequence[PoseRecord],
               after: Sequence[PoseRecord]) -> PosePairs:
    """Find the input pose of every refined pose.

    Files of the same length whose images come in the same order are paired
    record by record. Otherwise the poses of each image are assigned to each
    other: same score first, then the least distance between joints.

    Args:
        before (Sequence[PoseRecord]): Input records; those with a
            ``problem`` are not paired.
        after (Sequence[PoseRecord]): Refined records.

    Returns:
        PosePairs: The pairs.
    """
    usable_before = [r for r in before if r.problem is None]
    usable_after = [r for r in after if r.problem is None]
    if _same_order(before, after):
        pairs = [(b.index, a.index)
                 for b, a in zip(before, after, strict=True)
                 if b.problem is None and a.problem is None]
    else:
        groups = _by_image(usable_after)
        pairs = sorted(
            pair for image_id, records in _by_image(usable_before).items()
            if image_id in groups
            for pair in _assign(records, groups[image_id]))
    table = np.array(pairs, dtype=int).reshape(-1, 2)
    return PosePairs(table[:, 0], table[:, 1],
                     len(usable_before) - len(table),
                     len(usable_after) - len(table))


def _same_order(before: Sequence[PoseRecord],
                after: Sequence[PoseRecord]) -> bool:
    return len(before) == len(after) and all(
        b.image_id == a.image_id and b.score == a.score
        for b, a in zip(before, after, strict=True))


def _by_image(records: Sequence[PoseRecord]) -> Dict[Any, List[PoseRecord]]:
    groups = defaultdict(list)
    for record in records:
        groups[record.image_id].append(record)
    return groups


def _assign(before: List[PoseRecord], after: List[PoseRecord]) -> List[tuple]:
    """Pair the poses of one image."""
    poses, refined = (
        np.stack([r.keypoints for r in group]) for group in (before, after))
    shown = np.stack([r.visible for r in before])[:, None] & np.stack(
        [r.visible for r in after])[None]
    distance = np.linalg.norm(
        poses[:, None] - refined[None], axis=-1).clip(max=1e5)
    cost = (distance * shown).sum(-1) / np.maximum(shown.sum(-1), 1)
    scores, new_scores = (
        np.array([r.score for r in group]) for group in (before, after))
    other = ~np.isclose(scores[:, None], new_scores[None], atol=1e-6)
    rows, columns = linear_sum_assignment(cost + other * _OTHER_SCORE)
    return [(before[i].index, after[j].index)
            for i, j in zip(rows, columns, strict=True)]


def joint_moves(before: np.ndarray, after: np.ndarray,
                visible: np.ndarray) -> np.ndarray:
    """How far joints moved.

    Args:
        before (np.ndarray): Image pixels, (P, K, 2).
        after (np.ndarray): Image pixels, (P, K, 2).
        visible (np.ndarray): Whether present before and after, bool
            (P, K).

    Returns:
        np.ndarray: Distances as shares of the person's size, the longer side
        of the extent of its input pose, (P, K); NaN where absent. A person
        of less than 1 px counts as 1 px.
    """
    low = np.where(visible[..., None], before, np.inf).min(1)
    high = np.where(visible[..., None], before, -np.inf).max(1)
    size = np.where(np.isfinite(high), high - low, 0).max(-1).clip(min=1)
    moved = np.linalg.norm(after - before, axis=-1) / size[:, None]
    return np.where(visible, moved, np.nan)
