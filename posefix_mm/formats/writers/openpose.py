"""Write a folder as OpenPose does."""
from collections import Counter
from pathlib import Path

from ...fileio import write_json
from ..atomic_folder import atomic_folder
from ..pose_list import PoseList, flat_lists
from .left_out import count_categories, count_fields, count_scores

# As OpenPose 1.7 writes them.
_VERSION = 1.3
_PERSON_FIELDS = ('person_id', 'face_keypoints_2d', 'hand_left_keypoints_2d',
                  'hand_right_keypoints_2d', 'pose_keypoints_3d',
                  'face_keypoints_3d', 'hand_left_keypoints_3d',
                  'hand_right_keypoints_3d')


def write_openpose(out: Path, poses: PoseList) -> Counter:
    """Write ``NAME_keypoints.json`` for each image, also without people.

    Raises:
        ValueError: If two images have the same name without suffix.
    """
    keypoints = flat_lists(poses.triples())
    with atomic_folder(out) as folder:
        for image, indices in zip(
                poses.images, poses.of_images(), strict=True):
            file = folder / f'{image.need_stem()}_keypoints.json'
            if file.exists():
                raise ValueError(f'two images are called {image.need_stem()} '
                                 'without their suffix')
            people = [_person(poses, i, keypoints[i]) for i in indices]
            write_json(file, dict(version=_VERSION, people=people))
    return (count_fields(poses, _PERSON_FIELDS) + count_scores(poses) +
            count_categories(poses))


def _person(poses: PoseList, index: int, keypoints: list) -> dict:
    """One person, with the fields that OpenPose always writes."""
    given = poses.fields[index]
    person = dict(person_id=[-1], pose_keypoints_2d=keypoints)
    person.update({name: [] for name in _PERSON_FIELDS[1:]})
    person.update({n: given[n] for n in _PERSON_FIELDS if n in given})
    return person
