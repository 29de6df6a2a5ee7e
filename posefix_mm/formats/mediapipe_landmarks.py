"""JSON exports of MediaPipe's pose landmarks."""
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, image_id_of
from .base import BadPose, FilePose, ImageSize, Joints
from .file_head import FileHead
from .instance_lists import FRAME_FIELDS, first_of
from .json_scanner import JsonPath
from .pose_folder import JsonPoseFolder, as_numbers

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
    default_joints = 'mediapipe33'

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Recognise the names of landmarks, or lists of x and y."""
        inner = head.element
        if isinstance(inner, dict):
            return not inner.keys().isdisjoint(_FIELDS)
        while isinstance(inner, list) and inner:
            inner = inner[0]
        return not head.fields.keys().isdisjoint(_FIELDS) or (
            isinstance(inner, dict) and {'x', 'y'} <= inner.keys())

    def is_relative(self, raw: Any) -> bool:
        """Coordinates are always fractions."""
        return True

    def list_poses(self, content: Any, stem: str) -> Sequence[FilePose]:
        """List the people of one image, or of the frames of a video."""
        if not isinstance(content, list):
            image = ImageRef(stem=stem)
            return [FilePose(image, landmarks, path)
                    for path, landmarks in _people(content)]
        poses = []
        for place, frame in enumerate(content):
            if not isinstance(frame, dict | list | None):
                raise ValueError(f'has a frame that is {frame!r:.40}')
            number, name, people = place, None, _people_of_list(frame or [])
            if isinstance(frame, dict):
                number = first_of(frame, FRAME_FIELDS, place)
                name, people = image_id_of(frame), _people(frame)
            if type(number) is not int:
                raise ValueError(f'has a frame called {number!r:.40}')
            image = ImageRef(file_name=name) if isinstance(name, str) \
                else ImageRef(stem=stem, frame=number)
            poses += [FilePose(image, landmarks, (place, *path))
                      for path, landmarks in people]
        return poses

    def read_joints(self, pose: FilePose) -> Joints:
        """Read the landmarks of a person."""
        landmarks = pose.raw
        if not all(isinstance(one, dict) for one in landmarks):
            raise BadPose('keypoints', 'landmarks must be objects')
        return Joints(as_numbers(
            [value for one in landmarks
             for value in (one.get('x'), one.get('y'),
                           one.get('visibility', 1.))],
            'landmarks').reshape(-1, 3))

    def other_fields(self, record: PoseRecord,
                     image_size: ImageSize = None) -> dict[str, Any]:
        """What landmarks have besides, such as ``z``: a list of each."""
        names = {name for one in record.raw for name in one}
        return {
            name: [one.get(name) for one in record.raw]
            for name in sorted(names - {'x', 'y', 'visibility'})
        }

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Path of a coordinate below a person."""
        return joint, 'xy'[axis]


def _people(content: Any) -> Iterator[tuple[JsonPath, list]]:
    field = _field_of(content)
    path, inner = (field, ), content[field]
    if isinstance(inner, dict):  # {"pose_landmarks": {"landmark": [...]}}
        field = _field_of(inner)
        path, inner = (*path, field), inner[field]
    if not isinstance(inner, list | None):
        raise ValueError(f'has a {field} that is no list')
    yield from _people_of_list(inner or [], path)


def _people_of_list(inner: list, path: JsonPath = ()
                    ) -> Iterator[tuple[JsonPath, list]]:
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
