"""Count what a format has no place for."""
from collections import Counter
from typing import Container

import numpy as np

from ..pose_list import PoseList


def count_fields(poses: PoseList, kept: Container[str] = ()) -> Counter:
    """Count the fields that are not written.

    Args:
        poses (PoseList): The poses.
        kept (Container[str]): Fields that have a place.

    Returns:
        Counter: Poses by the name of the field.
    """
    return Counter(name for fields in poses.fields for name in fields
                   if name not in kept)


def count_scores(poses: PoseList) -> Counter:
    """Count the scores of poses, where those other than 1 are not written."""
    return +Counter(score=int((poses.scores != 1).sum()))


def count_categories(poses: PoseList) -> Counter:
    """Count the categories other than 1, where none is written."""
    return +Counter(category_id=int((poses.category_ids != 1).sum()))


def count_keypoint_scores(poses: PoseList) -> Counter:
    """Count the poses with scores of joints, where none are written."""
    flags = np.isin(poses.keypoint_scores, (0, 1, 2)).all(1)
    return +Counter(keypoint_scores=int((~flags).sum()))
