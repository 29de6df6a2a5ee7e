"""JSON exports of MediaPipe's pose landmarks."""
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np

from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, Problem, image_id_of
from .file_head import FileHead
from .instance_lists import FRAME_FIELDS
from .joint_maps import load_source_joints
from .json_pose_folder import JsonPoseFolder, as_numbers, mean_score
from .json_scanner import JsonPath
from .pose_folder import FoundPose, Joints

# Names under which the landmarks of an image are found: MessageToDict of the
# old solutions API, the tasks API of Python, and that of the web.
_FIELDS = ('landmark', 'pose_landmarks', 'poseLandmarks', 'landmarks')


class MediapipeLandmarks(JsonPoseFolder):
    """A folder of JSON files of MediaPipe Pose, one for each image or video.

    Either ``{"landmark": [{"x", "y", "z", "visibility"}, ...]}`` of one
    person, as ``MessageToDict`` writes, or ``{"pose_landmarks": [[...],
    ...]}`` of several, as of the tasks API. x and y are fractions of the
    image's size; z, world landmarks and all else stay as they are.
    """

    name = 'mediapipe'
    help = 'MediaPipe: pose landmarks as JSON'

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Tell by the names of the landmarks, or lists of x and y."""
        inner = head.element
        if isinstance(inner, dict):
            return not inner.keys().isdisjoint(_FIELDS)
        while isinstance(inner, list) and inner:
            inner = inner[0]
        return not head.fields.keys().isdisjoint(_FIELDS) or (
            isinstance(inner, dict) and {'x', 'y'} <= inner.keys())

    @classmethod
    def joint_names(
            cls,
            path: Path,
            categories: Optional[Sequence[int]] = None
    ) -> Optional[List[str]]:
        """Names of BlazePose's landmarks."""
        return load_source_joints('mediapipe33').names

    def is_relative(self, raw: Any) -> bool:
        """Coordinates are always fractions."""
        return True

    def list_poses(self, content: Any, stem: str) -> Sequence[FoundPose]:
        """List the people of one image."""
        if not isinstance(content, list):
            image = ImageRef(stem=stem)
            return [
                FoundPose(image, raw, path) for path, raw in _people(content)
            ]
        found = []
        for place, one in enumerate(content):  # frames of a video
            if not isinstance(one, (dict, list, type(None))):
                raise ValueError(f'has a frame that is {one!r:.40}')
            number = next((one[f] for f in FRAME_FIELDS if f in one),
                          place) if isinstance(one, dict) else place
            if type(number) is not int:
                raise ValueError(f'has a frame called {number!r:.40}')
            name = image_id_of(one) if isinstance(one, dict) else None
            image = ImageRef(file_name=name) if isinstance(name, str) \
                else ImageRef(stem=stem, frame=number)
            people = _people(one) if isinstance(one, dict) \
                else _people_of_list(one or [], ())
            found += [FoundPose(image, raw, (place, *path))
                      for path, raw in people]
        return found

    def read_joints(
            self, raw: Any,
            image_size: Optional[Tuple[int, int]]) -> Union[Joints, Problem]:
        """Read the landmarks of a person."""
        if not all(isinstance(landmark, dict) for landmark in raw):
            return Problem('keypoints', 'landmarks must be objects')
        values = as_numbers(
            [one.get(axis) for one in raw for axis in ('x', 'y')] +
            [one.get('visibility', 1.) for one in raw], 'landmarks')
        if isinstance(values, Problem):
            return values
        joints = np.empty((len(raw), 3))
        joints[:, :2] = values[:2 * len(raw)].reshape(-1, 2) * image_size
        joints[:, 2] = values[2 * len(raw):]
        return Joints(joints, mean_score(joints[:, 2]))

    def other_fields(
            self,
            record: PoseRecord,
            image_size: Optional[Tuple[int, int]] = None) -> Dict[str, Any]:
        """What landmarks have besides, such as ``z``: a list of each."""
        names = {name for one in record.raw for name in one}
        return {
            name: [one.get(name) for one in record.raw]
            for name in sorted(names - {'x', 'y', 'visibility'})
        }

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Tell where a person keeps a coordinate."""
        return joint, 'xy'[axis]


def _people(content: Any) -> Iterator[Tuple[JsonPath, list]]:
    """Find the lists of landmarks below one of the known names."""
    field = _field_of(content)
    path, inner = (field, ), content[field]
    if isinstance(inner, dict):  # {"pose_landmarks": {"landmark": [...]}}
        field = _field_of(inner)
        path, inner = (*path, field), inner[field]
    if not isinstance(inner, (list, type(None))):
        raise ValueError(f'has a {field} that is no list')
    yield from _people_of_list(inner or [], path)


def _people_of_list(inner: list, path: JsonPath
                    ) -> Iterator[Tuple[JsonPath, list]]:
    """Landmarks of one person, or lists of them."""
    if inner and all(isinstance(one, list) for one in inner):
        yield from (((*path, i), one) for i, one in enumerate(inner))
    elif inner:
        yield path, inner


def _field_of(content: Any) -> str:
    names = content if isinstance(content, dict) else ()
    field = next((f for f in _FIELDS if f in names), None)
    if field is None:
        raise ValueError('must hold an object with one of ' +
                         ', '.join(_FIELDS))
    return field
