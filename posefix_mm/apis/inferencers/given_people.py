"""Boxes and poses that a user gives with the images."""
from collections import defaultdict
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    Union,
)

import numpy as np

from ...chain import Boxes, EstimatedPoses, Estimator, TopdownEstimator
from ...formats.coco import read_annotations, read_results
from ...images.image_list import ImageList, file_number
from ...images.input_frames import Frame
from ...structures.pose_records import (
    PoseArrays,
    Problem,
    image_id_of,
    parse_pose_record,
    with_scores,
)

#: For each image an array, None, or COCO records; or all records of a file,
#: or the file.
GivenType = Union[str, Path, np.ndarray, Iterable[Any]]
#: An image, and the boxes or poses that are given for it.
GivenFrame = Tuple[Frame, Union[Boxes, EstimatedPoses, None]]


class GivenPeople:
    """What is given for each image, by place or by ``image_id``.

    Args:
        given (str | Path | np.ndarray | Iterable): One item for each image,
            in order; or records of a COCO results file with ``image_id``, or
            the file. An array of one image may come without a list.
        what (str): What messages call it.
        single_ndim (int): Dimensions of the array of one image.
        images (Sequence[dict], optional): ``images`` of a COCO file, whose
            ids the records use.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file holds no list of records.
    """

    def __init__(self,
                 given: GivenType,
                 what: str,
                 single_ndim: int,
                 images: Optional[Sequence[dict]] = None) -> None:
        self.what = what
        self._list = None if images is None else ImageList(images)
        #: Items, if they go by place and their number is known.
        self.count: Optional[int] = None
        self._items: Optional[Iterator[Any]] = None
        self._records: Dict[Any, List[dict]] = {}
        if isinstance(given, (str, Path)):
            path, given = given, read_results(given)
            if not all(isinstance(record, dict) for record in given):
                raise ValueError(f'{path} must hold a list of records, as '
                                 'COCO results files do')
        elif isinstance(given, np.ndarray) and given.ndim == single_ndim:
            given = [given]
        if _are_records(given):
            self._group(given)
        else:
            if hasattr(given, '__len__'):
                self.count = len(given)
            self._items = iter(given)

    def _group(self, records: Sequence[dict]) -> None:
        grouped = defaultdict(list)
        for record in records:
            image_id = image_id_of(record)
            if image_id is None:
                raise ValueError(f'a record of the {self.what} must have an '
                                 f'image_id, a number or name; got '
                                 f'{record.get("image_id")!r:.40}')
            if self._list is not None:
                place, _ = self._list.find(image_id)
                if place >= 0:
                    image_id = str(self._list.images[place]['file_name'])
            grouped[image_id].append(record)
        self._records = dict(grouped)
        # the same, as ImageList finds them, whatever they are written like
        self._keys = list(grouped)
        self._named = ImageList([
            dict(id=key, file_name=key if isinstance(key, str) else '')
            for key in self._keys
        ])

    def check_count(self, images: Optional[int]) -> None:
        """Check that there is an item for each image.

        Args:
            images (int, optional): How many images there are, if it is known.

        Raises:
            ValueError: If both numbers are known, and differ.
        """
        if None not in (images, self.count) and images != self.count:
            raise ValueError(
                f'there are {self.what} for {self.count} images, but {images} '
                'images; give an item for each, None where there is nothing '
                'to give')

    def next_of(self, frame: Frame) -> Any:
        """Look up what is given for the next image.

        Args:
            frame (Frame): The image; they come in order.

        Returns:
            Any: An item, None included; the list of records of the image.

        Raises:
            ValueError: If there are fewer items than images.
        """
        if self._items is None:
            return self._records.pop(self._key(frame), [])
        for item in self._items:
            return item
        raise ValueError(f'there are {self.what} for {frame.index} images '
                         'only; give an item for each, None where people are '
                         'to be found')

    def _key(self, frame: Frame) -> Any:
        name = frame.name if frame.path is None else frame.path.as_posix()
        keys = [name, file_number(frame.name)]
        if self._list is not None:  # ids of the list are no numbers of files
            keys = [name]
        for key in keys:
            place, _ = self._named.find(key)
            if key is not None and place >= 0:
                return self._keys[place]
        return frame.name

    def leftover(self) -> Optional[str]:
        """Describe what belongs to no image, once all have been read."""
        if self._items is None:
            left = len(self._records)
            return left and (
                f'the {self.what} of {left} image_ids, such as '
                f'{next(iter(self._records))!r}, belong to no image of the '
                'input')
        left = sum(1 for _ in self._items)
        return left and (f'there are {self.what} for {left} images more than '
                         'the input has')


def choose_given(poses: Optional[GivenType], bboxes: Optional[GivenType],
                 estimator: Optional[Estimator],
                 ann: Optional[str] = None) -> Optional[GivenPeople]:
    """Choose what is given with the images.

    Args:
        poses (optional): Poses of all images.
        bboxes (optional): Boxes of all images.
        estimator (Estimator, optional): What estimates poses.
        ann (str, optional): COCO file whose ids of images the records use.

    Returns:
        GivenPeople | None: Poses or boxes, None if people are to be found.

    Raises:
        ValueError: If there is neither an estimator nor poses, or boxes that
            nothing has a use for.
    """
    if poses is not None and bboxes is not None:
        raise ValueError('give poses or bboxes, not both')
    images = None if ann is None else read_annotations(ann)['images']
    if poses is not None:
        return GivenPeople(poses, 'poses', 3, images)
    if estimator is None:
        raise ValueError('nothing to refine: give poses, or an estimator as '
                         'pose2d')
    if bboxes is None:
        return None
    if not isinstance(estimator, TopdownEstimator):
        raise ValueError('the estimator finds people by itself: give boxes to '
                         'a top-down estimator only')
    return GivenPeople(bboxes, 'boxes', 2, images)


def read_given_frames(frames: Iterable[Frame], given: Optional[GivenPeople],
                      num_keypoints: int,
                      report: Callable[[Optional[Frame], Problem], None]
                      ) -> Iterator[GivenFrame]:
    """Read what is given with images.

    Args:
        frames (Iterable[Frame]): The images.
        given (GivenPeople, optional): Boxes or poses.
        num_keypoints (int): K of poses.
        report (Callable): Called with the image and what is wrong for poses
            that can't be refined, with None for what belongs to no image.

    Yields:
        GivenFrame: Image, with boxes, poses or None. One whose boxes or poses
        are malformed has a problem.
    """
    for frame in frames:
        yield frame, None if given is None else _read_given(
            given, frame, num_keypoints, report)
    left = None if given is None else given.leftover()
    if left:
        report(None, Problem('no_image', left))


def _read_given(given: GivenPeople, frame: Frame, num_keypoints: int,
                report: Callable) -> Union[Boxes, EstimatedPoses, None]:
    """Read what is given for one image."""
    item = given.next_of(frame)
    try:
        if given.what == 'boxes':
            return parse_boxes(item)
        return parse_poses(item, num_keypoints,
                           lambda problem: report(frame, problem))
    except ValueError as error:
        frame.problem = frame.problem or Problem('given', str(error))
        return None


def parse_boxes(given: Any) -> Optional[Boxes]:
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


def parse_poses(given: Any, num_keypoints: int,
               report: Callable[[Problem], None]) -> EstimatedPoses:
    """Read the poses of one image.

    Args:
        given (Any): (N, K, 2), (N, K, 3) with scores, or :class:`PoseArrays`,
            image pixels; COCO records with ``keypoints``; None or an empty
            list for nobody.
        num_keypoints (int): K.
        report (Callable): Called with what is wrong with records that can't
            be refined; they are left out.

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
        return _parse_records(given, num_keypoints, report)
    return _to_estimate(_check_joints(given, num_keypoints))


def _parse_records(records: Sequence[dict], num_keypoints: int,
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


def _check_joints(given: Any, num_keypoints: int) -> np.ndarray:
    """Make (N, K, 3) of an array: a score is 1, an absent joint all 0."""
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
