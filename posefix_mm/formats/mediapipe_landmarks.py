"""JSON exports of MediaPipe's pose landmarks."""
from collections.abc import Iterator, Sequence
from functools import cached_property
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
# Around all frames of a video.
_AROUND = ('frames', 'results', 'data')


class MediapipeLandmarks(JsonPoseFolder):
    """A folder of JSON files of MediaPipe Pose, one for each image or video.

    Either ``{"landmark": [{"x", "y", "z", "visibility"}, ...]}`` of one
    person, as ``MessageToDict`` writes, or ``{"pose_landmarks": [[...],
    ...]}`` of several, as of the tasks API; a landmark may be a list of x, y,
    z and visibility, a person an object of landmarks by name. Frames of a
    video are a list, or an object by their numbers. x and y are fractions of
    the image's size; z, world landmarks and all else stay as they are.
    """

    name = 'mediapipe'
    help = 'MediaPipe: pose landmarks as JSON'
    default_joints = 'mediapipe33'

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Recognise the names of landmarks, or lists of x and y."""
        inner = head.element
        around = next((f for f in _AROUND if f in head.fields), None)
        if around is not None:
            inner = head.first_of(around)
        if isinstance(inner, dict):
            return not inner.keys().isdisjoint(_FIELDS)
        number = next(iter(head.fields), '')
        if number.isdecimal():  # of a frame
            inner = head.value_of(number)
        while isinstance(inner, list) and inner:
            inner = inner[0]
        return not head.fields.keys().isdisjoint(_FIELDS) or (
            isinstance(inner, dict) and ({'x', 'y'} <= inner.keys() or (
                number.isdecimal() and not inner.keys().isdisjoint(_FIELDS))))

    @cached_property
    def _joint_names(self) -> list[str]:
        return self.joint_names(self.path) or []

    def is_relative(self, raw: Any) -> bool:
        """Coordinates are always fractions."""
        return True

    def list_poses(self, content: Any, stem: str) -> Sequence[FilePose]:
        """List the people of one image, or of the frames of a video."""
        around: JsonPath = ()
        if isinstance(content, dict):
            around = tuple(f for f in _AROUND if isinstance(
                content.get(f), list) and f in content)[:1]
            content = content[around[0]] if around else content
        numbered = isinstance(content, dict) and content and all(
            key.isdecimal() for key in content)
        if not isinstance(content, list) and not numbered:
            image = ImageRef(stem=stem)
            return [FilePose(image, landmarks, path)
                    for path, landmarks in _people(content)]
        poses = []
        for key, frame in content.items() if numbered else enumerate(content):
            place = int(key)
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
            poses += [FilePose(image, landmarks, (*around, key, *path))
                      for path, landmarks in people]
        return poses

    def read_joints(self, pose: FilePose) -> Joints:
        """Read the landmarks of a person."""
        landmarks = pose.raw
        if isinstance(landmarks, dict):
            by_name = {name.lower(): one for name, one in landmarks.items()}
            landmarks = [by_name.get(name, {})
                         for name in self._joint_names]
        if not all(isinstance(one, dict | list) for one in landmarks):
            raise BadPose('keypoints', 'landmarks must be objects or lists')
        return Joints(as_numbers(
            [value for one in landmarks for value in (
                (one.get('x'), one.get('y'), one.get('visibility', 1.))
                if isinstance(one, dict) else
                (*one, None, None, 1., 1.)[:2] + (*one[3:4], 1.)[:1])],
            'landmarks').reshape(-1, 3))

    def other_fields(self, record: PoseRecord,
                     image_size: ImageSize = None) -> dict[str, Any]:
        """What landmarks have besides, such as ``z``: a list of each."""
        points = record.raw if isinstance(record.raw, list) else []
        points = [one for one in points if isinstance(one, dict)]
        names = {name for one in points for name in one}
        return {
            name: [one.get(name) for one in points]
            for name in sorted(names - {'x', 'y', 'visibility'})
        }

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Path of a coordinate below a person."""
        key: int | str = joint
        if isinstance(raw, dict):
            key = next(name for name in raw
                       if name.lower() == self._joint_names[joint])
        return key, axis if isinstance(raw[key], list) else 'xy'[axis]


def _people(content: Any) -> Iterator[tuple[JsonPath, list]]:
    field = _field_of(content)
    path, inner = (field, ), content[field]
    if isinstance(inner, dict):  # {"pose_landmarks": {"landmark": [...]}}
        field = next((f for f in _FIELDS if f in inner), None)
        if field is None:  # by names
            yield path, inner
            return
        path, inner = (*path, field), inner[field]
    if not isinstance(inner, list | None):
        raise ValueError(f'has a {field} that is no list')
    yield from _people_of_list(inner or [], path)


def _people_of_list(inner: list, path: JsonPath = ()
                    ) -> Iterator[tuple[JsonPath, list]]:
    if inner and all(isinstance(one, list) and not isinstance(
            next(iter(one), None), int | float) for one in inner):
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
