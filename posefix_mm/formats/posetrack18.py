"""PoseTrack18: one JSON file for each video."""
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from ..fileio import load_json
from ..images.image_list import size_of
from ..structures.image_ref import ImageRef
from ..structures.pose_records import Problem, category_of, image_id_of
from .file_head import FileHead
from .folder_listing import list_folder
from .joint_maps import load_source_joints
from .json_pose_folder import JsonPoseFolder, as_numbers, mean_score
from .json_scanner import JsonPath
from .pose_folder import FoundPose, Joints

# What its images have and COCO's lack.
_VIDEO_FIELDS = {'vid_id', 'frame_id', 'nframes'}


class PoseTrack18Folder(JsonPoseFolder):
    """A folder with a JSON file for each video, or one such file.

    A file holds ``images``, ``annotations`` and ``categories`` as COCO does;
    ids of images count within their file. Annotations have x, y and a
    visibility, results a list of ``scores`` besides; ``track_id`` and all
    else stay as they are. A joint at 0, 0 is absent. See
    https://github.com/leonid-pishchulin/poseval.
    """

    name = 'posetrack18'
    help = 'PoseTrack18: JSON for each video'
    priority = -2
    holds_empty_images = True
    skeletons = ('posetrack18', )
    own_fields = JsonPoseFolder.own_fields | {'scores'}

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Tell by annotations in a folder, or of frames."""
        return head.has_annotations and (
            head.in_folder or not _VIDEO_FIELDS.isdisjoint(
                head.first_of('images') or ()))

    @classmethod
    def joint_names(
            cls,
            path: Path,
            categories: Optional[Sequence[int]] = None
    ) -> Optional[List[str]]:
        """Names of the joints: the first file's, else PoseTrack18's."""
        own = category_joint_names(cls.categories(path), categories)
        return own or load_source_joints('posetrack18').names

    @classmethod
    def categories(cls, path: Path) -> List[dict]:
        """Categories of the first file that describes any."""
        root, names = list_folder(path)
        for name in (n for n in names if n.endswith(cls.ending)):
            try:
                content = load_json((root / name).read_bytes())
            except ValueError:
                continue
            found = dicts_in(content, 'categories')
            if category_joint_names(found) is not None:
                return found
        return []

    def list_poses(self, content: Any, stem: str) -> Sequence[FoundPose]:
        """List the people of all images of a video."""
        poses = content.get('annotations') if isinstance(content, dict) \
            else None
        if not isinstance(poses, list):
            raise ValueError('must hold an object with images and '
                             'annotations, as of PoseTrack18')
        images = images_by_id(content.get('images'))
        return [
            _found(images, raw, place) for place, raw in enumerate(poses)
        ]

    def read_joints(
            self, raw: Any,
            image_size: Optional[Tuple[int, int]]) -> Union[Joints, Problem]:
        """Read ``keypoints`` and ``scores`` of a person."""
        values = as_numbers(raw.get('keypoints'), 'keypoints')
        if isinstance(values, Problem):
            return values
        if len(values) % 3:
            return Problem('keypoint_count', 'keypoints must hold x, y, '
                           f'score triples, got {len(values)} numbers')
        joints = values.reshape(-1, 3).copy()
        joints[(joints[:, :2] == 0).all(1)] = 0
        present = joints.any(1)
        if not raw.get('scores'):  # annotations have an empty list
            return _with_category(joints, 1., raw)
        scores = as_numbers(raw['scores'], 'scores')
        if isinstance(scores, Problem):
            return scores
        if len(scores) != len(joints):
            return Problem('keypoint_count', f'{len(scores)} scores for '
                           f'{len(joints)} keypoints')
        joints[:, 2] = np.where(present, scores, 0)
        return _with_category(joints, mean_score(joints[:, 2]), raw)

    def images_without_poses(self) -> List[ImageRef]:
        """Frames without annotations."""
        used, empty = set(self.images), []
        for name in self._members:
            try:
                content = load_json((self._root / name).read_bytes())
            except ValueError:
                continue
            if isinstance(content, dict):
                images = images_by_id(content.get('images')).values()
                empty += [i for i in images if i not in used]
        return empty

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Tell where a person keeps a coordinate."""
        return 'keypoints', 3 * joint + axis


def category_joint_names(
        categories: Sequence[dict],
        chosen: Optional[Sequence[int]] = None) -> Optional[List[str]]:
    """Names of the joints in the ``categories`` of a COCO-like file.

    Args:
        categories (Sequence[dict]): From :func:`dicts_in`.
        chosen (Sequence[int], optional): Ids of categories that count, None
            for all.

    Returns:
        List[str] | None: Of the first one that names any.
    """
    for category in categories:
        names = category.get('keypoints')
        if isinstance(names, list) and names \
                and all(isinstance(name, str) for name in names) \
                and (chosen is None or category_of(
                    dict(category_id=category.get('id'))) in chosen):
            return names
    return None


def dicts_in(content: Any, name: str) -> List[dict]:
    """Take the objects of a list in an object, whatever else is there."""
    values = content.get(name) if isinstance(content, dict) else None
    return [v for v in values if isinstance(v, dict)] \
        if isinstance(values, list) else []


def images_by_id(images: Any) -> Dict[Union[int, str], ImageRef]:
    """Read the ``images`` of a COCO-like file.

    Args:
        images (Any): A list of objects with ``id`` and ``file_name``, and
            maybe ``width`` and ``height``; elements that are not like that
            are left out.

    Returns:
        Dict[int | str, ImageRef]: Images by their id.
    """
    found = {}
    for image in dicts_in(dict(images=images), 'images'):
        image_id = image_id_of(dict(image_id=image.get('id')))
        if image_id is not None and isinstance(image.get('file_name'), str):
            found[image_id] = ImageRef(
                image_id, image['file_name'], size=size_of(image))
    return found


def _found(images: Dict[Union[int, str], ImageRef], raw: Any,
           place: int) -> FoundPose:
    path = ('annotations', place)
    if not isinstance(raw, dict):
        return FoundPose(
            None, raw, path,
            Problem('not_an_object',
                    f'an annotation must be an object, got {raw!r:.40}'))
    image_id = image_id_of(raw)
    if image_id not in images:
        return FoundPose(
            None, raw, path,
            Problem('image_id', f'image_id {raw.get("image_id")!r:.40} is not '
                    'among the images'))
    return FoundPose(images[image_id], raw, path)


def _with_category(joints: np.ndarray, score: float,
                   raw: dict) -> Union[Joints, Problem]:
    category = category_of(raw)
    if category is None:
        return Problem('category', 'category '
                       f'{raw.get("category_id")!r:.40} is not refined')
    return Joints(joints, score, category)
