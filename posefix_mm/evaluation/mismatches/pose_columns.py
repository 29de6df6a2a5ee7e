"""Results and annotations as arrays, whatever the records hold."""
import copy
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from ...images.image_list import EXACT, UNKNOWN, ImageList
from ...structures.boxes import BOX_TO_AREA

_NUMBERS = {int, float, type(None)}


class PoseColumns(NamedTuple):
    """Well-formed poses of a list of records.

    Note:
        - poses: N
        - keypoints: K

    Attributes:
        row (np.ndarray): Place in the list, int64 (N, ).
        image (np.ndarray): Place of its image, int64 (N, ); -1 if unknown.
        keypoints (np.ndarray): x, y (image pixels) and third value, float64
            (N, K, 3).
    """

    row: np.ndarray
    image: np.ndarray
    keypoints: np.ndarray

    def take(self, chosen: np.ndarray) -> 'PoseColumns':
        """Pick poses by a mask or by indices."""
        return PoseColumns(*(column[chosen] for column in self))


class Comparison:
    """Results held against annotations.

    Image ids that are written in another way are resolved, so that what else
    is wrong with their poses is found as well.

    Note:
        - keypoints: K
        - images: I
        - records: N

    Args:
        annotations (dict): Content of a COCO annotation file.
        results (Sequence[Any]): Records of a results file.
        metainfo (dict): Skeleton, with ``sigmas`` and ``flip_indices``.

    Attributes:
        images (List[dict]): Annotated images that have an id.
        sizes (np.ndarray): Their width and height, float64 (I, 2), NaN where
            not known.
        id_kinds (np.ndarray): How each record's image was found, :data:`EXACT`
            to :data:`UNKNOWN`, int64 (N, ).
        found (PoseColumns): The well-formed poses of the results.
        result_images (np.ndarray): Place of each record's image, int64 (N, );
            -1 if unknown.
        scores (np.ndarray): Scores of all records, float64 (N, ), NaN where
            they are no numbers.
        truth (PoseColumns): Annotated poses with any joint, no crowds.
        areas (np.ndarray): Their areas in squared pixels, or a guess from box
            or joints where there is none, float64.
    """

    def __init__(self, annotations: dict, results: Sequence[Any],
                 metainfo: dict) -> None:
        self.results = results
        self.sigmas = np.asarray(metainfo['sigmas'], dtype=np.float64)
        self.flip_indices = list(metainfo['flip_indices'])
        self.people = dicts(annotations.get('annotations'))
        self.images = [
            image for image in dicts(annotations.get('images'))
            if is_id(image.get('id'))
        ]
        self.sizes = np.array([[to_float(image.get(side))
                                for side in ('width', 'height')]
                               for image in self.images]).reshape(-1, 2)
        self.sizes[~(self.sizes > 0)] = np.nan  # 0 and -1: not known
        places = {image['id']: i for i, image in enumerate(self.images)}
        self.result_images, self.id_kinds = self._resolve()
        self.found = self._columns(results, self.result_images)
        self.scores = column(results, 'score')
        truth = self._columns(self.people, locate(self.people, places))
        crowd = column(self.people, 'iscrowd')[truth.row] > 0
        labelled = (truth.keypoints[..., 2] > 0).any(1)
        self.truth = truth.take(labelled & ~crowd & (truth.image >= 0))
        self.areas = self._areas()

    def _columns(self, records: Sequence[Any],
                 image: np.ndarray) -> PoseColumns:
        row, keypoints = stack_poses(records, len(self.sigmas))
        return PoseColumns(row, image[row], keypoints)

    def _resolve(self) -> Tuple[np.ndarray, ...]:
        """Find the images of the results, however they are named."""
        self._list = ImageList(self.images)
        ids = [r.get('image_id') if isinstance(r, dict) else None
               for r in self.results]
        found = [self._list.find(i) for i in ids]
        # a number may be both, an id and that of another file
        if not any(f.kind == EXACT for f in found):
            found = [f if f.kind != UNKNOWN else self._list.find_number(i)
                     for f, i in zip(found, ids, strict=True)]
        places, kinds = np.array(found, np.int64).reshape(-1, 2).T
        return places, kinds

    def by_file_number(self) -> 'Comparison':
        """Take image ids for the numbers in file names, as a copy."""
        other = copy.copy(self)
        ids = (self.results[i].get('image_id') for i in self.found.row)
        image = np.array([self._list.find_number(i).place for i in ids],
                         np.int64)
        other.found = self.found._replace(image=image)
        return other

    def _areas(self) -> np.ndarray:
        """Areas of the annotated poses, positive."""
        people = [self.people[i] for i in self.truth.row]
        areas = column(people, 'area')
        lacking = np.flatnonzero(~(areas > 0))
        boxes = np.array([box_of(people[i]) for i in lacking]).reshape(-1, 4)
        keypoints = self.truth.keypoints[lacking]
        labelled = keypoints[..., 2:] > 0
        extent = (np.where(labelled, keypoints[..., :2], -np.inf).max(1)
                  - np.where(labelled, keypoints[..., :2], np.inf).min(1))
        filled, extent = boxes[:, 2:].prod(1), extent.clip(1).prod(1)
        areas[lacking] = BOX_TO_AREA * np.where(filled > 0, filled, extent)
        return areas


def dicts(values: Any) -> List[dict]:
    """Keep the objects of what should be a list of objects."""
    values = values if isinstance(values, list) else []
    return [value for value in values if isinstance(value, dict)]


def show(value: Any) -> str:
    """Show a value of the data in a message."""
    return f'{value!r:.60}'


def is_id(value: Any) -> bool:
    """Whether COCO tools take a value as the id of an image."""
    return type(value) in (int, str)


def to_float(value: Any) -> float:
    """Convert a JSON number; NaN for anything else or out of range."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return float('nan')
    try:
        return float(value)
    except OverflowError:  # JSON knows integers of any length
        return float('nan')


def column(records: Sequence[Any], name: str) -> np.ndarray:
    """One field of all records, float64 (N, ), NaN where it is no number."""
    return np.array([
        to_float(r.get(name)) if isinstance(r, dict) else float('nan')
        for r in records
    ], dtype=np.float64)


def box_of(person: dict) -> List[float]:
    """Box (x, y, w, h) of an annotation, NaN where it has none."""
    box = person.get('bbox')
    box = box if isinstance(box, list) and len(box) == 4 else [None] * 4
    return [to_float(value) for value in box]


def locate(records: Sequence[dict], places: Dict[Any, int]) -> np.ndarray:
    """Places of the images of records, int64 (N, ), -1 if unknown."""
    ids = (record.get('image_id') for record in records)
    return np.array([places.get(i, -1) if is_id(i) else -1 for i in ids],
                    dtype=np.int64)


def stack_poses(records: Sequence[Any],
                num_keypoints: int) -> Tuple[np.ndarray, np.ndarray]:
    """Stack the poses of the records that hold a well-formed one.

    Args:
        records (Sequence[Any]): Records of any kind.
        num_keypoints (int): K.

    Returns:
        tuple: their places in ``records``, int64 (N, ), and keypoints,
        float64 (N, K, 3).
    """
    rows = [i for i, r in enumerate(records) if _is_pose(r, 3 * num_keypoints)]
    try:
        poses = np.array([records[i]['keypoints'] for i in rows], np.float64)
    except OverflowError:
        poses = np.array([[to_float(v) for v in records[i]['keypoints']]
                          for i in rows])
    return (np.array(rows, dtype=np.int64),
            poses.reshape(len(rows), num_keypoints, 3))


def _is_pose(record: Any, length: int) -> bool:
    values = record.get('keypoints') if isinstance(record, dict) else None
    return (isinstance(values, list) and len(values) == length
            and _NUMBERS.issuperset(map(type, values)))
