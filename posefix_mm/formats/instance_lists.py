"""People of images or frames in lists: mmpose's inferencers and their like."""
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..fileio import load_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import (
    IMAGE_FIELDS,
    category_of,
    image_id_of,
)
from .base import BadPose, Categories, FilePose, Joints, PoseEdit
from .file_head import FileHead
from .folders import list_folder
from .json_scanner import LIST_FIELDS, JsonPath
from .pose_folder import JsonPoseFolder, as_numbers, need_object, put_scores

#: Under which a frame is numbered, and its people are listed.
FRAME_FIELDS = ('frame_id', 'frame', 'frame_idx', 'frame_index',
                'frame_number', 'frame_i')
PEOPLE_FIELDS = ('instances', 'predictions', 'people', 'persons', 'poses',
                 'detections')
# Around all frames or people of a file.
_AROUND = ('instance_info', 'frames', 'predictions', 'results', 'annotations',
           'images')
_SCORE = ('score', 'confidence', 'visibility', 'likelihood', 'c', 'conf')
_SCORES = ('keypoint_scores', 'scores')
_POSE_SCORES = ('bbox_score', 'score', 'confidence')
_IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png')
_VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv', '.webm')


class _Frame(NamedTuple):
    """People of an image or frame: how it is called, and where they are."""

    number: int | None
    name: str | None
    path: JsonPath
    people: Any


class InstanceLists(JsonPoseFolder):
    """Files of people, one for each image, or one for the frames of a video.

    A person has ``keypoints``: pairs or triples, one list for each joint or
    one for all; ``keypoint_scores`` (or ``scores``) and ``bbox_score`` (or
    ``score``). A file is a list of people, whose image has its name; or a
    list of frames with ``frame_id`` (or the like; else their places) and
    ``instances`` (or the like), of the video that has its name: as mmpose's
    inferencers and demos (``meta_info`` and ``instance_info``), OpenPifPaf (a
    line for each frame) and ViTPose's tools write. Scores of 0 are absent
    joints.
    """

    name = 'instances'
    help = 'lists of people: mmpose, OpenPifPaf, ViTPose'
    priority = -1
    own_fields = frozenset(
        ('keypoints', 'keypoint_scores', 'bbox', 'bbox_score', 'scores'))

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Recognise frames, or people who name no image."""
        if path.name.endswith('.predictions.json') and not head.in_folder:
            return True
        if head.fields:
            return 'instance_info' in head.fields or _has_frames(
                head) or _is_nameless(head.element)
        return _is_nameless(head.element) or (
            head.opening == b'{' and bool(head.first_line)
            and is_frame(head.first_line))

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names in ``meta_info``, where there are any."""
        root, names = list_folder(path)
        try:
            content = load_json((root / names[0]).read_bytes())
            joints = content['meta_info']['keypoint_id2name']
            return [joints[str(i)] for i in range(len(joints))]
        except (ValueError, LookupError, TypeError):
            return None

    def find_poses(self, data: bytes, stem: str) -> Sequence[FilePose]:
        """Parse the JSON, or a line of it for each frame."""
        try:
            content = load_json(data)
        except ValueError:
            content = [load_json(line) for line in data.splitlines()
                       if line.strip()]
        return self.list_poses(content, stem)

    def list_poses(self, content: Any, stem: str) -> Sequence[FilePose]:
        """List the people of all frames of a file."""
        frames = list(_frames(content))
        numbers = [f.number for f in frames if f.number is not None]
        # mmpose's demos and OpenPifPaf count from 1, and list every frame
        first = int(numbers[:1] == [1] and 0 not in numbers
                    and _counts_from_1(content))
        poses = []
        for frame in frames:
            if not isinstance(frame.people, list | dict):
                raise ValueError('must hold lists of people with keypoints')
            image = _image(frame, stem, first)
            people = enumerate(frame.people) if isinstance(
                frame.people, list) else frame.people.items()
            poses += [FilePose(image, person, (*frame.path, place))
                      for place, person in people]
        return poses

    def read_joints(self, pose: FilePose) -> Joints:
        """Read ``keypoints`` of a person."""
        person = {} if isinstance(pose.raw, list) else need_object(
            pose.raw, 'a person')
        values = person.get('keypoints') if person is pose.raw else pose.raw
        if _all_are(values, dict):
            values = [[one.get('x'), one.get('y'),
                       first_of(one, _SCORE, 1)] for one in values]
        width = 3
        if _all_are(values, list) and len(set(map(len, values))) == 1:
            width = len(values[0])
            values = [v for one in values for v in one]
        scores = first_of(person, _SCORES)
        numbers = as_numbers(values, 'keypoints')
        if isinstance(scores, list) and len(numbers) == 2 * len(scores):
            width = 2
        if width not in (2, 3) or len(numbers) % width:
            raise BadPose('keypoint_count', 'keypoints must hold pairs or '
                          f'triples, got {len(numbers)} numbers')
        joints = numbers.reshape(-1, width)
        if person is not pose.raw:  # of easy_ViTPose: y, x, score
            joints = joints[:, [1, 0, *range(2, width)]]
        if scores is not None:
            joints = put_scores(joints, scores, 'keypoint_scores')
        elif width == 2:
            joints = np.insert(joints, 2, 1., axis=1)
        score = first_of(person, _POSE_SCORES)
        while isinstance(score, list) and len(score) == 1:
            score, = score
        if isinstance(score, bool) or not isinstance(score, int | float):
            score = None
        category = category_of(person)
        return Joints(joints, None if score is None else float(score),
                      1 if category is None else category)

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Path of a coordinate below a person."""
        if isinstance(raw, list):
            return joint, 1 - axis
        values = raw['keypoints']
        if isinstance(values[0], dict):
            return 'keypoints', joint, 'xy'[axis]
        if isinstance(values[0], list):
            return 'keypoints', joint, axis
        if any(len(values) == 2 * len(raw[n]) for n in _SCORES if n in raw):
            return 'keypoints', 2 * joint + axis
        return super().coordinate_path(joint, axis, raw)

    def edit(self, data: bytes, edits: Sequence[PoseEdit],
             dropped: Sequence[JsonPath]) -> bytes:
        """Splice new coordinates into the text, or into its lines."""
        try:
            load_json(data)
        except ValueError:
            pass
        else:
            return super().edit(data, edits, dropped)
        lines = data.splitlines(keepends=True)
        full = [i for i, line in enumerate(lines) if line.strip()]
        for number, line in enumerate(full):
            lines[line] = super().edit(
                lines[line],
                [e._replace(place=e.place[1:]) for e in edits
                 if e.place[0] == number],
                [place[1:] for place in dropped if place[0] == number])
        return b''.join(lines)


def _all_are(values: Any, kind: type) -> bool:
    return isinstance(values, list) and bool(values) and all(
        isinstance(one, kind) for one in values)


def first_of(content: dict, names: Sequence[str], default: Any = None) -> Any:
    """Value of the first of some fields that is there."""
    return next((content[n] for n in names if n in content), default)


def _frames(content: Any, path: JsonPath = ()) -> Iterator[_Frame]:
    """Find the lists of people below what a file holds."""
    if isinstance(content, dict):
        yield from _frames_of_object(content, path)
    elif not isinstance(content, list):
        raise ValueError('must hold a list of people, or of frames with '
                         'people')
    elif not any(map(is_frame, content)):
        yield _Frame(None, None, path, content)
    else:
        for place, frame in enumerate(content):
            if isinstance(frame, list):
                yield _Frame(place, None, (*path, place), frame)
            elif isinstance(frame, dict):
                yield _frame_of_list(frame, path, place)


def _frame_of_list(frame: dict, path: JsonPath, place: int) -> _Frame:
    field = next((f for f in PEOPLE_FIELDS if f in frame), None)
    if field is None and 'keypoints' not in frame:
        # easy_ViTPose: people by their numbers
        return _Frame(place, None, (*path, place), frame)
    number = _whole(first_of(frame, FRAME_FIELDS, place))
    name = next((frame[f] for f in IMAGE_FIELDS
                 if isinstance(frame.get(f), str)), None)
    if field is None:  # one person in each frame
        return _Frame(number, name, path, {place: frame})
    return _Frame(number, name, (*path, place, field), frame[field])


def _frames_of_object(content: dict, path: JsonPath) -> Iterator[_Frame]:
    field = next(
        (f for f in _AROUND if isinstance(content.get(f), list)), None)
    keypoints = content.get('keypoints')
    if field is None and isinstance(keypoints, list) and any(
            map(is_frame, keypoints)):
        field = 'keypoints'
    if field is not None:
        yield from _frames(content[field], (*path, field))
        return
    field = next((f for f in PEOPLE_FIELDS if f in content), None)
    if field is not None:  # a single frame
        number = first_of(content, FRAME_FIELDS)
        yield _Frame(None if number is None else _whole(number), None,
                     (*path, field), content[field])
        return
    lists = {k: v for k, v in content.items() if isinstance(v, list)}
    if not lists:
        raise ValueError('must hold lists of people with keypoints')
    for key, people in lists.items():  # by names or numbers
        number, name = (int(key), None) if key.isdecimal() else (None, key)
        yield _Frame(number, name, (*path, key), people)


def is_frame(item: Any) -> bool:
    """Whether an element of a list is a frame with people."""
    if not isinstance(item, dict):
        return isinstance(item, list)
    if any(f in item for f in (*PEOPLE_FIELDS, *FRAME_FIELDS)):
        return True
    return 'keypoints' not in item and all(
        isinstance(v, list) and k.isdecimal() for k, v in item.items())


def _has_frames(head: FileHead) -> bool:
    """Whether an object holds frames, or people by name or number."""
    for field in ('frames', 'keypoints', *PEOPLE_FIELDS):
        if field in head.fields and field not in LIST_FIELDS:
            return isinstance(head.first_of(field), dict | list)
    first = head.first_of(next(iter(head.fields)))
    return isinstance(first, dict) and 'keypoints' in first \
        and head.fields.keys().isdisjoint((*LIST_FIELDS, 'images'))


def _is_nameless(item: Any) -> bool:
    """Whether it is a frame, or a person who names no image."""
    if not isinstance(item, dict):
        return isinstance(item, list)
    has_keypoints = 'keypoints' in item
    if item and is_frame(item) and not (
            has_keypoints and image_id_of(item) is not None):
        return True
    return has_keypoints and item.keys().isdisjoint(IMAGE_FIELDS)


def _counts_from_1(content: Any) -> bool:
    return 'instance_info' in content if isinstance(content, dict) else any(
        isinstance(f, dict) and 'predictions' in f for f in content)


def _image(frame: _Frame, stem: str, first: int) -> ImageRef:
    if frame.name is not None:
        return ImageRef(file_name=frame.name)
    for end in ('.predictions', '.openpifpaf'):  # after the whole name
        stem = stem.removesuffix(end)
    suffix = Path(stem).suffix
    bare = stem.removesuffix(suffix)
    if frame.number is None:
        return ImageRef(
            stem=bare if suffix.lower() in _IMAGE_SUFFIXES else stem)
    return ImageRef(stem=bare if suffix.lower() in _VIDEO_SUFFIXES else
                    stem.removeprefix('results_'), frame=frame.number - first)


def _whole(number: Any) -> int:
    if isinstance(number, str) and number.strip().isdecimal():
        number = int(number)
    if not isinstance(number, int | float) or number % 1:
        raise ValueError(f'has a frame called {number!r:.40}')
    return int(number)
