"""The annotated persons that results are held against."""
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from ..datasets.boxes import pairwise_iou, pose_to_bbox

#: Box IoU from which a person is near another (code of the release).
NEAR_IOU = 0.1
#: Share of its box that a person without ``area`` fills, as in CrowdPose's
#: evaluation.
FILLED = 0.53
_KINDS = (('id', (int, str), 'a number or name'),
          ('image_id', (int, str), 'a number or name'),
          ('category_id', int, 'a number'),
          ('area', (int, float), 'a number'))
#: What the area of a person may be taken from.
AREAS = ('annotation', 'bbox')


@dataclass
class AnnotatedPeople:
    """Persons with annotated keypoints, crowds left out.

    Attributes:
        annotation_id (list): Their ids in the file, G of them.
        image_id (list): Their images.
        category_id (np.ndarray): int (G, ).
        keypoints (np.ndarray): Image pixels, (G, K, 2).
        visible (np.ndarray): bool (G, K), True where annotated.
        area (np.ndarray): Squared pixels, (G, ), of the annotation: what OKS
            is computed with.
        band_area (np.ndarray): Squared pixels, (G, ): what errors are told
            apart with.
        near (List[np.ndarray]): Indices of the near persons of each.
        others (List[np.ndarray]): Indices of all other persons of the image
            of each.
    """

    annotation_id: list
    image_id: list
    category_id: np.ndarray
    keypoints: np.ndarray
    visible: np.ndarray
    area: np.ndarray
    band_area: np.ndarray
    near: List[np.ndarray]
    others: List[np.ndarray]

    def __len__(self) -> int:
        return len(self.annotation_id)

    @property
    def num_overlap(self) -> np.ndarray:
        """Numbers of near persons, int (G, )."""
        return np.array([len(n) for n in self.near], dtype=np.int64)


def load_people(annotations: Any,
                num_keypoints: int,
                *,
                area: str = 'annotation',
                pose_box_expand: Optional[float] = None) -> AnnotatedPeople:
    """Read the persons of a COCO annotation file.

    Crowds and persons without an annotated keypoint do not count, neither
    for themselves nor as near persons.

    Args:
        annotations (Any): Content of the file.
        num_keypoints (int): K.
        area (str): What errors are told apart with: ``'annotation'``, the
            field ``area`` (0.53 of the box where it is missing), or
            ``'bbox'``, the area of the box within the image, which errors are
            synthesized with. Defaults to ``'annotation'``.
        pose_box_expand (float, optional): Take the extent of the annotated
            keypoints, expanded by this factor, for each person's box, as in
            ``PoseRefineDataset``. Defaults to None: the field ``bbox``.

    Returns:
        AnnotatedPeople: The persons, in the order of the file.

    Raises:
        ValueError: If these are no annotations of K keypoints; the message
            names the annotation.
    """
    if area not in AREAS:
        raise ValueError(f'area must be one of {AREAS}, got {area!r}')
    people = _annotated(annotations, num_keypoints)
    values = np.array([p['keypoints'] for p in people], np.float64).reshape(
        -1, num_keypoints, 3)
    poses, visible = values[..., :2], values[..., 2] > 0
    if pose_box_expand is None:
        boxes = _image_boxes(people, annotations.get('images', ()))
    else:
        boxes = pose_to_bbox(poses, visible, expand=pose_box_expand)
    box_area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    own_area = np.array([
        p.get('area', FILLED * p['bbox'][2] * p['bbox'][3]) for p in people
    ], np.float64)
    image_id = [p['image_id'] for p in people]
    return AnnotatedPeople(
        [p['id'] for p in people], image_id,
        np.array([p['category_id'] for p in people], np.int64), poses, visible,
        own_area, own_area if area == 'annotation' else box_area,
        *_persons_around(boxes, image_id))


def _annotated(annotations: Any, num_keypoints: int) -> List[dict]:
    """Check the annotations and pick the persons that count."""
    if not isinstance(annotations, dict) or not isinstance(
            annotations.get('annotations'), list):
        raise ValueError(
            'the annotations must be an object with a list `annotations`, as '
            f'in COCO, got a {type(annotations).__name__}')
    people = []
    for index, person in enumerate(annotations['annotations']):
        if not isinstance(person, dict):
            raise ValueError(f'annotation number {index} is no object')
        if 'keypoints' not in person or person.get('iscrowd'):
            continue
        _check_person(person, index, num_keypoints)
        if any(v > 0 for v in person['keypoints'][2::3]):
            people.append(person)
    if not people:
        raise ValueError(
            'no person of the annotations has numbers for the '
            f'{num_keypoints} keypoints, with one that is annotated')
    return people


def _check_person(person: dict, index: int, num_keypoints: int) -> None:
    name = f'annotation {person.get("id", f"number {index}")}'
    lacking = [
        field for field in ('id', 'image_id', 'category_id', 'bbox')
        if field not in person
    ]
    if lacking:
        raise ValueError(f'{name} has no {", ".join(lacking)}')
    for field, kinds, wanted in _KINDS:
        if not isinstance(person.get(field, 0), kinds):
            raise ValueError(f'{name} must have {wanted} as {field}, got '
                             f'{person[field]!r:.40}')
    for field, length in (('keypoints', 3 * num_keypoints), ('bbox', 4)):
        values = person[field]
        if not isinstance(values, list) or len(values) != length or not all(
                isinstance(v, (int, float)) and np.isfinite(v)
                for v in values):
            raise ValueError(
                f'{name} must have {length} finite numbers as {field}'
                + (f', for the {num_keypoints} keypoints of the skeleton'
                   if field == 'keypoints' else ''))


def _image_boxes(people: Sequence[dict], images: Sequence[dict]) -> np.ndarray:
    """Boxes (x1, y1, x2, y2) within the images, as mmpose's data sets have."""
    sizes = {i.get('id'): (i.get('width'), i.get('height')) for i in images}
    boxes = np.array([p['bbox'] for p in people], np.float64)
    boxes[:, 2:] += boxes[:, :2]
    last = np.array([[
        np.inf if side is None else side - 1
        for side in sizes.get(p['image_id'], (None, None))
    ] for p in people])
    return boxes.clip(0, np.tile(last, 2))


def _persons_around(boxes: np.ndarray, image_id: list
                    ) -> Tuple[List[np.ndarray], List[np.ndarray]]:
    """Find the persons whose boxes overlap, and all others, by image."""
    near = [np.zeros(0, np.int64)] * len(boxes)
    others = list(near)
    for members in group_indices(image_id).values():
        close = pairwise_iou(boxes[members], boxes[members]) >= NEAR_IOU
        np.fill_diagonal(close, False)
        for person, row in zip(members, close, strict=True):
            near[person] = members[row]
            others[person] = members[members != person]
    return near, others


def group_indices(keys: Sequence[Any]) -> dict:
    """Find the places of each key.

    Args:
        keys (Sequence[Any]): Hashable keys, such as image ids.

    Returns:
        dict: Indices by key, int arrays in rising order.
    """
    places: dict = {}
    for index, key in enumerate(keys):
        places.setdefault(key, []).append(index)
    return {key: np.array(found) for key, found in places.items()}
