"""People of images or frames in lists: mmpose's inferencers and their like."""
from pathlib import Path
from typing import (
    Any,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

import numpy as np

from ..fileio import load_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import (
    IMAGE_FIELDS,
    Problem,
    category_of,
    image_id_of,
)
from .file_head import FileHead
from .folders import list_folder
from .json_pose_folder import JsonPoseFolder, as_numbers, mean_score
from .json_scanner import LIST_FIELDS, JsonPath
from .pose_folder import FoundPose, Joints, PoseEdit

#: Under which a frame is numbered, and its people are listed.
FRAME_FIELDS = ('frame_id', 'frame', 'frame_idx', 'frame_index',
                'frame_number', 'frame_i')
PEOPLE_FIELDS = ('instances', 'predictions', 'people', 'persons', 'poses',
                 'detections')
# Around all frames or people of a file.
_AROUND = ('instance_info', 'frames', 'predictions', 'results', 'annotations',
           'images')
_SCORES = ('score', 'confidence', 'visibility', 'likelihood', 'c', 'conf')
_POSE_SCORES = ('bbox_score', 'score', 'confidence')


class _Frame(NamedTuple):
    """People of an image or frame: how it is called, and where they are."""

    number: Optional[int]
    name: Optional[str]
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
        """Tell by frames, or people who name no image."""
        if path.name.endswith('.predictions.json') and not head.in_folder:
            return True
        if head.fields:
            return 'instance_info' in head.fields or _has_frames(
                head) or _is_nameless(head.element)
        return _is_nameless(head.element) or (
            head.opening == b'{' and bool(head.first_line)
            and is_frame(head.first_line))

    @classmethod
    def joint_names(
            cls,
            path: Path,
            categories: Optional[Sequence[int]] = None
    ) -> Optional[List[str]]:
        """Names in ``meta_info``, where there are any."""
        root, names = list_folder(path)
        for name in names[:1]:
            try:
                content = load_json((root / name).read_bytes())
                given = content['meta_info']['keypoint_id2name']
                return [given[str(i)] for i in range(len(given))]
            except (ValueError, LookupError, TypeError):
                pass
        return None

    def find_poses(self, data: bytes, stem: str) -> Sequence[FoundPose]:
        """Parse the JSON, or a line of it for each frame."""
        try:
            content = load_json(data)
        except ValueError:
            content = _read_lines(data)
        return self.list_poses(content, stem)

    def list_poses(self, content: Any, stem: str) -> Sequence[FoundPose]:
        """List the people of all frames of a file."""
        frames = list(_frames(content))
        numbers = [f.number for f in frames if f.number is not None]
        # mmpose's demos and OpenPifPaf count from 1, and list every frame
        first = int(numbers[:1] == [1] and 0 not in numbers
                    and _counts_from_1(content))
        found = []
        for frame in frames:
            if not isinstance(frame.people, (list, dict)):
                raise ValueError('must hold lists of people with keypoints')
            image = _image(frame, stem, first)
            places = enumerate(frame.people) if isinstance(
                frame.people, list) else frame.people.items()
            for place, person in places:
                found.append(FoundPose(
                    image, person, (*frame.path, place),
                    None if isinstance(person, (dict, list)) else Problem(
                        'not_an_object', 'a person must be an object, got '
                        f'{person!r:.40}')))
        return found

    def read_joints(
            self, raw: Any,
            image_size: Optional[Tuple[int, int]]) -> Union[Joints, Problem]:
        """Read ``keypoints`` of a person."""
        values = _keypoints_of(raw)
        if isinstance(values, list) and values and all(
                isinstance(one, dict) for one in values):
            values = [[one.get('x'), one.get('y'), next(
                (one[n] for n in _SCORES if n in one), 1)] for one in values]
        width = 3
        if isinstance(values, list) and values and all(
                isinstance(one, list) and len(one) == len(values[0])
                for one in values):
            width = len(values[0])
            values = [v for one in values for v in one]
        scores = next((raw[n] for n in ('keypoint_scores', 'scores') if n in
                       raw), None) if isinstance(raw, dict) else None
        numbers = as_numbers(values, 'keypoints')
        if isinstance(numbers, Problem):
            return numbers
        if isinstance(scores, list) and len(numbers) == 2 * len(scores):
            width = 2
        if width not in (2, 3) or len(numbers) % width:
            return Problem('keypoint_count', 'keypoints must hold pairs or '
                           f'triples, got {len(numbers)} numbers')
        joints = numbers.reshape(-1, width)
        if isinstance(raw, list):  # of easy_ViTPose: y, x, score
            joints = joints[:, [1, 0, *range(2, width)]]
        if scores is not None:
            scores = as_numbers(scores, 'keypoint_scores')
            if isinstance(scores, Problem):
                return scores
            if len(scores) != len(joints):
                return Problem('keypoint_count', f'{len(scores)} scores for '
                               f'{len(joints)} keypoints')
            joints = np.column_stack((joints[:, :2], scores))
        elif width == 2:
            joints = np.insert(joints, 2, 1., axis=1)
        return _with_score(joints, raw if isinstance(raw, dict) else {})

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Tell where a person keeps a coordinate."""
        if isinstance(raw, list):
            return joint, 1 - axis
        values = raw['keypoints']
        if isinstance(values[0], dict):
            return 'keypoints', joint, 'xy'[axis]
        if isinstance(values[0], list):
            return 'keypoints', joint, axis
        pairs = any(len(values) == 2 * len(raw[n]) for n in
                    ('keypoint_scores', 'scores') if n in raw)
        return 'keypoints', (2 if pairs else 3) * joint + axis

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


def _read_lines(data: bytes) -> List[Any]:
    """Read JSON lines, as OpenPifPaf writes them."""
    lines = [line for line in data.splitlines() if line.strip()]
    return [load_json(line) for line in lines]


def _frames(content: Any, path: JsonPath = ()) -> Iterator[_Frame]:
    """Find the lists of people below what a file holds."""
    if isinstance(content, dict):
        yield from _frames_of_object(content, path)
        return
    if not isinstance(content, list):
        raise ValueError('must hold a list of people, or of frames with '
                         'people')
    if not any(map(is_frame, content)):
        yield _Frame(None, None, path, content)
        return
    for place, frame in enumerate(content):
        here = (*path, place)
        if isinstance(frame, list):
            yield _Frame(place, None, here, frame)
        elif isinstance(frame, dict):
            field = next((f for f in PEOPLE_FIELDS if f in frame), None)
            number = next(
                (frame[f] for f in FRAME_FIELDS if f in frame), place)
            name = next((frame[f] for f in IMAGE_FIELDS
                         if isinstance(frame.get(f), str)), None)
            if field is not None:
                yield _Frame(_whole(number), name, (*here, field),
                             frame[field])
            elif 'keypoints' in frame:  # one person in each frame
                yield _Frame(_whole(number), name, path, {place: frame})
            else:  # easy_ViTPose: people by their numbers
                yield _Frame(place, None, here, frame)


def _frames_of_object(content: dict, path: JsonPath) -> Iterator[_Frame]:
    field = next(
        (f for f in _AROUND if isinstance(content.get(f), list)), None)
    if field is not None:
        yield from _frames(content[field], (*path, field))
        return
    if isinstance(content.get('keypoints'), list) and any(
            map(is_frame, content['keypoints'])):
        yield from _frames(content['keypoints'], (*path, 'keypoints'))
        return
    if any(f in content for f in PEOPLE_FIELDS):  # a single frame
        field = next(f for f in PEOPLE_FIELDS if f in content)
        number = next((content[f] for f in FRAME_FIELDS if f in content), None)
        yield _Frame(None if number is None else _whole(number), None,
                     (*path, field), content[field])
        return
    lists = {k: v for k, v in content.items() if isinstance(v, list)}
    if not lists:
        raise ValueError('must hold lists of people with keypoints')
    for key, people in lists.items():  # by names or numbers
        number = int(key) if key.isdecimal() else None
        yield _Frame(number, None if key.isdecimal() else key, (*path, key),
                     people)


def is_frame(item: Any) -> bool:
    """Whether an element of a list is a frame with people."""
    if isinstance(item, list):
        return True
    if not isinstance(item, dict):
        return False
    if any(f in item for f in (*PEOPLE_FIELDS, *FRAME_FIELDS)):
        return True
    return 'keypoints' not in item and all(
        isinstance(v, list) and k.isdecimal() for k, v in item.items())


def _has_frames(head: FileHead) -> bool:
    """Whether an object holds frames, or people by name or number."""
    for field in ('frames', 'keypoints', *PEOPLE_FIELDS):
        if field in head.fields and field not in LIST_FIELDS:
            return isinstance(head.first_of(field), (dict, list))
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
    if frame.number is None:
        return ImageRef(stem=str(Path(stem).with_suffix(''))
                        if Path(stem).suffix.lower() in ('.jpg', '.jpeg',
                                                         '.png') else stem)
    return ImageRef(
        stem=str(Path(stem).with_suffix('')) if Path(stem).suffix.lower() in (
            '.mp4', '.avi', '.mov', '.mkv', '.webm') else
        stem.removeprefix('results_'), frame=frame.number - first)


def _whole(number: Any) -> int:
    if isinstance(number, str) and number.strip().isdecimal():
        number = int(number)
    if not isinstance(number, (int, float)) or number != int(number):
        raise ValueError(f'has a frame called {number!r:.40}')
    return int(number)


def _keypoints_of(raw: Any) -> Any:
    return raw.get('keypoints') if isinstance(raw, dict) else raw


def _with_score(joints: np.ndarray, raw: Dict[str, Any]
                ) -> Union[Joints, Problem]:
    """Add score and category of a person."""
    score = next((raw[n] for n in _POSE_SCORES if n in raw), None)
    while isinstance(score, list) and len(score) == 1:
        score, = score
    if isinstance(score, bool) or not isinstance(score, (int, float)):
        score = mean_score(joints[:, 2])
    category = category_of(raw)
    return Joints(joints, float(score), 1 if category is None else category)
