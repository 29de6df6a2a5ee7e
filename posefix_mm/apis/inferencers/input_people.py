"""Boxes and poses that a user gives with the images."""
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...chain import Boxes, EstimatedPoses, Estimator, TopdownEstimator
from ...file_refinement.check_fit import (
    category_by_count,
    check_pose,
    open_fitting,
    other_shape,
)
from ...formats import PoseFile
from ...formats.coco import dicts_in, read_results
from ...images.image_finder import ImageList, file_number, frame_of
from ...images.image_source import common_factor
from ...images.input_frames import Frame, InputFrames
from ...inference import PosePredictor
from ...structures.boxes import pose_extent, xywh_to_xyxy
from ...structures.image_ref import ImageRef
from ...structures.pose_records import (
    RELEASE_CATEGORIES,
    PoseArrays,
    PoseRecord,
    Problem,
    category_of,
    check_category,
    image_id_of,
    parse_pose_record,
    read_score,
    with_scores,
)

#: An image, and the boxes or poses that are given for it.
FramePeople = tuple[Frame, Boxes | EstimatedPoses | None]
Report = Callable[[Problem], None]
#: For each image an array, None, or COCO records; or all records of a file,
#: or the file.
PeopleType = str | Path | np.ndarray | Iterable[Any]


class NoPoseRefinedError(ValueError):
    """Not a single pose of the input could be refined."""


class InputPeople:
    """What is given for each image, by place or by ``image_id``.

    Args:
        items (str | Path | np.ndarray | Iterable): One item for each image,
            in order; or records of a COCO results file with ``image_id``, or
            the file. An array of one image may come without a list.
        what (str): What messages call it: ``'poses'`` or ``'boxes'``.
        listed (ImageList, optional): Images of annotations, whose ids the
            records use.
        poses (PoseFile, optional): Where the poses of records are read, which
            have only their ``index`` then. Defaults to the records.
        categories (Sequence[int], optional): Those of records that count.
            Defaults to the only one that they have, else that of people.

    Raises:
        FileNotFoundError: If a file does not exist.
        NoPoseRefinedError: If a file holds no records.
        ValueError: If a file holds no list of records, or not one of them
            names an image.
    """

    def __init__(self,
                 items: PeopleType,
                 what: str,
                 listed: ImageList | None = None,
                 *,
                 poses: PoseFile | None = None,
                 categories: Sequence[int] | None = None) -> None:
        self.what = what
        #: What messages call all of it.
        self.source = f'the {what}' if poses is None else str(poses.path)
        self.poses = poses
        #: Of records that count; None for all.
        self.categories = categories
        self.count: int | None = None
        self.malformed: str | None = None
        self._list = listed
        self._items: Iterator[Any] | None = None
        self._records: dict[Any, list[dict]] = {}
        if isinstance(items, (str, Path)):
            self.source, items = str(items), read_results(items)
            _check_records(items, self.source, what)
        elif isinstance(items, np.ndarray) and items.ndim == (
                3 if what == 'poses' else 2):  # of one image
            items = [items]
        if are_records(items):
            self._group(items)
        else:
            if hasattr(items, '__len__'):
                self.count = len(items)
            self._items = iter(items)

    def _group(self, records: Sequence[Any]) -> None:
        """Sort records by image: its place in the list, else its id."""
        ids = [image_id_of(r) if isinstance(r, dict) else None
               for r in records]
        nameless = [i for i, image_id in enumerate(ids) if image_id is None]
        if nameless:
            text = (f'record {nameless[0]} of {self.source} must have an '
                    'image_id: '
                    f'{self._describe_nameless(records[nameless[0]])}')
            if len(nameless) == len(ids):
                raise ValueError(text)
            self.malformed = f'{len(nameless)} of the {self.what} are left ' \
                f'out: {text}'
        places = [None] * len(ids) if self._list is None \
            else self._list.find_all(ids)
        present = {category_of(r) for r in records if isinstance(r, dict)}
        if self.categories is None:
            self.categories = category_by_count(
                sorted(present - {None}), RELEASE_CATEGORIES).ids
        grouped = defaultdict(list)
        for record, image_id, image in zip(records, ids, places, strict=True):
            if image_id is not None:
                listed = image is not None and image.place >= 0
                grouped[listed, image.place if listed else image_id].append(
                    record)
        self._records = dict(grouped)
        # the same, as ImageList finds them, whatever they are written like
        self._keys = [key for listed, key in grouped if not listed]
        self._named = ImageList([
            dict(id=key, file_name=key if isinstance(key, str) else '')
            for key in self._keys
        ])

    def _describe_nameless(self, record: Any) -> str:
        """Describe how a record fails to name an image."""
        if self.poses is not None:
            [read] = self.poses.read([record['index']])
            return str(read.problem or 'it names no image')
        got = record.get('image_id') if isinstance(record, dict) else record
        return f'a number or name; got {got!r:.40}'

    def check_count(self, images: int | None) -> None:
        """Check that there is an item for each image, if numbers are known.

        Raises:
            ValueError: If they differ.
        """
        if None not in (images, self.count) and images != self.count:
            raise ValueError(
                f'there are {self.what} for {self.count} images, but {images} '
                'images; give an item for each, None where there is nothing '
                'to give')

    def next_of(self, frame: Frame) -> Any:
        """Look up what is given for the next image; they come in order.

        Returns:
            Any: An item, None included; the list of records of the image.

        Raises:
            ValueError: If there are fewer items than images.
        """
        if self._items is None:
            records = self._records.pop(self._key(frame), [])
            return records if self.poses is None else self._read(
                [record['index'] for record in records], frame)
        for item in self._items:
            return item
        raise ValueError(f'there are {self.what} for {frame.index} images '
                         'only; give an item for each, None where people are '
                         'to be found')

    def _read(self, indices: list[int], frame: Frame) -> list[PoseRecord]:
        """Read poses of a file, in the pixels that it claims for images."""
        if not indices or frame.image is None:
            return []
        size = frame.image.shape[1::-1]
        claimed = self.poses.images[self.poses.image_index[indices[0]]].size
        if self._list is None:
            frame.scale = common_factor(claimed, size)
        scale = frame.scale or 1.
        return list(self.poses.read(
            indices, (size[0] / scale, size[1] / scale)))

    def _key(self, frame: Frame) -> tuple[bool, Any]:
        """Whether a frame is in the list, and its place or id."""
        if self._list is not None:
            place = frame.place_in(self._list)
            if place >= 0:
                return True, place
        place = frame.place_in(self._named)
        number = file_number(frame.name)
        # ids of the list are no numbers of files
        if place < 0 and self._list is None and number is not None:
            place, _ = self._named.find(number)
        return False, self._keys[place] if place >= 0 else None

    def leftover(self) -> str | None:
        """Describe what belongs to no image, once all have been read."""
        if self._items is None:
            left = len(self._records)
            return left and (
                f'the {self.what} of {left} image_ids, such as '
                f'{self._example()!r:.60}, belong to no image of the input')
        left = sum(1 for _ in self._items)
        return left and (f'there are {self.what} for {left} images more than '
                         'the input has')

    def _example(self) -> Any:
        listed, key = next(iter(self._records))
        return self._list.images[key]['id'] if listed else key


def choose_people(poses: PeopleType | None,
                  bboxes: PeopleType | None,
                  estimator: Estimator | None,
                  predictor: PosePredictor,
                  source: InputFrames,
                  annotations: dict | None = None,
                  **reading: Any) -> InputPeople | None:
    """Choose what is given with the images.

    ``annotations`` are the content of a COCO file, whose ids of images
    records use; ``reading`` is ``pose_format``, ``joint_map`` and
    ``categories`` of :func:`open_fitting`.

    Returns:
        InputPeople | None: None if people are to be found.

    Raises:
        FileNotFoundError: If a file does not exist.
        NoPoseRefinedError: If a file holds nothing.
        ValueError: If there is neither an estimator nor poses, or boxes that
            nothing has a use for, or a file is not right.
    """
    if poses is not None and bboxes is not None:
        raise ValueError('give poses or bboxes, not both')
    listed = None if annotations is None else ImageList(annotations['images'])
    if isinstance(poses, (str, Path)):
        described = dicts_in(annotations, 'categories')
        file = open_fitting(
            predictor, poses, described=described, **reading).file
        records = [
            dict(image_id=name_of(file.images[image], source)
                 if image >= 0 else None, index=index)
            for index, image in enumerate(file.image_index.tolist())
        ]
        _check_records(records, poses, 'poses')
        return InputPeople(records, 'poses', listed, poses=file)
    if poses is not None:
        return InputPeople(poses, 'poses', listed)
    if estimator is None:
        raise ValueError('nothing to refine: give poses, or an estimator as '
                         'pose2d')
    if bboxes is None:
        return None
    if not isinstance(estimator, TopdownEstimator):
        raise ValueError('the estimator finds people by itself: give boxes to '
                         'a top-down estimator only')
    return InputPeople(
        bboxes, 'boxes', listed, categories=reading.get('categories'))


def _check_records(records: Sequence[Any], path: str | Path,
                   what: str) -> None:
    """Refuse a file without a single record."""
    if not records:
        raise NoPoseRefinedError(f'{path} holds no {what}: there is nothing '
                                 'to refine')
    if not any(isinstance(record, dict) for record in records):
        raise ValueError(f'{path} must hold a list of records, as COCO '
                         'results files do')


def name_of(ref: ImageRef, source: InputFrames) -> int | str:
    """Name the image of a pose file as an input names it."""
    name, frame = '' if ref.name is None else ref.name, ref.frame
    if source.video is not None and frame is None and ref.first_frame:
        name, frame = frame_of(str(name), ref.first_frame)
    if frame is None:
        return name
    return f'{Path(name).stem}_{frame:06d}' if name else frame


def read_people(
        frames: Iterable[Frame], source: InputPeople | None,
        num_keypoints: int,
        report: Callable[[Frame | None, Problem], None]
) -> Iterator[FramePeople]:
    """Read what is given with images.

    ``report`` is called with the image and what is wrong with poses or boxes,
    with None for what belongs to no image.

    Yields:
        FramePeople: Image, with boxes, poses or None, in its own pixels. One
        whose boxes or poses are malformed has a problem.
    """
    for frame in frames:
        people = None if source is None else _read_people_of(
            source, frame, num_keypoints, report)
        if source is None and frame.scale is None:
            report(frame, other_shape(frame.image.shape[1::-1]))
        yield frame, people
    if source is not None:
        for text in filter(None, (source.malformed, source.leftover())):
            report(None, Problem('no_image', text))


def _read_people_of(source: InputPeople, frame: Frame, num_keypoints: int,
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
    """Read the boxes of one image; None if people are to be found.

    They come as in :meth:`Boxes.from_array`, or as records with ``bbox``
    (x, y, width, height), ``score`` and ``category_id``, of which those in
    ``categories`` count. What is wrong with records, which are left out, is
    reported.

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
        report (Callable): Called with what is wrong with records, which are
            left out.
        categories (Sequence[int], optional): Those of COCO records that
            count. Defaults to all.

    Raises:
        ValueError: If the shape is another.
    """
    if item is None:
        return _to_estimate(np.zeros((0, num_keypoints, 3)))
    if isinstance(item, PoseArrays):
        joints = np.concatenate(
            (item.keypoints, item.keypoint_scores[..., None]), -1)
        return _to_estimate(joints * item.visible[..., None])
    if are_records(item):
        item = [parse_pose_record(i, raw, num_keypoints, categories)
                for i, raw in enumerate(item)]
    if not are_records(item, PoseRecord):
        return _to_estimate(_check_joints(item, num_keypoints))
    for record in item:
        if record.problem is not None:
            report(record.problem)
    usable = [record for record in item if record.problem is None]
    joints = np.array([
        np.column_stack((r.keypoints, r.keypoint_scores)) for r in usable
    ]).reshape(-1, num_keypoints, 3)
    return _to_estimate(joints, np.array([r.score for r in usable]))


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
    points = joints[..., :2]
    boxes = np.concatenate(pose_extent(points, (joints != 0).any(-1)), -1)
    boxes[~np.isfinite(boxes).all(1)] = 0
    scores = np.ones(len(joints)) if scores is None else scores
    return EstimatedPoses(points, joints[..., 2], boxes.astype(np.float32),
                          scores.astype(np.float32))
