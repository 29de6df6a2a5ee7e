"""JSON of ultralytics' ``Results.to_json()``."""
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, image_id_of
from .base import BadPose, FilePose, ImageSize, Joints
from .file_head import FileHead
from .json_scanner import JsonPath
from .pose_folder import JsonPoseFolder, as_numbers

_CORNERS = ('x1', 'y1', 'x2', 'y2')


class UltralyticsResults(JsonPoseFolder):
    """A folder of JSON files by ``Results.to_json()``, one for each image.

    A file is a list of ``{"name", "class", "confidence", "box",
    "keypoints": {"x": [...], "y": [...], "visible": [...]}}``; coordinates
    are pixels, or with ``normalize=True`` fractions of the image's size,
    recognised by a box (or pose) of less than a pixel. ``0, 0`` is absent.
    Class 0 counts as COCO's category 1.
    """

    name = 'ultralytics-json'
    help = 'ultralytics: Results.to_json(), a file for each image'
    priority = 1
    own_fields = frozenset(('keypoints', 'confidence', 'class', 'box'))

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Recognise keypoints that are an object of columns.

        Of detections that name their image, the file's name says nothing.
        """
        values = head.element.get('keypoints') if isinstance(
            head.element, dict) and image_id_of(head.element) is None else None
        return isinstance(values, dict) and isinstance(values.get('x'), list)

    def list_poses(self, content: Any, stem: str) -> Sequence[FilePose]:
        """List the detections of one image."""
        if not isinstance(content, list):
            raise ValueError('must hold a list of detections, as '
                             'ultralytics writes')
        image = ImageRef(stem=stem)
        return [FilePose(image, detection, (place, ))
                for place, detection in enumerate(content)]

    def is_relative(self, raw: Any) -> bool:
        """Whether a detection is smaller than a pixel."""
        if not isinstance(raw, dict):
            return False
        box, keypoints = raw.get('box'), raw.get('keypoints')
        values = [*box.values()] if isinstance(box, dict) else []
        if isinstance(keypoints, dict):
            values += [v for axis in 'xy'
                       if isinstance(keypoints.get(axis), list)
                       for v in keypoints[axis]]
        numbers = [v for v in values if isinstance(v, (int, float))]
        return bool(numbers) and max(numbers) <= 1

    def read_joints(self, pose: FilePose) -> Joints:
        """Read ``keypoints``, confidence and class of a detection."""
        raw = pose.raw
        keypoints = raw.get('keypoints') if isinstance(raw, dict) else None
        if not isinstance(keypoints, dict):
            raise BadPose('keypoints', 'a detection must have keypoints with '
                          f'x, y and visible, got {raw!r:.40}')
        # a model without visibility writes none
        names = ('x', 'y', 'visible') if 'visible' in keypoints else 'xy'
        columns = [as_numbers(keypoints.get(name), name) for name in names]
        columns += [np.ones_like(columns[0])] * (3 - len(columns))
        if len({len(column) for column in columns}) > 1:
            raise BadPose('keypoint_count',
                          'x, y and visible must be equally long')
        joints = np.stack(columns, 1)
        joints[(joints[:, :2] == 0).all(1)] = 0
        try:
            score, label = as_numbers(
                [raw.get('confidence', 1.), raw.get('class', 0)],
                'confidence and class')
        except BadPose as error:
            raise BadPose('score', str(error)) from error
        if not np.isfinite((score, label)).all():
            raise BadPose('score', 'confidence and class must be finite')
        return Joints(joints, float(score) if 'confidence' in raw else None,
                      int(label) + 1)

    def other_fields(self, record: PoseRecord,
                     image_size: ImageSize = None) -> dict[str, Any]:
        """Fields of a detection, its box as ``bbox``."""
        fields = super().other_fields(record, image_size)
        box = record.raw.get('box')
        if isinstance(box, dict):
            with suppress(BadPose):
                corners = as_numbers([box.get(n) for n in _CORNERS], 'box')
                if self.is_relative(record.raw):
                    corners = corners * np.tile(image_size, 2)
                corners[2:] -= corners[:2]
                fields['bbox'] = corners.tolist()
        return fields

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Path of a coordinate below a detection."""
        return 'keypoints', 'xy'[axis], joint
