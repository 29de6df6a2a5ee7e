"""Read the boxes or poses that a user gives for one image."""
from typing import Any, Callable, Optional, Sequence

import numpy as np

from ...chain import Boxes, EstimatedPoses
from ...datasets.pose_records import (
    Problem,
    parse_pose_record,
    with_scores,
)
from ...refinement import PoseArrays


def read_boxes(given: Any) -> Optional[Boxes]:
    """Read the boxes of one image.

    Args:
        given (Any): As in :meth:`Boxes.from_array`; records with ``bbox``
            (x, y, width, height) and ``score``; or None.

    Raises:
        ValueError: If it is none of these.
    """
    if given is None or isinstance(given, Boxes):
        return given
    if _are_records(given):
        try:
            given = [[
                x, y, x + width, y + height, record.get('score', 1.)
            ] for record in given for x, y, width, height in [record['bbox']]]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError('a record of boxes must have bbox, (x, y, width, '
                             'height)') from error
    return Boxes.from_array(given)


def read_poses(given: Any, num_keypoints: int,
               report: Callable[[Problem], None]) -> EstimatedPoses:
    """Read the poses of one image.

    Args:
        given (Any): (N, K, 2), (N, K, 3) with scores, or :class:`PoseArrays`,
            image pixels; COCO records with ``keypoints``; None or an empty
            list for nobody.
        num_keypoints (int): K.
        report (Callable): Told of records that can't be refined; they are
            left out.

    Returns:
        EstimatedPoses: Boxes are the extents of the poses.

    Raises:
        ValueError: If the shape is another.
    """
    if given is None:
        return _to_estimate(np.zeros((0, num_keypoints, 3)))
    if isinstance(given, PoseArrays):
        joints = np.concatenate(
            (given.keypoints, given.keypoint_scores[..., None]), -1)
        return _to_estimate(joints * given.visible[..., None])
    if _are_records(given):
        return _read_records(given, num_keypoints, report)
    return _to_estimate(check_joints(given, num_keypoints))


def _read_records(records: Sequence[dict], num_keypoints: int,
                  report: Callable[[Problem], None]) -> EstimatedPoses:
    """Read COCO records and report those that can't be refined."""
    read = [
        parse_pose_record(i, raw, num_keypoints, None)
        for i, raw in enumerate(records)
    ]
    for record in read:
        if record.problem is not None:
            report(record.problem)
    usable = [record for record in read if record.problem is None]
    joints = np.array([
        np.column_stack((r.keypoints, r.keypoint_scores)) for r in usable
    ]).reshape(-1, num_keypoints, 3)
    return _to_estimate(joints, np.array([r.score for r in usable]))


def check_joints(given: Any, num_keypoints: int) -> np.ndarray:
    """Check an array of poses.

    Args:
        given (Any): (N, K, 2) or (N, K, 3), image pixels.
        num_keypoints (int): K.

    Returns:
        np.ndarray: (N, K, 3), the score being 1 where there is none, all
        three 0 where a joint is absent.

    Raises:
        ValueError: If the shape is another.
    """
    joints = np.asarray(given, dtype=np.float64)
    if joints.size == 0:
        return np.zeros((0, num_keypoints, 3))
    if joints.ndim != 3 or joints.shape[1] != num_keypoints \
            or joints.shape[2] not in (2, 3):
        raise ValueError(
            f'the poses of an image must be (N, {num_keypoints}, 2) or '
            f'(N, {num_keypoints}, 3) as x, y, score; got {joints.shape}')
    return with_scores(joints)


def _are_records(given: Any) -> bool:
    return isinstance(given, Sequence) and len(given) > 0 and all(
        isinstance(item, dict) for item in given)


def _to_estimate(joints: np.ndarray,
                 scores: Optional[np.ndarray] = None) -> EstimatedPoses:
    joints = joints.astype(np.float32)
    present = (joints != 0).any(-1, keepdims=True)
    points = joints[..., :2]
    low = np.where(present, points, np.inf).min(1)
    high = np.where(present, points, -np.inf).max(1)
    boxes = np.concatenate((low, high), -1)
    boxes[~np.isfinite(boxes).all(1)] = 0
    scores = np.ones(len(joints)) if scores is None else scores
    return EstimatedPoses(points, joints[..., 2], boxes.astype(np.float32),
                          scores.astype(np.float32))
