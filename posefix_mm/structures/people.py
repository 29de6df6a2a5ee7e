"""The annotated persons of a COCO file, and the poses that match them.

Poses are matched to persons by OKS, as COCO's evaluation does.
"""
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .boxes import BOX_TO_AREA, pairwise_iou, pose_to_bbox
from .oks import keypoint_similarity
from .pose_records import PoseRecord

#: Box IoU from which a person is near another (code of the release).
NEAR_IOU = 0.1
_FIELDS = ('id', 'image_id', 'category_id', 'bbox')
#: What the area of a person may be taken from.
AREAS = ('annotation', 'bbox')
#: Lowest OKS at which a pose belongs to a person. Ronchi & Perona's: poses
#: below it are taken for something else than a poor pose of this person.
OKS_FLOOR = 0.1


@dataclass
class AnnotatedPeople:
    """G persons with K keypoints, any of them annotated, and no crowds."""

    annotation_id: list  #: Their ids in the file
    image_id: list  #: Their images
    category_id: np.ndarray  #: int (G, )
    keypoints: np.ndarray  #: Image pixels, (G, K, 2)
    visible: np.ndarray  #: bool (G, K), True where annotated
    area: np.ndarray  #: Squared pixels, (G, ): what OKS is computed with
    band_area: np.ndarray  #: The same, for classifying errors
    near: list[np.ndarray]  #: Indices of the near persons of each
    others: list[np.ndarray]  #: Of all other persons of the image of each

    def __len__(self) -> int:
        return len(self.annotation_id)

    @property
    def num_overlap(self) -> np.ndarray:
        """Numbers of near persons, int (G, )."""
        return np.array([len(n) for n in self.near], dtype=np.int64)


def load_people(annotations: Any, num_keypoints: int, *,
                area: str = 'annotation',
                pose_box_expand: float | None = None) -> AnnotatedPeople:
    """Read the persons of a COCO annotation file.

    Crowds and persons without an annotated keypoint do not count, neither for
    themselves nor as near persons.

    Args:
        annotations (Any): Content of the file.
        num_keypoints (int): K.
        area (str): What errors are classified with: ``'annotation'``, the
            field ``area`` (0.53 of the box where it is missing), or
            ``'bbox'``, the area of the box within the image, which errors are
            synthesized with.
        pose_box_expand (float, optional): Take the extent of the annotated
            keypoints, expanded by this factor, for each person's box, as in
            ``PoseRefineDataset``, and not the field ``bbox``.

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
        p.get('area', BOX_TO_AREA * p['bbox'][2] * p['bbox'][3])
        for p in people], np.float64)
    image_id = [p['image_id'] for p in people]
    return AnnotatedPeople(
        [p['id'] for p in people], image_id,
        np.array([p['category_id'] for p in people], np.int64), poses, visible,
        own_area, own_area if area == 'annotation' else box_area,
        *_persons_around(boxes, image_id))


def _annotated(annotations: Any, num_keypoints: int) -> list[dict]:
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
        check_annotation(person, num_keypoints, index)
        for field, kinds in (('id', (int, float, str)), ('category_id', int)):
            value = person[field]
            if not isinstance(value, kinds):
                raise ValueError(f'annotation {person["id"]!r:.40}: {field} '
                                 f'must be a number, got {value!r:.40}')
        if any(v > 0 for v in person['keypoints'][2::3]):
            people.append(person)
    if not people:
        raise ValueError(
            'no person of the annotations has numbers for the '
            f'{num_keypoints} keypoints, with one that is annotated')
    return people


def check_annotation(person: dict, num_keypoints: int,
                     index: int | None = None) -> None:
    """Check an annotation of K keypoints.

    Raises:
        ValueError: If a field is missing or of a wrong type; the message names
            the field, and the annotation by its ``id`` or else its index.
    """
    name = f'annotation {person["id"]!r:.40}' if 'id' in person \
        else f'annotation number {index}'
    lacking = [field for field in _FIELDS if field not in person]
    if lacking:
        raise ValueError(f'{name} has no {", ".join(lacking)}')
    for field, count in (('keypoints', 3 * num_keypoints), ('bbox', 4)):
        values = person[field]
        numbers = isinstance(values, list) and all(map(_is_number, values))
        if not numbers or len(values) != count:
            raise ValueError(
                f'{name} must have {count} numbers as {field}, got '
                f'{len(values) if numbers else f"{values!r:.60}"}')
    for field in ('image_id', 'category_id'):
        if type(person[field]) not in (int, str):
            raise ValueError(f'{name}: {field} must be a number or text, got '
                             f'{person[field]!r:.40}')
    for field in ('area', 'iscrowd', 'num_keypoints'):
        if not _is_number(person.get(field, 0)):
            raise ValueError(f'{name}: {field} must be a number, got '
                             f'{person[field]!r:.40}')


def _is_number(value: Any) -> bool:
    # integers of any length are JSON, but no floats
    return isinstance(value, (int, float, np.number)) \
        and bool(abs(value) < 1e300)  # type: ignore[operator]


def _image_boxes(people: Sequence[dict], images: Sequence[dict]) -> np.ndarray:
    """Boxes (x1, y1, x2, y2) within the images, as mmpose's data sets have."""
    sizes = {i.get('id'): (i.get('width'), i.get('height')) for i in images}
    boxes = np.array([p['bbox'] for p in people], np.float64)
    boxes[:, 2:] += boxes[:, :2]
    last = np.array([[np.inf if side is None else side - 1
                      for side in sizes.get(p['image_id'], (None, None))]
                     for p in people])
    return boxes.clip(0, np.tile(last, 2))


def _persons_around(boxes: np.ndarray, image_id: list
                    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
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
    """Find the indices of each key, such as an image id, as rising arrays."""
    places: dict = {}
    for index, key in enumerate(keys):
        places.setdefault(key, []).append(index)
    return {key: np.array(indices) for key, indices in places.items()}


def match_records(records: Sequence[PoseRecord], people: AnnotatedPeople,
                  sigmas: np.ndarray, *, oks_thr: float = OKS_FLOOR
                  ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match poses to persons by OKS.

    Per image and category, by descending score: each pose takes the person
    that it has the highest OKS with and that no pose has taken yet.

    Args:
        records (Sequence[PoseRecord]): Poses without ``problem``.
        people (AnnotatedPeople): Persons.
        sigmas (np.ndarray): COCO-style sigmas, (K, ).
        oks_thr (float): Lowest OKS of a match.

    Returns:
        tuple: index into ``records``, rising, and index into ``people`` of
        each match, int (N, ), and its OKS, (N, ).
    """
    persons_of = group_indices(
        list(zip(people.image_id, people.category_id.tolist(), strict=True)))
    matches: list[tuple] = []
    for key, rows in group_indices([(r.image_id, r.category_id)
                                    for r in records]).items():
        persons = persons_of.get(key)
        if persons is None:
            continue
        # stable: of equal scores the first in the file comes first
        rows = rows[np.argsort([-records[i].score for i in rows],
                               kind='stable')]
        poses, present = (np.stack([getattr(records[i], name) for i in rows])
                          for name in ('keypoints', 'visible'))
        oks = person_oks(poses[:, None].astype(np.float64), present[:, None],
                         persons, people, sigmas)
        for index, row in zip(rows, oks, strict=True):
            best = row.argmax()
            if row[best] >= oks_thr:
                matches.append((index, persons[best], row[best]))
                oks[:, best] = -1
    matches.sort()
    columns = list(zip(*matches, strict=True)) or [(), (), ()]
    return (np.array(columns[0], np.int64), np.array(columns[1], np.int64),
            np.array(columns[2], np.float64))


def person_oks(keypoints: np.ndarray, present: np.ndarray, person: np.ndarray,
               people: AnnotatedPeople, sigmas: np.ndarray) -> np.ndarray:
    """Object keypoint similarity of poses and persons, pair by pair.

    Args:
        keypoints (np.ndarray): Image pixels, (..., K, 2).
        present (np.ndarray): bool (..., K), which joints the poses have; the
            others have similarity 0: they are nowhere, not at the origin.
        person (np.ndarray): Index of the person of each pair, int (...);
            negative where there is none, and OKS is NaN.
        people (AnnotatedPeople): The persons.
        sigmas (np.ndarray): COCO-style sigmas, (K, ).
    """
    person = np.asarray(person)
    similarity = keypoint_similarity(
        np.linalg.norm(keypoints - people.keypoints[person], axis=-1),
        people.area[person], sigmas) * present
    annotated = people.visible[person]
    oks = (similarity * annotated).sum(-1) / annotated.sum(-1)
    return np.where(person >= 0, oks, np.nan)
