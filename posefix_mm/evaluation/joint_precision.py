"""Average precision of joints, as PoseTrack evaluates poses in frames.

A joint is right within half a head's size of its place. Each pose goes to the
annotated person of whose joints it has the largest share right, and of the
poses that go to one person only the best one is kept. Then every joint is
evaluated by itself: joints of poses without a person, and joints that their
person does not have annotated, are wrong. Numbers are poseval's
(https://github.com/leonid-pishchulin/poseval), oddities included.
"""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class FramePeople(NamedTuple):
    """The annotated persons of a frame."""

    keypoints: np.ndarray  #: Image pixels, (P, K, 2)
    visible: np.ndarray  #: Whether annotated, bool (P, K)
    head_size: np.ndarray  #: Image pixels, (P, )


class FramePoses(NamedTuple):
    """The estimated poses of a frame."""

    keypoints: np.ndarray  #: Image pixels, (N, K, 2)
    scores: np.ndarray  #: (N, K)
    present: np.ndarray  #: Whether estimated, bool (N, K)


def match_joints(people: FramePeople, poses: FramePoses,
                 thr: float) -> np.ndarray:
    """Tell which joints of a frame's poses are right, bool (N, K).

    ``thr`` is the distance up to which a joint is right, in head sizes.
    """
    right = np.zeros(poses.present.shape, bool)
    if not len(right) or not len(people.keypoints):
        return right
    # (N, P, K)
    distances = np.linalg.norm(
        poses.keypoints[:, None] - people.keypoints[None], axis=-1)
    # divided, not multiplied: to the last digit what poseval compares
    with np.errstate(divide='ignore', invalid='ignore'):
        distances /= people.head_size[:, None]
    near = ((distances <= thr)
            & poses.present[:, None] & people.visible[None])
    share = near.sum(-1) / np.maximum(people.visible.sum(-1), 1)
    # a pose keeps its best person only, then a person its best pose
    rows, best = np.arange(len(share)), share.argmax(1)
    kept = np.zeros_like(share)
    kept[rows, best] = share[rows, best]
    for person in np.flatnonzero(kept.max(0) > 0):
        pose = kept[:, person].argmax()
        right[pose] = near[pose, person]
    return right


def area_under_curve(right: np.ndarray, scores: np.ndarray,
                     count: int) -> float:
    """Average precision from a list of detections.

    Of equal scores, and joints often have the same, it depends on the order
    which comes first; poseval sorts rising by NumPy's default, which is not
    stable, and turns the order round.

    Args:
        right (np.ndarray): Which detections are right, bool (N, ).
        scores (np.ndarray): (N, ).
        count (int): How many there are to be found.

    Returns:
        float: Area under the precision that is made to fall with recall, from
        0 to 1; 0 without detections, else NaN where there is nothing to be
        found.
    """
    if not len(scores):
        return 0.
    if count == 0:
        return float('nan')
    right = right[np.argsort(scores)[::-1]]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * right).sum() / count)


def joint_precisions(people: Sequence[FramePeople],
                     poses: Sequence[FramePoses],
                     thr: float = .5) -> np.ndarray:
    """Average precision of every joint over all frames.

    Args:
        people (Sequence[FramePeople]): Persons, F frames.
        poses (Sequence[FramePoses]): Poses of the same frames.
        thr (float): Distance up to which a joint is right, in head sizes.

    Returns:
        np.ndarray: From 0 to 1, (K, ); NaN for joints that are found though
        nobody has them annotated.
    """
    right = np.concatenate([
        match_joints(*frame, thr)
        for frame in zip(people, poses, strict=True)])
    scores = np.concatenate([frame.scores for frame in poses])
    present = np.concatenate([frame.present for frame in poses])
    counts = sum(frame.visible.sum(0) for frame in people)
    return np.array([
        area_under_curve(right[rows, joint], scores[rows, joint],
                         counts[joint])
        for joint, rows in enumerate(present.T)])
