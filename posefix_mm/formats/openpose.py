"""Folders that OpenPose writes with ``--write_json``."""
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from ..fileio import write_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord
from .base import Categories, FilePose, ImageSize, Joints, SourceSkeleton
from .coco import dicts_in
from .file_head import FileHead
from .folders import atomic_folder, list_folder
from .joint_maps import load_source_joints
from .json_scanner import JsonPath
from .pose_folder import JsonPoseFolder, as_triples, need_object
from .pose_list import PoseList, flat_lists

# Skeletons of the whole body by their length, which identifies them.
_SKELETONS = {75: 'openpose_body25', 54: 'openpose_coco18', 78: 'halpe26',
              51: 'coco', 408: 'halpe136', 45: 'openpose_mpi15',
              399: 'coco_wholebody'}
# Of OpenPose, and of AlphaPose's `--format cmu`; joints of these and of
# OpenPose 1.0.
_LISTS = ('people', 'bodies')
_KEYPOINTS = ('pose_keypoints_2d', 'pose_keypoints', 'joints')
# Files without people are common; this many should have somebody.
_PEEKED_FILES = 10000
# As OpenPose 1.7 writes them.
_VERSION = 1.3
_PERSON_FIELDS = ('person_id', 'face_keypoints_2d', 'hand_left_keypoints_2d',
                  'hand_right_keypoints_2d', 'pose_keypoints_3d',
                  'face_keypoints_3d', 'hand_left_keypoints_3d',
                  'hand_right_keypoints_3d')


class OpenPoseFolder(JsonPoseFolder):
    """A folder of ``NAME_keypoints.json``, one for each image or frame.

    Pose2Sim, Sports2D and AlphaPose leave ``_keypoints`` out.
    ``people[].pose_keypoints_2d`` holds x, y (image pixels) and confidence
    of BODY_25, COCO's 18 joints with a neck, MPI's 15, COCO's 17 or 133, or
    Halpe's 26 or 136; a confidence of 0 is absent. One file of all images, by
    their names, is AlphaPose's (``--format open`` or ``cmu``). Hands, faces,
    3D poses and ids stay as they are. See OpenPose's ``doc/02_output.md``.
    """

    name = 'openpose'
    help = 'OpenPose: a folder of NAME_keypoints.json'
    priority = 2
    holds_empty_images = True
    skeletons = ('openpose_body25', 'openpose_coco18')
    default_joints = 'openpose_body25'
    ending = '_keypoints.json'
    own_fields = frozenset(_KEYPOINTS)

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        _, names = list_folder(Path(path))
        if not any(name.endswith(self.ending) for name in names):
            self.ending = '.json'
        super().__init__(path, skeleton)

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Recognise the names in a folder, or the list of people."""
        if any(name.endswith(cls.ending) for name in head.names):
            return True
        field = next((f for f in _LISTS if f in head.fields), None)
        if field is not None:
            person = head.first_of(field)
            return not isinstance(person, dict) or 'keypoints' not in person
        return bool(head.fields) and _lists_people(
            head.value_of(next(iter(head.fields))))

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names of the joints by the length of the first pose."""
        for content in islice(cls.peek(path), _PEEKED_FILES):
            for person in (person for one in (
                    content, *_by_name(content).values()) for field in _LISTS
                           for person in dicts_in(one, field)):
                values = person.get(_field_of(person))
                if isinstance(values, list) and len(values) in _SKELETONS:
                    return load_source_joints(_SKELETONS[len(values)]).names
        return super().joint_names(path, categories)

    def list_poses(self, content: Any, stem: str) -> Sequence[FilePose]:
        """List the people of one image, or of several by their names."""
        by_name = _by_name(content) if self.path.is_file() else {}
        if not by_name:
            field, people = _people(content)
            return [FilePose(ImageRef(stem=stem), person, (field, place))
                    for place, person in enumerate(people)]
        poses = []
        for name, one in by_name.items():
            field, people = _people(one)
            poses += [FilePose(ImageRef(file_name=name), person,
                               (name, field, place))
                      for place, person in enumerate(people)]
        return poses

    def read_joints(self, pose: FilePose) -> Joints:
        """Read ``pose_keypoints_2d`` of a person."""
        person = need_object(pose.raw, 'a person')
        field = _field_of(person)
        return Joints(as_triples(person.get(field), field,
                                 'x, y, confidence'))

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Path of a coordinate below a person."""
        return _field_of(raw), 3 * joint + axis

    def other_fields(self, record: PoseRecord,
                     image_size: ImageSize = None) -> dict[str, Any]:
        """Fields other than those that OpenPose writes without content."""
        fields = super().other_fields(record, image_size)
        return {k: v for k, v in fields.items() if v not in ([], [-1])}

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write ``NAME_keypoints.json`` for each image, also without people.

        Raises:
            ValueError: If two images have the same name without suffix.
        """
        keypoints = flat_lists(poses.triples())
        with atomic_folder(out) as folder:
            for stem, _, indices in poses.by_stem():
                people = [_person(keypoints[i], poses.fields[i])
                          for i in indices]
                write_json(folder / f'{stem}_keypoints.json',
                           dict(version=_VERSION, people=people))
        return poses.count_lost(_PERSON_FIELDS)


def _lists_people(content: Any) -> bool:
    return isinstance(content, dict) and any(
        isinstance(content.get(field), list) for field in _LISTS)


def _by_name(content: Any) -> dict[str, dict]:
    """What an object holds of images by their names."""
    images = content.items() if isinstance(content, dict) else ()
    return {name: one for name, one in images if _lists_people(one)}


def _people(content: Any) -> tuple[str, list]:
    """Name and value of the list of people."""
    if not _lists_people(content):
        raise ValueError('must hold an object with a list of people, as '
                         'OpenPose writes')
    field = next(f for f in _LISTS if isinstance(content.get(f), list))
    return field, content[field]


def _field_of(person: dict) -> str:
    """Where the joints of a person are."""
    return next((f for f in _KEYPOINTS if f in person), _KEYPOINTS[0])


def _person(keypoints: list, fields: dict[str, Any]) -> dict:
    """One person, with the fields that OpenPose always writes."""
    person = dict(person_id=[-1], pose_keypoints_2d=keypoints)
    person.update({name: [] for name in _PERSON_FIELDS[1:]})
    person.update({n: fields[n] for n in _PERSON_FIELDS if n in fields})
    return person
