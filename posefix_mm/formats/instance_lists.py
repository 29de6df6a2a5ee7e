"""People of images or frames in lists: mmpose's inferencers and their like."""
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..fileio import load_json
from ..images.image_finder import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from ..structures.image_ref import ImageRef
from ..structures.pose_records import (
    IMAGE_FIELDS,
    category_of,
    image_id_of,
    with_scores,
)
from .base import BadPose, Categories, FilePose, Joints, PoseEdit
from .file_head import FileHead
from .folders import name_in_folder
from .json_scanner import LINES_SUFFIXES, LIST_FIELDS, JsonPath
from .pose_folder import JsonPoseFolder, as_numbers, need_object, put_scores

#: Under which a frame is numbered, and its people are listed.
FRAME_FIELDS = ('frame_id', 'frame', 'frame_idx', 'frame_index',
                'frame_number', 'frame_i')
PEOPLE_FIELDS = ('instances', 'pred_instances', 'predictions', 'people',
                 'persons', 'humans', 'poses', 'detections', 'annotations',
                 'objects', 'outputs', 'results')
# Of which video a frame is.
_VIDEO_FIELDS = ('video', 'video_name', 'video_path', 'video_file')
# Around all frames or people of a file.
_AROUND = ('instance_info', 'frames', 'predictions', 'results', 'annotations',
           'images', 'data')
_SCORE = ('score', 'confidence', 'visibility', 'visible', 'likelihood', 'c',
          'conf', 'v')
_SCORES = ('keypoint_scores', 'scores', 'visible')
# So many numbers a joint may have; more are those of a pose.
_JOINT = 4
# What tools call the name of a point.
_NAMES = ('name', 'part', 'class', 'label')
_POSE_SCORES = ('bbox_score', 'score', 'confidence')


class _Frame(NamedTuple):
    """People of an image or frame: how it is called, and where they are."""

    number: int | None
    name: int | str | None
    path: JsonPath
    people: Any
    video: str | None = None
    #: The number as it is written, where it may be that of a picture.
    key: str | None = None


class _Bare(dict):
    """A pose that is no object of its own, as one, without other fields.

    ``axes`` tells the order of x and y.
    """

    axes = (0, 1)


class InstanceLists(JsonPoseFolder):
    """Files of people, one for each image, or one for the frames of a video.

    A person has ``keypoints``: pairs or triples, one list for each joint or
    one for all, objects with x and y, lists of each, or all by the names of
    joints; ``keypoint_scores`` (or ``scores``) and ``bbox_score`` (or
    ``score``). Poses of several people may be stacked in one ``keypoints``,
    and be bare lists of numbers, of which :func:`_depth` tells the kind. A
    file is a list of people, whose image has its name unless they name it; or
    a list of frames with ``frame_id`` (or the like; else their places) and
    ``instances`` (or the like), of the video that has its name: as mmpose's
    inferencers and demos (``meta_info`` and ``instance_info``), OpenPifPaf (a
    line for each frame) and ViTPose's tools write. Scores of 0 are absent
    joints.
    """

    name = 'instances'
    help = 'lists of people: mmpose, OpenPifPaf, ViTPose'
    other_endings = LINES_SUFFIXES
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
            head.in_folder and head.has_lines and 'keypoints' in head.element)

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names in ``meta_info`` or ``skeleton``, or those of the points."""
        found: dict[str, None] = {}
        for content in cls.peek(path):  # not every pose has every point
            names = _numbered_names(content)
            if names:
                return names
            with suppress(ValueError):  # as its poses will report
                poses = [raw for _, _, raw in _all_poses(content)]
                found.update((name, None) for raw in poses
                             for name in _point_names(raw))
                if poses and not found:
                    break
        return list(found) or None

    @cached_property
    def _joint_names(self) -> list[str]:
        return self.joint_names(self.path) or []

    @staticmethod
    def parse(data: bytes) -> Any:
        """Read the JSON, or a line of it for each frame or person."""
        try:
            return load_json(data)
        except ValueError:
            return [load_json(line) for line in data.splitlines()
                    if line.strip()]

    def list_poses(self, content: Any, stem: str) -> Sequence[FilePose]:
        """List the people of all frames of a file."""
        frames = list(_frames(content))
        numbers = [f.number for f in frames if f.number is not None]
        # mmpose's demos and OpenPifPaf count from 1, and list every frame
        first = int(numbers[:1] == [1] and 0 not in numbers
                    and _counts_from_1(content))
        return [FilePose(_image(frame, stem, first), raw, place)
                for frame, place, raw in _all_poses(content)]

    def read_joints(self, pose: FilePose) -> Joints:
        """Read ``keypoints`` of a person."""
        person = need_object(pose.raw, 'a person')
        values = person.get('keypoints')
        scores = first_of(person, _SCORES)
        if _is_columns(values):
            scores = first_of(values, (*_SCORES, *_SCORE), scores)
            values = list(map(list, zip(values['x'], values['y'],
                                        strict=False)))
        elif _point_names(person):
            points = _named_points(values)
            absent = [None] * _width_of(next(iter(points.values())))
            values = [points.get(name, absent) for name in self._joint_names]
        if isinstance(values, list):
            values = [[_place(one).get('x'), _place(one).get('y'),
                       _number(first_of(one, _SCORE, 1))]
                      if isinstance(one, dict) else one for one in values]
        width = 0
        if _all_are(values, list) and len(set(map(len, values))) == 1:
            width = len(values[0])
            values = [v for one in values for v in one]
        numbers = as_numbers(values, 'keypoints')
        width = width or self._flat_width(len(numbers), scores)
        if width not in (2, 3) or len(numbers) % width:
            raise BadPose('keypoint_count', 'keypoints must hold pairs or '
                          f'triples, got {len(numbers)} numbers')
        joints = numbers.reshape(-1, width)
        if isinstance(person, _Bare):
            joints = joints[:, [*person.axes, *range(2, width)]]
        if scores is not None and not isinstance(scores, int | float):
            joints = put_scores(joints, scores, 'keypoint_scores')
        joints = with_scores(joints)
        labels = self._labels(person, len(joints))
        if labels:
            some, joints = joints, np.zeros(
                (self.skeleton.joint_map.num_source, 3))
            joints[labels] = some
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
        values, name = raw['keypoints'], 'xy'[axis]
        around = () if isinstance(raw, _Bare) else ('keypoints', )
        if isinstance(raw, _Bare):
            axis = raw.axes[axis]
        if _is_columns(values):
            return *around, name, joint
        key: int | str = joint
        if _point_names(raw):
            key = self._joint_names[joint]
            if isinstance(values, list):
                key = list(_named_points(values)).index(key)
        labels = self._labels(raw, len(values))
        if labels:
            key = labels.index(joint)
        if isinstance(values[key], dict):
            nested = _place(values[key]) is not values[key]
            return *around, key, *['position'] * nested, name
        if isinstance(values[key], list):
            return *around, key, axis
        width = self._flat_width(len(values), first_of(raw, _SCORES))
        return *around, width * joint + axis

    def _labels(self, person: dict, count: int) -> list[int]:
        """Which joints the points of a person are, if some are left out."""
        labels, num_joints = person.get('labels'), \
            self.skeleton.joint_map.num_source
        return labels if _all_are(labels, int) and len(labels) == count \
            < num_joints and len({*labels} & {*range(num_joints)}) == count \
            else []

    def _flat_width(self, count: int, scores: Any) -> int:
        """Numbers of each joint, where one list has those of all."""
        num_joints = len(scores) if isinstance(scores, list) \
            else self.skeleton.joint_map.num_source
        return 2 if count == 2 * num_joints else 3

    def edit(self, data: bytes, edits: Sequence[PoseEdit],
             dropped: Sequence[JsonPath]) -> bytes:
        """Splice new coordinates into the text, or into its lines."""
        try:
            content = load_json(data)
        except ValueError:
            pass
        else:
            return super().edit(data, edits, [
                place for one in dropped for place in _parallel(content, one)])
        lines = data.splitlines(keepends=True)
        full = [i for i, line in enumerate(lines) if line.strip()]
        for number, line in enumerate(full):
            lines[line] = self.edit(
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


def _number(score: Any) -> Any:
    """A score; whether a point is visible is one as well."""
    return int(score) if isinstance(score, bool) else score


def _place(point: dict) -> dict:
    """What has the x and y of a point: PoseNet puts them in an object."""
    place = point.get('position')
    return place if isinstance(place, dict) else point


def _is_columns(values: Any) -> bool:
    """Whether keypoints are a list of each coordinate."""
    return isinstance(values, dict) and all(
        isinstance(values.get(axis), list) for axis in 'xy')


def _named_points(values: Any) -> dict[str, Any]:
    """Joints by name, where the keypoints name them."""
    if isinstance(values, dict):
        return {} if _is_columns(values) else values
    if not _all_are(values, dict):
        return {}
    points = {first_of(one, _NAMES): one for one in values
              if isinstance(first_of(one, _NAMES), str)}
    # not if it is what all points are, such as 'keypoint'
    return points if len(points) == len(values) else {}


def _are_points(values: Any) -> bool:
    """Whether keypoints are objects, or have names: those of one person."""
    points = values if isinstance(values, list) else [
        *_named_points(values).values()]
    return _is_columns(values) or bool(points) and all(
        'x' in _place(one) if isinstance(one, dict) else _depth(one) == -1
        for one in points)


def _point_names(raw: Any) -> list[str]:
    return list(_named_points(raw.get('keypoints'))) \
        if isinstance(raw, dict) else []


def _width_of(point: Any) -> int:
    return len(point) if isinstance(point, list) else 3


def _numbered_names(content: Any) -> list[str] | None:
    """Names of joints by their numbers: of mmpose, or of easy_ViTPose."""
    try:
        names = content['meta_info']['keypoint_id2name'] \
            if 'meta_info' in content else content['skeleton']
        return [str(names[str(i)]) for i in range(len(names))]
    except (LookupError, TypeError):
        return None


def _all_poses(content: Any) -> Iterator[tuple[_Frame, JsonPath, Any]]:
    """Go through the poses of all frames, with the place of each."""
    for frame in _frames(content):
        if not isinstance(frame.people, list | dict):
            raise ValueError('must hold lists of people with keypoints')
        people: Iterable[tuple[JsonPath, Any]]
        if _depth(frame.people) == 0 or 'keypoints' in frame.people:
            people = [((), frame.people)]  # one person, or a stack
        elif isinstance(frame.people, list):
            people = (((i, ), one) for i, one in enumerate(frame.people))
        elif all(isinstance(one, dict) or str(key).isdecimal()
                 for key, one in frame.people.items()):
            people = (((key, ), one) for key, one in frame.people.items())
        else:
            raise ValueError('must hold people with keypoints, got an object '
                             f'with {", ".join(map(repr, frame.people)):.80}')
        for place, person in people:
            # easy_ViTPose, people of a frame by their numbers: y before x
            numbered = isinstance(frame.people, dict) and not any(
                isinstance(key, str) for key in frame.path[-1:]) and any(
                isinstance(key, str) and key.isdecimal() for key in place)
            swapped = numbered or (
                isinstance(content, dict) and 'skeleton' in content)
            for path, raw in _poses_of(person, (*frame.path, *place)):
                if swapped and isinstance(person, list):
                    raw.axes = (1, 0)
                yield frame, path, raw


def _poses_of(person: Any, path: JsonPath) -> Iterator[tuple[JsonPath, Any]]:
    """One pose, or those that are stacked in one list."""
    values = person.get('keypoints') if isinstance(person, dict) else person
    stacked = _all_are(values, list) and _all_are(values[0], list)
    if isinstance(person, list):
        if not stacked or not isinstance(values[0][0], list):
            yield path, _Bare(keypoints=values)
            return
        person = {}
    elif not stacked or not isinstance(values[0][0], list):
        yield path, person
        return
    else:
        path = (*path, 'keypoints')
    for place, one in enumerate(values):
        fields = {name.replace('bboxes', 'bbox').removesuffix('s'): v[place]
                  for name, v in person.items()
                  if isinstance(v, list) and len(v) == len(values)}
        scores = first_of(person, _SCORES)
        if isinstance(scores, list) and len(scores) == len(values):
            scores = scores[place]
        fields.pop('keypoint', None)
        yield (*path, place), _Bare(fields, keypoints=one,
                                    keypoint_scores=scores)


def _parallel(content: Any, place: JsonPath) -> list[JsonPath]:
    """Where all is that goes with a pose: more lists beside a stack."""
    holder = content
    for key in place[:-2]:
        holder = holder[key]
    stack = holder.get('keypoints') if isinstance(holder, dict) else None
    if place[-2:-1] != ('keypoints', ) or not isinstance(
            stack[place[-1]], list):
        return [place]
    return [(*place[:-2], name, place[-1]) for name, values in holder.items()
            if isinstance(values, list) and len(values) == len(stack)]


def _depth(item: Any) -> int | None:
    """Tell lists of numbers: 0 is a pose, 1 poses of an image, 2 of frames.

    -1 is a joint; None if there are no numbers, or objects.
    """
    if not isinstance(item, list) or not item:
        return None
    if all(one is None or isinstance(one, int | float) for one in item):
        return 0 if len(item) > _JOINT else -1
    depths = (depth for depth in map(_depth, item) if depth is not None)
    return next((depth + 1 for depth in depths), None)


def _frames(content: Any, path: JsonPath = (),
            name: int | str | None = None) -> Iterator[_Frame]:
    """Find the lists of people below what a file holds.

    ``name`` is that of their image, if what is around them tells it.
    """
    if isinstance(content, dict):
        yield from _frames_of_object(content, path)
    elif not isinstance(content, list):
        raise ValueError('must hold a list of people, or of frames with '
                         'people')
    elif (_depth(content) or 0) > 2:
        raise ValueError('has lists in lists that are no joints of poses of '
                         'images of a video')
    elif _depth(content) in (0, 1):
        yield _Frame(None, name, path, content)
    elif any(map(is_frame, content)):
        for place, frame in enumerate(content):
            number = None if len(content) == 1 else place  # of an image
            if isinstance(frame, list) and any(
                    isinstance(person, dict)
                    and image_id_of(person) is not None for person in frame):
                yield from _frames(frame, (*path, place))
            elif isinstance(frame, list):
                yield _Frame(number, None, (*path, place), frame)
            elif isinstance(frame, dict):
                yield _frame_of_list(frame, path, place, number)
    elif any(image_id_of(person) is not None for person in content
             if isinstance(person, dict)):
        for place, person in enumerate(content):
            of_person = image_id_of(person) if isinstance(person, dict) \
                else None
            yield _Frame(None, of_person, path, {place: person})
    else:
        yield _Frame(None, name, path, content)


def _frame_of_list(frame: dict, path: JsonPath, place: int | str,
                   number: int | None) -> _Frame:
    name, given = image_id_of(frame), first_of(frame, FRAME_FIELDS)
    if isinstance(given, str) and given.lower().endswith(IMAGE_SUFFIXES):
        name, given = given, None
    if isinstance(name, int) and given is not None:
        name = None
    number = _whole(number if given is None else given)
    video = next((frame[f] for f in _VIDEO_FIELDS
                  if isinstance(frame.get(f), str)), None)
    field = _people_field(frame)
    if field is not None:
        return _Frame(number, name, (*path, place, field), frame[field], video)
    if 'keypoints' in frame:  # one person in each frame
        return _Frame(number, name, path, {place: frame}, video)
    # easy_ViTPose: people by their numbers
    return _Frame(number, None, (*path, place), frame)


def _people_field(frame: Any) -> str | None:
    """Under which field of a frame its people are."""
    if not isinstance(frame, dict):
        return None
    people = frame.get('keypoints')
    if _all_are(people, dict) and 'keypoints' in people[0]:
        return 'keypoints'
    return next((f for f in PEOPLE_FIELDS if f in frame), None)


def _frames_of_object(content: dict, path: JsonPath) -> Iterator[_Frame]:
    field = next(
        (f for f in _AROUND if isinstance(content.get(f), list)), None)
    keypoints = content.get('keypoints')
    if field is None and (_depth(keypoints) in (0, 1)
                          or _are_points(keypoints)):  # of a single image
        yield _Frame(None, image_id_of(content), path, content)
        return
    if field is None and isinstance(keypoints, list) and any(
            map(is_frame, keypoints)):
        field = 'keypoints'
    name = image_id_of(content)
    if field is not None:
        yield from _frames(content[field], (*path, field), name)
        return
    field = _people_field(content)
    if field is not None and _all_are(content[field], dict) and any(
            image_id_of(person) is not None for person in content[field]):
        yield from _frames(content[field], (*path, field))
        return
    if field is not None:  # a single frame
        yield _Frame(_whole(first_of(content, FRAME_FIELDS)), name,
                     (*path, field), content[field])
        return
    named = {k: v for k, v in content.items() if _holds_people(v)
             or v == []}
    if not named:
        raise ValueError('must hold lists of people with keypoints')
    for key, people in named.items():  # by names or numbers
        number, called = (int(key), None) if key.isdecimal() else (None, key)
        field = _people_field(people)
        yield _Frame(
            number, called, (*path, key) if field is None else
            (*path, key, field), people if field is None else people[field],
            key=key if called is None else None)


def _holds_people(value: Any) -> bool:
    """Whether a value is people, as of an image or frame."""
    if isinstance(value, dict):
        return 'keypoints' in value or _people_field(value) is not None
    first = next(iter(value), None) if isinstance(value, list) else None
    return isinstance(first, dict) and 'keypoints' in first \
        or _depth(value) in (0, 1)


def is_frame(item: Any) -> bool:
    """Whether an element of a list is a frame with people."""
    if not isinstance(item, dict):
        return isinstance(item, list)
    if any(f in item for f in (*PEOPLE_FIELDS, *FRAME_FIELDS)) \
            or _depth(item.get('keypoints')) == 1:  # a stack
        return True
    return 'keypoints' not in item and all(
        isinstance(v, list) and k.isdecimal() for k, v in item.items())


def _has_frames(head: FileHead) -> bool:
    """Whether an object holds frames, or people by name or number."""
    if 'keypoints' in head.fields:  # a person, a stack or frames
        return head.first_of('keypoints') is not None or _are_points(
            head.value_of('keypoints'))
    for field in ('frames', 'data', *PEOPLE_FIELDS):
        if field in head.fields and field not in LIST_FIELDS:
            return isinstance(head.first_of(field), dict | list)
    return head.fields.keys().isdisjoint((*LIST_FIELDS, 'images')) and any(
        _holds_people(head.value_of(field))
        for field in islice(head.fields, 5))


def _is_nameless(item: Any) -> bool:
    """Whether it is a frame, or a person who names no image.

    Or one whose keypoints are objects, which COCO's results have not.
    """
    if not isinstance(item, dict):
        return isinstance(item, list)
    has_keypoints, values = 'keypoints' in item, item.get('keypoints')
    if item and is_frame(item) and not (
            has_keypoints and image_id_of(item) is not None
            and _depth(values) != 1):
        return True
    return has_keypoints and (
        item.keys().isdisjoint(IMAGE_FIELDS) or isinstance(values, dict)
        or _all_are(values, dict))


def _counts_from_1(content: Any) -> bool:
    return 'instance_info' in content if isinstance(content, dict) else any(
        isinstance(f, dict) and 'predictions' in f for f in content)


def _image(frame: _Frame, stem: str, first: int) -> ImageRef:
    if frame.video is not None and frame.number is not None:
        return ImageRef(file_name=name_in_folder(frame.video),
                        frame=frame.number - first)
    if isinstance(frame.name, int):
        return ImageRef(frame.name)
    if frame.name is not None:
        return ImageRef(file_name=frame.name)
    # after the whole name
    for end in ('.predictions', '.openpifpaf', '.pifpaf'):
        stem = stem.removesuffix(end)
    suffix = Path(stem).suffix
    bare = stem.removesuffix(suffix)
    if frame.number is None:
        return ImageRef(
            stem=bare if suffix.lower() in IMAGE_SUFFIXES else stem)
    return ImageRef(frame.key, stem=bare if suffix.lower() in VIDEO_SUFFIXES
                    else stem.removeprefix('results_'),
                    frame=frame.number - first)


def _whole(number: Any) -> int | None:
    if number is None:
        return None
    if isinstance(number, str) and number.strip().isdecimal():
        number = int(number)
    if not isinstance(number, int | float) or number % 1:
        raise ValueError(f'has a frame called {number!r:.40}')
    return int(number)
