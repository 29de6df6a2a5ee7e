"""Label files of YOLO pose models."""
import re
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import (
    Any,
    Dict,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

import numpy as np

from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, Problem
from .file_head import FileHead
from .folders import atomic_folder
from .pose_folder import FoundPose, Joints, PoseEdit, PoseFolder
from .pose_list import NamedImage, PoseList, count_fields

# Class and box, before the joints.
_BOX_FIELDS = 5
# Confidence and track id, which `yolo predict save_txt=True` may add.
_MAX_EXTRA = 2
# As it names frames of a video, which it counts from 1.
_FRAME = re.compile(r'(.*)_[1-9][0-9]*')


class LabelLayout(NamedTuple):
    """How the numbers of a line are to be read.

    Attributes:
        num_values (int): Numbers of a joint: x, y, and maybe a visibility or
            confidence.
        score_field (int | None): Field of the detection's confidence.
    """

    num_values: int
    score_field: Optional[int]


class UltralyticsLabels(PoseFolder):
    """A folder of ``.txt`` files, one for each image, as YOLO poses have.

    A line is ``class cx cy w h (px py [v]) x J [confidence] [track id]``,
    fractions of the image's size; ``0 0`` or a visibility of 0 is absent.
    Class 0 counts as COCO's category 1. ``VIDEO_1.txt`` is of the first frame
    of a video, unless there is a ``VIDEO_0.txt`` or numbers have zeros. See
    https://docs.ultralytics.com/datasets/pose/.
    """

    name = 'ultralytics-txt'
    help = 'labels of YOLO poses: a folder of .txt'
    suffixes = ('.txt', )
    holds_empty_images = True
    ending = '.txt'

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Tell by the suffix, in a folder as well."""
        return path.suffix.lower() in cls.suffixes

    @cached_property
    def _names(self) -> Set[str]:
        return set(self._members)

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a ``.txt`` file for each image, also without people.

        Lines are ``class cx cy w h (px py v) x J``, with the pose's score
        behind if it is not 1, as fractions of the image's size. The third
        values are as in the source: flags or scores. The box is the source's
        ``bbox``, or the extent of the present joints.

        Raises:
            ValueError: If the size of an image is not known, or two images
                have the same name without suffix.
        """
        extents, triples = poses.boxes(), poses.triples()
        with atomic_folder(out) as folder:
            for stem, image, indices in poses.by_stem():
                file = folder / f'{stem}.txt'
                lines = [
                    _line(poses, i, triples[i].copy(),
                          _box(poses.fields[i].get('bbox'), extents[i]), image)
                    for i in indices
                ]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(''.join(lines), encoding='utf-8')
        return count_fields(poses, ('bbox', ))

    def is_relative(self, raw: Any) -> bool:
        """Coordinates are always fractions."""
        return True

    def find_poses(self, data: bytes, stem: str) -> Sequence[FoundPose]:
        """List the lines of a file."""
        try:
            lines = data.decode().splitlines(keepends=True)
        except UnicodeDecodeError as error:
            raise ValueError(f'is no text file: {error}') from error
        numbered = _FRAME.fullmatch(stem)
        image = ImageRef(
            stem=stem,
            first_frame=int(
                numbered is not None
                and f'{numbered[1]}_0{self.ending}' not in self._names))
        return [
            FoundPose(image, line, number)
            for number, line in enumerate(lines) if line.strip()
        ]

    def read_joints(
            self, raw: Any,
            image_size: Optional[Tuple[int, int]]) -> Union[Joints, Problem]:
        """Read a line."""
        count = self.skeleton.joint_map.num_source
        fields = raw.split()
        layout = label_layout(len(fields), count)
        if layout is None:
            return Problem(
                'keypoint_count',
                f'a line must hold a class, a box and {count} keypoints, '
                f'got {len(fields)} numbers')
        try:
            numbers = np.array(fields, np.float64)
        except ValueError:
            return Problem('keypoints', 'a line must hold numbers only')
        joints = np.ones((count, 3))
        width = layout.num_values
        joints[:, :width] = numbers[_BOX_FIELDS:][:width * count].reshape(
            count, width)
        joints[(joints[:, :2] == 0).all(1) | (joints[:, 2] == 0)] = 0
        joints[:, :2] *= image_size
        category = numbers[0]
        if not float(category).is_integer():
            return Problem('category', f'class {category} is not refined')
        score = 1. if layout.score_field is None \
            else float(numbers[layout.score_field])
        return Joints(joints, score, int(category) + 1)

    def other_fields(
            self,
            record: PoseRecord,
            image_size: Optional[Tuple[int, int]] = None) -> Dict[str, Any]:
        """Box of a line."""
        box = np.array(record.raw.split()[1:_BOX_FIELDS], np.float64)
        box[:2] -= box[2:] / 2
        return dict(bbox=(box * np.tile(image_size, 2)).tolist())

    def edit(self, data: bytes, edits: Sequence[PoseEdit],
             dropped: Sequence[int]) -> bytes:
        """Replace numbers of lines, and take lines out."""
        lines: List[str] = data.decode().splitlines(keepends=True)
        count = self.skeleton.joint_map.num_source
        for edit in edits:
            layout = label_layout(len(edit.raw.split()), count)
            joints = edit.joints / edit.image_size
            # every second part is a field, those between them are spaces
            parts = _split(edit.raw)
            for joint, axis in np.argwhere(edit.moved).tolist():
                field = _BOX_FIELDS + layout.num_values * joint + axis
                parts[2 * field + 1] = f'{joints[joint, axis]:.7g}'
            lines[edit.place] = ''.join(parts)
        for place in dropped:
            lines[place] = ''
        return ''.join(lines).encode()


def label_layout(num_fields: int, num_joints: int) -> Optional[LabelLayout]:
    """Tell how a line is to be read by its length.

    Args:
        num_fields (int): Fields of the line.
        num_joints (int): J.

    Returns:
        LabelLayout | None: None if it does not have J joints. Where both
        fit, which takes J of 2 or less, joints have a visibility.
    """
    for num_values in (3, 2):
        used = _BOX_FIELDS + num_values * num_joints
        if 0 <= num_fields - used <= _MAX_EXTRA:
            return LabelLayout(num_values,
                               used if num_fields > used else None)
    return None


def _split(line: str) -> List[str]:
    """Split a line into spaces, field, spaces, field, ..., spaces."""
    parts, position = [], 0
    for field in line.split():
        start = line.index(field, position)
        parts += line[position:start], field
        position = start + len(field)
    return [*parts, line[position:]]


def _box(given: Any, extent: np.ndarray) -> np.ndarray:
    """Box of the source if it is one, else the extent."""
    usable = isinstance(given, list) and len(given) == 4 \
        and all(type(v) in (int, float) for v in given)
    return np.array(given, float) if usable else extent


def _line(poses: PoseList, index: int, triples: np.ndarray, box: np.ndarray,
          image: NamedImage) -> str:
    size = np.array(image.need_size(), float)
    triples[:, :2] /= size
    numbers: List[float] = [
        *((box[:2] + box[2:] / 2) / size), *(box[2:] / size), *triples.ravel()
    ]
    if poses.scores[index] != 1:
        numbers.append(poses.scores[index])
    label = int(poses.category_ids[index]) - 1
    return f'{label} {" ".join(f"{n:.7g}" for n in numbers)}\n'
