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
from .pose_folder import JsonPoseFolder, as_triples, need_object
from .pose_list import PoseList, flat_lists

# Skeletons of the whole body by their length, which identifies them.
_SKELETONS = {75: 'openpose_body25', 54: 'openpose_coco18', 78: 'halpe26',
              51: 'coco', 408: 'halpe136'}
# Files without people are common; somebody should come in so many.
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
    of BODY_25, COCO's 18 joints with a neck, COCO's 17 or Halpe's 26 or 136;
    a confidence of 0 is absent. Hands, faces, 3D
    poses and ids stay as they are. See OpenPose's ``doc/02_output.md``.
    """

    name = 'openpose'
    help = 'OpenPose: a folder of NAME_keypoints.json'
    priority = 2
    holds_empty_images = True
    skeletons = ('openpose_body25', 'openpose_coco18')
    default_joints = 'openpose_body25'
    ending = '_keypoints.json'
    keypoints_field = 'pose_keypoints_2d'
    own_fields = frozenset(('pose_keypoints_2d', ))

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        _, names = list_folder(Path(path))
        if not any(name.endswith(self.ending) for name in names):
            self.ending = '.json'
        super().__init__(path, skeleton)

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Recognise the names in a folder, or the list of people."""
        return any(name.endswith(cls.ending)
                   for name in head.names) or 'people' in head.fields

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names of the joints by the length of the first pose."""
        for content in islice(cls.peek(path), _PEEKED_FILES):
            for person in dicts_in(content, 'people'):
                values = person.get(cls.keypoints_field)
                if isinstance(values, list) and len(values) in _SKELETONS:
                    return load_source_joints(_SKELETONS[len(values)]).names
        return super().joint_names(path, categories)

    def list_poses(self, content: Any, stem: str) -> Sequence[FilePose]:
        """List the people of one image."""
        people = content.get('people') if isinstance(content, dict) else None
        if not isinstance(people, list):
            raise ValueError('must hold an object with a list of people, as '
                             'OpenPose writes')
        image = ImageRef(stem=stem)
        return [FilePose(image, person, ('people', place))
                for place, person in enumerate(people)]

    def read_joints(self, pose: FilePose) -> Joints:
        """Read ``pose_keypoints_2d`` of a person."""
        person = need_object(pose.raw, 'a person')
        return Joints(as_triples(person.get(self.keypoints_field),
                                 self.keypoints_field, 'x, y, confidence'))

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


def _person(keypoints: list, fields: dict[str, Any]) -> dict:
    """One person, with the fields that OpenPose always writes."""
    person = dict(person_id=[-1], pose_keypoints_2d=keypoints)
    person.update({name: [] for name in _PERSON_FIELDS[1:]})
    person.update({n: fields[n] for n in _PERSON_FIELDS if n in fields})
    return person
