"""Records of a COCO keypoint results file."""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, List, Optional, Sequence, Union

import numpy as np

from ..fileio import read_json

# Coordinates beyond this are no pixel of any image; they would overflow the
# arithmetic of float32.
_MAX_COORDINATE = 1e6

#: The release refines COCO's category 1.
RELEASE_CATEGORIES = (1, )


@dataclass
class PoseRecord:
    """One record of a results file and the pose in it.

    Attributes:
        index (int): Position in the file.
        raw (Any): The record as it was read.
        image_id (Any): Its image, None where it is missing.
        category_id (int): Its category, 1 where it is missing.
        score (float): Its score, 0 where it is missing.
        keypoints (np.ndarray): Image pixels, float32 (K, 2), zeros where
            absent.
        visible (np.ndarray): bool (K, ), False where absent.
        keypoint_scores (np.ndarray): Third values, float32 (K, ).
        problem (str | None): Why the record can't be refined.
    """

    index: int
    raw: Any
    image_id: Any = None
    category_id: int = 1
    score: float = 0.
    keypoints: np.ndarray = field(default=None)
    visible: np.ndarray = field(default=None)
    keypoint_scores: np.ndarray = field(default=None)
    problem: Optional[str] = None


def load_pose_records(
    path: Union[str, Path],
    num_keypoints: int,
    categories: Optional[Sequence[int]] = RELEASE_CATEGORIES
) -> List[PoseRecord]:
    """Read a COCO keypoint results file.

    Args:
        path (str | Path): JSON file: a list of records.
        num_keypoints (int): K.
        categories (Sequence[int], optional): Categories that are refined,
            None for all. Defaults to the release's: 1 only.

    Returns:
        List[PoseRecord]: All records, in order; those that can't be refined
        name their ``problem``.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it is not JSON or not a list; the message names the
            file.
    """
    data = read_json(path)
    if isinstance(data, dict) and 'annotations' in data:
        raise ValueError(
            f'{path} holds COCO annotations; a results file, a list of '
            'records with image_id, keypoints and score, is needed')
    if not isinstance(data, list):
        raise ValueError(
            f'{path} must hold a list of records with image_id, keypoints '
            f'and score, got a {type(data).__name__}')
    return [
        parse_pose_record(index, raw, num_keypoints, categories)
        for index, raw in enumerate(data)
    ]


def parse_pose_record(
        index: int,
        raw: Any,
        num_keypoints: int,
        categories: Optional[Sequence[int]] = RELEASE_CATEGORIES
) -> PoseRecord:
    """Check one record.

    The release keeps category 1 and scores above 0. A keypoint at the origin
    with score 0 is COCO's way to say that it is absent.

    Args:
        index (int): Its position in the file.
        raw (Any): What was read.
        num_keypoints (int): K.
        categories (Sequence[int], optional): Categories that are refined,
            None for all. Defaults to the release's: 1 only.

    Returns:
        PoseRecord: With a ``problem`` if it can't be refined.
    """
    record = PoseRecord(index, raw)
    if not isinstance(raw, dict):
        record.problem = f'a record must be an object, got {raw!r:.40}'
        return record
    image_id = raw.get('image_id')
    if isinstance(image_id, (int, str)) and not isinstance(image_id, bool):
        record.image_id = image_id
    else:
        record.problem = f'image_id must be a number or name, got {image_id!r}'
        return record
    record.problem = (_parse_score(record)
                      or _parse_category(record, categories)
                      or _parse_keypoints(record, num_keypoints))
    return record


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _parse_category(record: PoseRecord,
                    categories: Optional[Sequence[int]]) -> Optional[str]:
    category = record.raw.get('category_id', 1)
    if not _is_number(category) or not float(category).is_integer() or (
            categories is not None and category not in categories):
        return f'category {category!r:.40} is not refined'
    record.category_id = int(category)
    return None


def _parse_score(record: PoseRecord) -> Optional[str]:
    score = record.raw.get('score', 1.)
    if not _is_number(score) or not np.isfinite(score):
        return f'score must be a finite number, got {score!r:.40}'
    record.score = float(score)
    return None if score > 0 else f'score {score} is not above 0'


def _parse_keypoints(record: PoseRecord, num_keypoints: int) -> Optional[str]:
    values = record.raw.get('keypoints')
    if not isinstance(values, list):
        return f'keypoints must be a list, got {values!r:.40}'
    if len(values) != 3 * num_keypoints:
        return (f'keypoints must hold {3 * num_keypoints} numbers (x, y, '
                f'score of {num_keypoints} keypoints), got {len(values)}')
    if not all(map(_is_number, values)):
        return 'keypoints must hold numbers only'
    array = np.asarray(values, dtype=np.float64).reshape(-1, 3)
    if not np.isfinite(array).all():
        return 'keypoints must be finite'
    if np.abs(array[:, :2]).max() > _MAX_COORDINATE:
        return f'a coordinate lies beyond {_MAX_COORDINATE:g} pixels'
    record.keypoints = array[:, :2].astype(np.float32)
    record.keypoint_scores = array[:, 2].astype(np.float32)
    record.visible = (array != 0).any(1)
    return None if record.visible.any() else 'no keypoint is present'
