"""Label files of YOLO pose models."""
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord
from .base import BadPose, FilePose, ImageSize, Joints, PoseEdit
from .file_head import FileHead
from .folders import atomic_folder, new_file
from .pose_folder import PoseFolder
from .pose_list import PoseList

# Class and box, before the joints.
_BOX_FIELDS = 5
# Confidence and track id, which `yolo predict save_txt=True` may add.
_MAX_EXTRA = 2
# As it names frames of a video, which it counts from 1.
_FRAME = re.compile(r'(.*)_[1-9][0-9]*')


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
        """Recognise the suffix, in a folder as well."""
        return path.suffix.lower() in cls.suffixes

    def is_relative(self, raw: Any) -> bool:
        """Coordinates are always fractions."""
        return True

    def find_poses(self, data: bytes, stem: str) -> Sequence[FilePose]:
        """List the lines of a file."""
        try:
            lines = data.decode().splitlines(keepends=True)
        except UnicodeDecodeError as error:
            raise ValueError(f'is no text file: {error}') from error
        numbered = _FRAME.fullmatch(stem)
        from_1 = numbered is not None and \
            f'{numbered[1]}_0{self.ending}' not in self._members
        image = ImageRef(stem=stem, first_frame=int(from_1))
        return [FilePose(image, line, number)
                for number, line in enumerate(lines) if line.strip()]

    def read_joints(self, pose: FilePose) -> Joints:
        """Read a line."""
        count = self.skeleton.joint_map.num_source
        fields = pose.raw.split()
        layout = label_layout(len(fields), count)
        if layout is None:
            raise BadPose('keypoint_count', 'a line must hold a class, a box '
                          f'and {count} keypoints, got {len(fields)} numbers')
        try:
            numbers = np.array(fields, np.float64)
        except ValueError as error:
            raise BadPose('keypoints',
                          'a line must hold numbers only') from error
        joints = np.ones((count, 3))
        width, score_field = layout
        joints[:, :width] = numbers[_BOX_FIELDS:][:width * count].reshape(
            count, width)
        joints[(joints[:, :2] == 0).all(1) | (joints[:, 2] == 0)] = 0
        label = numbers[0]
        if not float(label).is_integer():
            raise BadPose('category', f'class {label} is not refined')
        score = 1. if score_field is None else float(numbers[score_field])
        return Joints(joints, score, int(label) + 1)

    def other_fields(self, record: PoseRecord,
                     image_size: ImageSize = None) -> dict[str, Any]:
        """Box of a line."""
        box = np.array(record.raw.split()[1:_BOX_FIELDS], np.float64)
        box[:2] -= box[2:] / 2
        return dict(bbox=(box * np.tile(image_size, 2)).tolist())

    def edit(self, data: bytes, edits: Sequence[PoseEdit],
             dropped: Sequence[int]) -> bytes:
        """Replace numbers of lines, and leave lines out."""
        lines = data.decode().splitlines(keepends=True)
        count = self.skeleton.joint_map.num_source
        for edit in edits:
            # every second part is a field, those between them are spaces
            parts = re.split(r'(\S+)', edit.raw)
            width, _ = label_layout(len(parts) // 2, count)
            for joint, axis in np.argwhere(edit.moved).tolist():
                field = _BOX_FIELDS + width * joint + axis
                parts[2 * field + 1] = f'{edit.joints[joint, axis]:.7g}'
            lines[edit.place] = ''.join(parts)
        for place in dropped:
            lines[place] = ''
        return ''.join(lines).encode()

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a ``.txt`` file for each image, also without people.

        The pose's score is at the end of a line if it is not 1. The third
        values are as in the source: flags or scores. The box is the source's
        ``bbox``, or the extent of the present joints.

        Raises:
            ValueError: If the size of an image is not known, or two images
                have the same name without suffix.
        """
        extents, triples = poses.boxes(), poses.triples()
        with atomic_folder(out) as folder:
            for stem, image, indices in poses.by_stem():
                text = ''.join(
                    _line(poses, i, triples[i], extents[i], image)
                    for i in indices)
                new_file(folder, f'{stem}.txt').write_text(
                    text, encoding='utf-8')
        return poses.count_lost(('bbox', ), scores=True, categories=True)


def label_layout(num_fields: int,
                 num_joints: int) -> tuple[int, int | None] | None:
    """Infer numbers of a joint and field of the confidence from the length.

    None if it does not have so many joints. Where both layouts fit, which
    needs 2 joints or fewer, joints have a visibility.
    """
    for num_values in (3, 2):
        used = _BOX_FIELDS + num_values * num_joints
        if 0 <= num_fields - used <= _MAX_EXTRA:
            return num_values, used if num_fields > used else None
    return None


def _line(poses: PoseList, index: int, joints: np.ndarray,
          extent: np.ndarray, image: ImageRef) -> str:
    """Write a pose, with the box of the source if that is one."""
    size = np.array(image.need_size(), float)
    box = poses.fields[index].get('bbox')
    usable = isinstance(box, list) and len(box) == 4 \
        and all(type(v) in (int, float) for v in box)
    box = np.array(box, float) if usable else extent
    numbers = [*((box[:2] + box[2:] / 2) / size), *(box[2:] / size),
               *np.column_stack((joints[:, :2] / size, joints[:, 2])).ravel()]
    if poses.scores[index] != 1:
        numbers.append(poses.scores[index])
    label = int(poses.category_ids[index]) - 1
    return f'{label} {" ".join(f"{n:.7g}" for n in numbers)}\n'
