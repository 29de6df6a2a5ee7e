"""Read the boxes and poses that are given for an image."""
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from ...chain import Boxes, EstimatedPoses
from ...file_refinement.check_fit import check_pose, check_size
from ...images.input_frames import Frame
from ...structures.boxes import xywh_to_xyxy
from ...structures.pose_records import (
    PoseArrays,
    PoseRecord,
    Problem,
    check_category,
    parse_pose_record,
    read_score,
    with_scores,
)

if TYPE_CHECKING:
    from .input_people import InputPeople

#: An image, and the boxes or poses that are given for it.
FramePeople = tuple[Frame, Boxes | EstimatedPoses | None]
Report = Callable[[Problem], None]


def read_people(
        frames: Iterable[Frame], source: Optional['InputPeople'],
        num_keypoints: int,
        report: Callable[[Frame | None, Problem], None]
) -> Iterator[FramePeople]:
    """Read what is given with images.

    Args:
        frames (Iterable[Frame]): The images.
        source (InputPeople, optional): Boxes or poses, in pixels of the
            annotations.
        num_keypoints (int): K of poses.
        report (Callable): Called with the image and what is wrong with poses
            or boxes, with None for what belongs to no image.

    Yields:
        FramePeople: Image, with boxes, poses or None, in its own pixels. One
        whose boxes or poses are malformed has a problem.
    """
    for frame in frames:
        people = None if source is None else _read_people_of(
            source, frame, num_keypoints, report)
        if source is None and frame.scale is None:
            report(frame, check_size(frame.image.shape[1::-1], None))
        yield frame, people
    if source is not None:
        for text in filter(None, (source.malformed, source.leftover())):
            report(None, Problem('no_image', text))


def _read_people_of(source: 'InputPeople', frame: Frame, num_keypoints: int,
                report: Callable) -> Boxes | EstimatedPoses | None:
    """Read what is given for one image, and sum up what is wrong with it."""
    problems: list[Problem] = []
    item = source.next_of(frame)
    if frame.problem is not None:
        return None
    people: Boxes | EstimatedPoses | None
    try:
        if source.what == 'boxes':
            boxes = parse_boxes(item, problems.append, source.categories)
            people = boxes and fit_boxes(boxes, frame, problems.append)
        else:
            poses = parse_poses(item, num_keypoints, problems.append,
                                source.categories)
            people = fit_poses(poses, frame, problems.append)
    except ValueError as error:
        frame.problem = Problem('given', str(error))
        return None
    for code, count in Counter(p.code for p in problems).items():
        first = next(p for p in problems if p.code == code)
        report(frame, Problem(code, f'{count} of its {source.what} can not be '
                              f'used: {first}'))
    return people


def parse_boxes(item: Any,
                report: Report,
                categories: Sequence[int] | None = None
                ) -> Boxes | None:
    """Read the boxes of one image.

    Args:
        item (Any): As in :meth:`Boxes.from_array`; records with ``bbox``
            (x, y, width, height), ``score`` and ``category_id``; or None.
        report (Callable): Called with what is wrong with records; they are
            left out.
        categories (Sequence[int], optional): Those of records that count.
            Defaults to all.

    Returns:
        Boxes | None: None if there are none, and people are to be found.

    Raises:
        ValueError: If it is none of these.
    """
    if item is None or isinstance(item, Boxes):
        return item
    if not are_records(item):
        return Boxes.from_array(item)
    boxes = []
    for record in item:
        box = xywh_to_xyxy(record.get('bbox'))
        score, bad = read_score(record)
        if np.isnan(box).any():
            bad = Problem('bbox', 'a record of boxes must have bbox, (x, y, '
                          'width, height), the last two above 0, got '
                          f'{record.get("bbox")!r:.60}')
        bad = check_category(record, categories) or bad
        if bad is None:
            boxes.append([*box, score])
        else:
            report(bad)
    return Boxes.from_array(boxes)


def fit_boxes(boxes: Boxes, frame: Frame, report: Report) -> Boxes:
    """Bring boxes to the pixels of a picture; leave out what is not on it."""
    height, width = frame.image.shape[:2]
    scaled = boxes.bboxes * np.float32(frame.scale or 1.)
    on = (scaled[:, :2] < (width, height)).all(1) & (scaled[:, 2:] > 0).all(1)
    for box in scaled[~on]:
        report(Problem('outside_image', f'({", ".join(f"{v:g}" for v in box)})'
                       ' lies outside of the picture, which has '
                       f'{width} x {height} pixels'))
    return Boxes(scaled[on], boxes.bbox_scores[on])


def parse_poses(item: Any,
                num_keypoints: int,
                report: Report,
                categories: Sequence[int] | None = None) -> EstimatedPoses:
    """Read the poses of one image.

    Args:
        item (Any): (N, K, 2), (N, K, 3) with scores, or :class:`PoseArrays`,
            image pixels; COCO records with ``keypoints``, or
            :class:`PoseRecord`; None or an empty list for nobody.
        num_keypoints (int): K.
        report (Callable): Called with what is wrong with records that can't
            be refined; they are left out.
        categories (Sequence[int], optional): Those of COCO records that
            count. Defaults to all.

    Returns:
        EstimatedPoses: Boxes are the extents of the poses.

    Raises:
        ValueError: If the shape is another.
    """
    if item is None:
        return _to_estimate(np.zeros((0, num_keypoints, 3)))
    if isinstance(item, PoseArrays):
        joints = np.concatenate(
            (item.keypoints, item.keypoint_scores[..., None]), -1)
        return _to_estimate(joints * item.visible[..., None])
    if are_records(item, PoseRecord):
        return _take_records(item, num_keypoints, report)
    if are_records(item):
        return _take_records([
            parse_pose_record(i, raw, num_keypoints, categories)
            for i, raw in enumerate(item)
        ], num_keypoints, report)
    return _to_estimate(_check_joints(item, num_keypoints))


def fit_poses(poses: EstimatedPoses, frame: Frame,
              report: Report) -> EstimatedPoses:
    """Bring poses to the pixels of a picture; those that can't be its stay."""
    usable = np.ones(len(poses.keypoints), bool)
    size = frame.image.shape[1::-1]
    for row, (joints, scores) in enumerate(
            zip(poses.keypoints, poses.keypoint_scores, strict=True)):
        present = (joints != 0).any(-1) | (scores != 0)
        problem = check_pose(joints[present], size, frame.scale) \
            if present.any() else Problem('no_keypoint', 'no keypoint is '
                                          'present')
        if problem is not None:
            usable[row] = False
            report(problem)
    scale = np.float32(frame.scale or 1.)
    return EstimatedPoses(poses.keypoints * scale, poses.keypoint_scores,
                          poses.bboxes * scale, poses.bbox_scores, usable)


def _take_records(read: Sequence[PoseRecord], num_keypoints: int,
                  report: Report) -> EstimatedPoses:
    """Take the poses of records; report those that can't be refined."""
    for record in read:
        if record.problem is not None:
            report(record.problem)
    usable = [record for record in read if record.problem is None]
    joints = np.array([
        np.column_stack((r.keypoints, r.keypoint_scores)) for r in usable
    ]).reshape(-1, num_keypoints, 3)
    return _to_estimate(joints, np.array([r.score for r in usable]))


def _check_joints(poses: Any, num_keypoints: int) -> np.ndarray:
    """Make (N, K, 3) of an array: a score is 1, an absent joint all 0."""
    joints = np.asarray(poses, dtype=np.float64)
    if joints.size == 0:
        return np.zeros((0, num_keypoints, 3))
    if joints.ndim != 3 or joints.shape[1] != num_keypoints \
            or joints.shape[2] not in (2, 3):
        raise ValueError(
            f'the poses of an image must be (N, {num_keypoints}, 2) or '
            f'(N, {num_keypoints}, 3) as x, y, score; got {joints.shape}')
    return with_scores(joints)


def are_records(items: Any, kind: type = dict) -> bool:
    """Whether something is a list of objects, a few malformed ones aside."""
    return isinstance(items, Sequence) and any(
        isinstance(item, kind) for item in items)


def _to_estimate(joints: np.ndarray,
                 scores: np.ndarray | None = None) -> EstimatedPoses:
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
