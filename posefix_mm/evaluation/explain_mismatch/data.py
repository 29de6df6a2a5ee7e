"""Results and annotations as arrays, whatever the records hold."""
import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...images.image_finder import ImageList
from ...structures.boxes import BOX_TO_AREA, pose_extent
from ...structures.pose_records import to_float

_NUMBERS = {int, float, type(None)}


@dataclass(frozen=True)
class Explanation:
    """One reason why results score lower than they could."""

    code: str  #: One of a few words that programs can look for
    text: str  #: What is wrong, with an example
    remedy: str  #: What to do about it
    count: int  #: How many records, annotations or images it concerns
    total: int  #: Out of how many

    def __str__(self) -> str:
        return (f'{self.code} ({self.count} of {self.total}): {self.text}. '
                f'Remedy: {self.remedy}.')


class PoseColumns(NamedTuple):
    """N well-formed poses of a list of records."""

    row: np.ndarray  #: Index in the list, int64 (N, )
    image: np.ndarray  #: Index of its image, int64 (N, ); -1 if unknown
    #: x, y (image pixels) and third value, float64 (N, K, 3).
    keypoints: np.ndarray

    def select(self, index: np.ndarray) -> 'PoseColumns':
        """Select poses by a mask or by indices."""
        return PoseColumns(*(column[index] for column in self))


class EvaluationData:
    """N results and their annotations.

    Taken as they come, where :func:`structures.people.load_people` refuses.
    Image ids that are written in another way are resolved, so that what else
    is wrong with their poses is found as well. Arguments are those of
    :func:`explain`.
    """

    def __init__(self, annotations: dict, results: Sequence[Any],
                 metainfo: dict) -> None:
        self.results = results  #: The records
        self.sigmas = np.asarray(metainfo['sigmas'], dtype=np.float64)
        self.flip_indices = list(metainfo['flip_indices'])
        #: The annotations.
        self.people = _dicts(annotations.get('annotations'))
        #: Annotated images that have an id, I of them.
        self.images = [image for image in _dicts(annotations.get('images'))
                       if _is_id(image.get('id'))]
        #: Their width and height, float64 (I, 2), NaN where not known.
        self.sizes = np.stack([column(self.images, side)
                               for side in ('width', 'height')], 1)
        self.sizes[~(self.sizes > 0)] = np.nan  # 0 and -1: not known
        self._list = ImageList(self.images)
        #: Index of each record's image, -1 if unknown, and how it was found,
        #: EXACT to UNKNOWN of images.image_finder, int64 (N, ).
        self.result_images, self.id_kinds = np.array(
            self._list.find_all([
                r.get('image_id') if isinstance(r, dict) else None
                for r in results]), np.int64).reshape(-1, 2).T
        #: The well-formed poses of the results.
        self.poses = self._columns(results, self.result_images)
        #: Scores of all records, float64 (N, ), NaN where they are no numbers.
        self.scores = column(results, 'score')
        index_of = {image['id']: i for i, image in enumerate(self.images)}
        ids = [person.get('image_id') for person in self.people]
        truth = self._columns(self.people, np.array(
            [index_of.get(i, -1) if _is_id(i) else -1 for i in ids],
            np.int64))
        crowd = column(self.people, 'iscrowd')[truth.row] > 0
        labelled = (truth.keypoints[..., 2] > 0).any(1)
        #: Annotated poses with any joint, no crowds.
        self.truth = truth.select(labelled & ~crowd & (truth.image >= 0))
        #: Their areas in squared pixels, or a guess from box or joints where
        #: there is none, float64, positive.
        people = [self.people[i] for i in self.truth.row]
        self.areas = column(people, 'area')
        lacking = np.flatnonzero(~(self.areas > 0))
        boxes = np.array([box_of(people[i]) for i in lacking]).reshape(-1, 4)
        keypoints = self.truth.keypoints[lacking]
        low, high = pose_extent(keypoints[..., :2], keypoints[..., 2])
        filled, extent = boxes[:, 2:].prod(1), (high - low).clip(1).prod(1)
        self.areas[lacking] = BOX_TO_AREA * np.where(
            filled > 0, filled, extent)

    def _columns(self, records: Sequence[Any],
                 image: np.ndarray) -> PoseColumns:
        row, keypoints = stack_poses(records, len(self.sigmas))
        return PoseColumns(row, image[row], keypoints)

    def by_file_number(self) -> 'EvaluationData':
        """Copy it, taking image ids for the numbers in file names."""
        other = copy.copy(self)
        ids = (self.results[i].get('image_id') for i in self.poses.row)
        image = np.array([self._list.find_number(i).place for i in ids],
                         np.int64)
        other.poses = self.poses._replace(image=image)
        return other


def quote(value: Any) -> str:
    """Quote a value of the data in a message."""
    return f'{value!r:.60}'


def _dicts(values: Any) -> list[dict]:
    """Keep the objects of what should be a list of objects."""
    values = values if isinstance(values, list) else []
    return [value for value in values if isinstance(value, dict)]


def _is_id(value: Any) -> bool:
    """Whether COCO tools take a value as the id of an image."""
    return type(value) in (int, str)


def column(records: Sequence[Any], name: str) -> np.ndarray:
    """One field of all records, float64 (N, ), NaN where it is no number."""
    return np.array([
        to_float(r.get(name)) if isinstance(r, dict) else np.nan
        for r in records], dtype=np.float64)


def box_of(person: dict) -> list[float]:
    """Box (x, y, w, h) of an annotation, NaN where it has none."""
    box = person.get('bbox')
    box = box if isinstance(box, list) and len(box) == 4 else [None] * 4
    return [to_float(value) for value in box]


def has_numbers(record: Any) -> bool:
    """Whether keypoints of a record are a flat list of numbers."""
    values = record.get('keypoints') if isinstance(record, dict) else None
    return isinstance(values, list) and _NUMBERS.issuperset(map(type, values))


def stack_poses(records: Sequence[Any],
                num_keypoints: int) -> tuple[np.ndarray, np.ndarray]:
    """Stack the poses of the records that hold a well-formed one.

    Returns their indices in the records, int64 (N, ), and keypoints, float64
    (N, K, 3).
    """
    rows = [i for i, r in enumerate(records)
            if has_numbers(r) and len(r['keypoints']) == 3 * num_keypoints]
    try:
        poses = np.array([records[i]['keypoints'] for i in rows], np.float64)
    except OverflowError:
        poses = np.array([[to_float(v) for v in records[i]['keypoints']]
                          for i in rows])
    return (np.array(rows, dtype=np.int64),
            poses.reshape(len(rows), num_keypoints, 3))
