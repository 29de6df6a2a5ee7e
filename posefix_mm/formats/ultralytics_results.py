"""JSON of ultralytics' ``Results.to_json()``."""
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Tuple, Union

import numpy as np

from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, Problem
from .file_head import FileHead
from .json_pose_folder import JsonPoseFolder, as_numbers, mean_score
from .json_scanner import JsonPath
from .pose_folder import FoundPose, Joints

_CORNERS = ('x1', 'y1', 'x2', 'y2')


class UltralyticsResults(JsonPoseFolder):
    """A folder of JSON files by ``Results.to_json()``, one for each image.

    A file is a list of ``{"name", "class", "confidence", "box",
    "keypoints": {"x": [...], "y": [...], "visible": [...]}}``; coordinates
    are pixels, or with ``normalize=True`` fractions of the image's size,
    which is told by a box (or pose) of less than a pixel. ``0, 0`` is absent.
    Class 0 counts as COCO's category 1.
    """

    name = 'ultralytics-json'
    help = 'ultralytics: Results.to_json(), a file for each image'
    priority = 1
    own_fields = frozenset(('keypoints', 'confidence', 'class', 'box'))

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Tell by keypoints that are an object of columns."""
        return isinstance(head.element, dict) and isinstance(
            head.element.get('keypoints'), dict)

    def list_poses(self, content: Any, stem: str) -> Sequence[FoundPose]:
        """List the detections of one image."""
        if not isinstance(content, list):
            raise ValueError('must hold a list of detections, as '
                             'ultralytics writes')
        image = ImageRef(stem=stem)
        return [
            FoundPose(image, raw, (place, ))
            for place, raw in enumerate(content)
        ]

    def is_relative(self, raw: Any) -> bool:
        """Whether a detection is smaller than a pixel."""
        if not isinstance(raw, dict):
            return False
        box, keypoints = raw.get('box'), raw.get('keypoints')
        values = []
        if isinstance(box, dict):
            values += box.values()
        if isinstance(keypoints, dict):
            values += [
                v for axis in ('x', 'y')
                if isinstance(keypoints.get(axis), list)
                for v in keypoints[axis]
            ]
        numbers = [v for v in values if isinstance(v, (int, float))]
        return bool(numbers) and max(numbers) <= 1

    def read_joints(
            self, raw: Any,
            image_size: Optional[Tuple[int, int]]) -> Union[Joints, Problem]:
        """Read ``keypoints`` of a detection."""
        keypoints = raw.get('keypoints') if isinstance(raw, dict) else None
        if not isinstance(keypoints, dict):
            return Problem('keypoints', 'a detection must have keypoints with '
                           f'x, y and visible, got {raw!r:.40}')
        # a model without visibility writes none
        names = ('x', 'y', 'visible') if 'visible' in keypoints else 'xy'
        columns = [as_numbers(keypoints.get(name), name) for name in names]
        for column in columns:
            if isinstance(column, Problem):
                return column
        columns += [np.ones_like(columns[0])] * (3 - len(columns))
        if len({len(column) for column in columns}) > 1:
            return Problem('keypoint_count',
                           'x, y and visible must be equally long')
        joints = np.stack(columns, 1)
        joints[(joints[:, :2] == 0).all(1)] = 0
        if self.is_relative(raw):
            joints[:, :2] *= image_size
        return _with_score(joints, raw)

    def other_fields(
            self,
            record: PoseRecord,
            image_size: Optional[Tuple[int, int]] = None) -> Dict[str, Any]:
        """Fields of a detection, its box as ``bbox``."""
        fields = super().other_fields(record, image_size)
        box = record.raw.get('box')
        corners = as_numbers([box.get(name) for name in _CORNERS], 'box') \
            if isinstance(box, dict) else None
        if isinstance(corners, np.ndarray):
            if self.is_relative(record.raw):
                corners = corners * np.tile(image_size, 2)
            corners[2:] -= corners[:2]
            fields['bbox'] = corners.tolist()
        return fields

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Tell where a detection keeps a coordinate."""
        return 'keypoints', 'xy'[axis], joint


def _with_score(joints: np.ndarray, raw: dict) -> Union[Joints, Problem]:
    """Add score and category of a detection."""
    score = raw.get('confidence', mean_score(joints[:, 2]))
    number = as_numbers([score, raw.get('class', 0)], 'confidence and class')
    if isinstance(number, Problem):
        return Problem('score', str(number))
    if not np.isfinite(number).all():
        return Problem('score', 'confidence and class must be finite')
    return Joints(joints, float(number[0]), int(number[1]) + 1)
