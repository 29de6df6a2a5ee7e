"""Records of a COCO keypoint results file."""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, List, Optional, Sequence, Union

import numpy as np

from ..fileio import read_json
from .joint_map import JointMap

# Coordinates beyond this are no pixel of any image; they would overflow the
# arithmetic of float32.
_MAX_COORDINATE = 1e6

#: The release refines COCO's category 1.
RELEASE_CATEGORIES = (1, )


class Problem(str):
    """Why a record can't be refined: a sentence, with a code for machines.

    Args:
        code (str): One of a few words that programs can count.
        text (str): What a person reads.
    """

    code: str

    def __new__(cls, code: str, text: str) -> 'Problem':
        """Make a text that carries a code."""
        problem = super().__new__(cls, text)
        problem.code = code
        return problem


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
        problem (Problem | None): Why the record can't be refined.
    """

    index: int
    raw: Any
    image_id: Any = None
    category_id: int = 1
    score: float = 0.
    keypoints: np.ndarray = field(default=None)
    visible: np.ndarray = field(default=None)
    keypoint_scores: np.ndarray = field(default=None)
    problem: Optional[Problem] = None


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
        categories: Optional[Sequence[int]] = RELEASE_CATEGORIES,
        joint_map: Optional[JointMap] = None) -> PoseRecord:
    """Check one record.

    The release keeps category 1 and scores above 0. A keypoint at the origin
    with score 0 is COCO's way to say that it is absent.

    Args:
        index (int): Its position in the file.
        raw (Any): What was read.
        num_keypoints (int): K.
        categories (Sequence[int], optional): Categories that are refined,
            None for all. Defaults to the release's: 1 only.
        joint_map (JointMap, optional): How the record's joints become the K
            keypoints. Defaults to the same skeleton.

    Returns:
        PoseRecord: With a ``problem`` if it can't be refined.
    """
    record = PoseRecord(index, raw)
    if not isinstance(raw, dict):
        record.problem = Problem(
            'not_an_object', f'a record must be an object, got {raw!r:.40}')
        return record
    image_id = raw.get('image_id')
    if isinstance(image_id, (int, str)) and not isinstance(image_id, bool):
        record.image_id = image_id
    else:
        record.problem = Problem(
            'image_id',
            f'image_id must be a number or name, got {image_id!r:.40}')
        return record
    record.problem = (
        _parse_score(record) or _parse_category(record, categories)
        or _parse_keypoints(record, joint_map
                            or JointMap.identity(num_keypoints)))
    return record


def set_pose(record: PoseRecord, joints: np.ndarray,
             joint_map: JointMap) -> Optional[Problem]:
    """Give a record its pose.

    Args:
        record (PoseRecord): What is changed.
        joints (np.ndarray): x, y (image pixels) and score of the joints of
            the source's skeleton, (J, 3); all three are 0 where a joint is
            absent.
        joint_map (JointMap): From the J joints to the refiner's K keypoints.

    Returns:
        Problem | None: Why the pose can't be refined.
    """
    joints = joint_map.take(np.asarray(joints, dtype=np.float64))
    if not np.isfinite(joints).all():
        return Problem('not_finite', 'keypoints must be finite')
    if np.abs(joints[:, :2]).max() > _MAX_COORDINATE:
        return Problem('far_outside', 'a coordinate lies beyond '
                       f'{_MAX_COORDINATE:g} pixels')
    with np.errstate(over='ignore'):
        record.keypoints = joints[:, :2].astype(np.float32)
        record.keypoint_scores = joints[:, 2].astype(np.float32)
    record.visible = (joints != 0).any(1)
    if not record.visible.any():
        return Problem('no_keypoint', 'no keypoint is present')
    return None


def _as_float(value: Any) -> float:
    """Convert a JSON number; NaN for anything else or out of range."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return float('nan')
    try:
        return float(value)
    except OverflowError:  # JSON knows integers of any length
        return float('nan')


def _parse_category(record: PoseRecord,
                    categories: Optional[Sequence[int]]) -> Optional[Problem]:
    given = record.raw.get('category_id', 1)
    category = _as_float(given)
    if not category.is_integer() or (categories is not None
                                     and category not in categories):
        return Problem('category', f'category {given!r:.40} is not refined')
    record.category_id = int(category)
    return None


def _parse_score(record: PoseRecord) -> Optional[Problem]:
    given = record.raw.get('score', 1.)
    score = _as_float(given)
    if not np.isfinite(score):
        return Problem('score',
                       f'score must be a finite number, got {given!r:.40}')
    record.score = score
    if score > 0:
        return None
    return Problem('score_not_positive', f'score {given} is not above 0')


def _parse_keypoints(record: PoseRecord,
                     joint_map: JointMap) -> Optional[Problem]:
    values = record.raw.get('keypoints')
    count = joint_map.num_source
    if not isinstance(values, list):
        return Problem('keypoints',
                       f'keypoints must be a list, got {values!r:.40}')
    if len(values) != 3 * count:
        return Problem(
            'keypoint_count',
            f'keypoints must hold {3 * count} numbers (x, y, score of '
            f'{count} keypoints), got {len(values)}')
    if not {int, float}.issuperset(map(type, values)):
        return Problem('keypoints', 'keypoints must hold numbers only')
    try:
        joints = np.array(values, dtype=np.float64).reshape(-1, 3)
    except OverflowError:
        return Problem('not_finite', 'keypoints must be finite')
    return set_pose(record, joints, joint_map)
