"""Poses: the records of a file, and arrays of an image's."""
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .joint_map import JointMap

# Coordinates beyond this are no pixel of any image; they would overflow the
# arithmetic of float32.
_MAX_COORDINATE = 1e6

# Where joints without scores are absent.
_NOWHERE = ([0, 0], [-1, -1])

#: Where a record names its image, best first.
IMAGE_FIELDS = ('image_id', 'image_name', 'file_name', 'image', 'filename',
                'image_path', 'image_file', 'img_name', 'img_path',
                'img_file', 'imgname', 'image_filename', 'filepath',
                'file_path', 'img', 'path')
#: The release refines COCO's category 1.
RELEASE_CATEGORIES = (1, )
# Coordinates up to this are shares of the width and height; poses may reach
# somewhat out of the image.
_MAX_RELATIVE = 2.


class Problem(str):
    """Why a record can't be refined: a sentence, with a code for machines."""

    code: str

    def __new__(cls, code: str, text: str) -> 'Problem':
        """Make a text that carries one of a few codes."""
        problem = super().__new__(cls, text)
        problem.code = code
        return problem


@dataclass
class PoseRecord:
    """One record of a results file and the pose in it."""

    index: int  #: Position in the file
    raw: Any  #: The record as it was read
    image_id: Any = None  #: None where it is missing
    category_id: int = 1  #: 1 where it is missing
    score: float = 0.  #: 0 where it is missing
    #: Image pixels, float32 (K, 2), zeros where absent.
    keypoints: np.ndarray = field(default=None)
    visible: np.ndarray = field(default=None)  #: Whether present, bool (K, )
    #: Third values, float32 (K, ).
    keypoint_scores: np.ndarray = field(default=None)
    problem: Problem | None = None  #: Why the record can't be refined


def parse_pose_record(
        index: int,
        raw: Any,
        num_keypoints: int,
        categories: Sequence[int] | None = RELEASE_CATEGORIES,
        joint_map: JointMap | None = None,
        *,
        flags: bool = False) -> PoseRecord:
    """Check one record.

    The release keeps category 1 and scores above 0. Which joints are absent:
    see :func:`present_joints`.

    Args:
        index (int): Its position in the file.
        raw (Any): What was read, or why a reader made no record of it.
        num_keypoints (int): K.
        categories (Sequence[int], optional): Categories that are refined, None
            for all.
        joint_map (JointMap, optional): How the record's joints become the K
            keypoints. Defaults to the same skeleton.
        flags (bool): Whether third values are visibility flags, so that all
            joints of 0 are absent, and no scores.

    Returns:
        PoseRecord: With a ``problem`` if it can't be refined.
    """
    record = PoseRecord(index, raw)
    record.problem = _parse(record, categories, joint_map or JointMap.identity(
        num_keypoints), flags)
    return record


def _parse(record: PoseRecord, categories: Sequence[int] | None,
           joint_map: JointMap, flags: bool) -> Problem | None:
    """Fill in a record, up to what is wrong with it."""
    raw = record.raw
    if isinstance(raw, Problem):
        return raw
    if not isinstance(raw, dict):
        return Problem(
            'not_an_object', f'a record must be an object, got {raw!r:.40}')
    record.image_id = image_id_of(raw)
    if record.image_id is None:
        return Problem('image_id', 'image_id must be a number or name, got '
                       f'{raw.get("image_id")!r:.40}')
    record.score, problem = read_score(raw)
    problem = problem or check_category(raw, categories)
    if problem is not None:
        return problem
    record.category_id = category_of(raw)
    joints = as_joints(raw.get('keypoints'), joint_map.num_source,
                       raw.get('keypoint_scores'))
    if isinstance(joints, Problem):
        return joints
    if flags:
        joints[joints[:, 2] == 0] = 0
    return set_pose(record, joints, joint_map)


def set_pose(record: PoseRecord, joints: np.ndarray,
             joint_map: JointMap) -> Problem | None:
    """Give a record its pose, or return why that can't be refined.

    Args:
        record (PoseRecord): What is changed.
        joints (np.ndarray): x, y (image pixels) and score of the joints of the
            source's skeleton, (J, 3); all three are 0 where a joint is absent.
        joint_map (JointMap): From the J joints to the refiner's K keypoints.
    """
    joints = np.array(joints, dtype=np.float64)
    joints[~present_joints(joints)] = 0
    joints = joint_map.take(joints)
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


def present_joints(joints: np.ndarray) -> np.ndarray:
    """Find which joints are present: one rule for files and for memory.

    A joint is absent if any of its numbers is NaN or infinite (``null`` in a
    file), or its score is 0, wherever it lies: estimators write 0, 0, 0 or -1,
    -1, 0 or a made-up place. If no joint of a pose has a score, though some
    have a place, the scores say nothing and joints are absent at 0, 0 and -1,
    -1 alone; so they are where there are no scores.

    ``joints`` are x, y (image pixels), and maybe a score, (..., J, 2) or (...,
    J, 3). Returns bool (..., J).
    """
    places = joints[..., :2]
    finite = np.isfinite(joints).all(-1)
    placed = finite & (places != 0).any(-1) & (places != -1).any(-1)
    if joints.shape[-1] < 3:
        return placed
    scored = finite & (joints[..., 2] != 0)
    return np.where(scored.any(-1, keepdims=True), scored, placed)


def looks_normalised(poses: np.ndarray) -> np.ndarray:
    """Distinguish poses (N, K, 2) in shares of the image from pixels.

    Returns which lie within the first pixels, bool (N, ).
    """
    small = (np.abs(poses) <= _MAX_RELATIVE).all((1, 2))
    return small & (poses != np.round(poses)).any((1, 2))


def with_scores(joints: np.ndarray) -> np.ndarray:
    """Give joints a score of 1 where they have none, of 0 where absent.

    ``joints`` are those of :func:`present_joints`. Returns float64 (..., J,
    3), zeros where absent.
    """
    joints = np.asarray(joints, np.float64)
    present = present_joints(joints)[..., None]
    if joints.shape[-1] < 3:
        joints = np.concatenate((joints, present), -1)
    return np.where(present, joints, 0.)


def image_id_of(record: dict) -> int | str | None:
    """Read from :data:`IMAGE_FIELDS` which image a record is of, if any.

    139.0 is 139.
    """
    for name in IMAGE_FIELDS:
        value = record.get(name)
        if type(value) is float and value.is_integer():
            return int(value)
        if type(value) is int or (type(value) is str and value):
            return value
    return None


def to_float(value: Any) -> float:
    """Convert a JSON number; NaN for anything else or out of range."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return float('nan')
    try:
        return float(value)
    except OverflowError:  # JSON knows integers of any length
        return float('nan')


def category_of(record: dict) -> int | None:
    """Read the category of a record: 1, 1.0, '1' and '1.0' are the same.

    1 where there is none, None if it is no whole number.
    """
    value = record.get('category_id', 1)
    if isinstance(value, str):
        text = value.strip().removesuffix('.0')
        value = int(text) if text.isdecimal() and len(text) < 19 else value
    category = to_float(value)
    return int(category) if category.is_integer() else None


def check_category(raw: dict,
                   categories: Sequence[int] | None) -> Problem | None:
    """Check that the category of a record counts; all do if None."""
    category = category_of(raw)
    if category is None or (categories is not None
                            and category not in categories):
        return Problem('category', 'category '
                       f'{raw.get("category_id")!r:.40} is not refined')
    return None


def read_score(raw: dict) -> tuple[float, Problem | None]:
    """Read the score of a record, and tell whether it can be used."""
    value = raw.get('score', 1.)
    score = to_float(value)
    if not np.isfinite(score):
        return 0., Problem('score', 'score must be a finite number, got '
                           f'{value!r:.40}')
    if score > 0:
        return score, None
    return score, Problem('score_not_positive',
                          f'score {value} is not above 0')


def flat_triples(values: list, count: int, scores: Any = None) -> list:
    """Bring the keypoints of a record to one list of x, y, score.

    Args:
        values (list): Triples, or pairs, of the joints: in one list, or one
            for each joint.
        count (int): Number of the joints.
        scores (list, optional): Scores of pairs. Defaults to 1, or 0 where
            :func:`present_joints` takes joints without scores as absent.

    Returns:
        list: 3 * count values; what came if that is of another kind.
    """
    if len(values) == 2 * count != 0:
        values = [values[i:i + 2] for i in range(0, 2 * count, 2)]
    if len(values) != count or not all(
            isinstance(one, list) and len(one) in (2, 3) for one in values):
        return values
    if not isinstance(scores, list):
        scores = [int(one[:2] not in _NOWHERE) for one in values]
    if len(scores) != count:
        return values
    return [v for one, score in zip(values, scores, strict=True)
            for v in (*one, score)[:3]]


def as_joints(values: Any, count: int,
              scores: Any = None) -> np.ndarray | Problem:
    """Read the keypoints of a record, or tell what is wrong with them.

    Arguments are those of :func:`flat_triples`. Returns float64 (J, 3), NaN
    for ``null``.
    """
    if not isinstance(values, list):
        return Problem('keypoints',
                       f'keypoints must be a list, got {values!r:.40}')
    values = flat_triples(values, count, scores)
    widths = {len(one) if isinstance(one, list) else 0 for one in values}
    if len(widths) == 1 and widths <= {2, 3}:
        return Problem('keypoint_count', f'a pose must have {count} joints, '
                       f'got {len(values)}')
    if len(widths) == 1 and widths != {0}:
        return Problem('keypoints', 'keypoints must hold x, y, score of each '
                       f'joint, got lists of {widths.pop()}')
    if len(values) != 3 * count:
        return Problem(
            'keypoint_count',
            f'keypoints must hold {3 * count} numbers (x, y, score of '
            f'{count} keypoints), got {len(values)}')
    kinds = set(map(type, values))
    if not {int, float, type(None)}.issuperset(kinds):
        return Problem('keypoints', 'keypoints must hold numbers only')
    if kinds == {type(None)}:
        return Problem('no_keypoint', 'no keypoint is present')
    try:
        return np.array(values, dtype=np.float64).reshape(-1, 3)
    except OverflowError:  # JSON knows integers of any length
        return Problem('not_finite', 'keypoints must be finite')


class PoseArrays(NamedTuple):
    """N poses of one image, K keypoints each."""

    keypoints: np.ndarray  #: Image pixels, float32 (N, K, 2)
    visible: np.ndarray  #: Whether present, bool (N, K)
    keypoint_scores: np.ndarray  #: float32 (N, K)
    #: Boxes that came with the poses, (x1, y1, x2, y2), float32 (N, 4), NaN
    #: for poses without; None: none has one.
    boxes: np.ndarray | None = None

    @classmethod
    def stack(cls, poses: Sequence[tuple], num_keypoints: int) -> 'PoseArrays':
        """Stack the arrays of single poses, of which there may be none."""
        if not poses:
            return cls(np.zeros((0, num_keypoints, 2), np.float32),
                       np.zeros((0, num_keypoints), bool),
                       np.zeros((0, num_keypoints), np.float32))
        return cls(*map(np.stack, zip(*poses, strict=True)))

    def take(self, part: slice) -> 'PoseArrays':
        """Take some of the poses; nothing is copied."""
        return PoseArrays(
            *(None if array is None else array[part] for array in self))
