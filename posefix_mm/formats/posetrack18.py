"""PoseTrack18: one JSON file for each video."""
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from ..fileio import load_json, write_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import Problem, category_of, image_id_of
from .coco import category_joint_names, dicts_in, images_by_id
from .coco_annotations import (
    describe_categories,
    describe_images,
    number_images,
)
from .file_head import FileHead
from .folders import atomic_folder, list_folder
from .joint_maps import load_source_joints
from .json_pose_folder import JsonPoseFolder, as_numbers, mean_score
from .json_scanner import JsonPath
from .pose_folder import FoundPose, Joints
from .pose_list import NamedImage, PoseList, flat_lists

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

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a folder with a JSON file for each video.

        A video is the folder of its images; what was a frame of a video file
        stays in that file's video. Scores of joints go to ``scores``.

        Raises:
            ValueError: If an image has no name.
        """
        videos: Dict[str, List[int]] = defaultdict(list)
        for number, image in enumerate(poses.images):
            videos[_video_name(image)].append(number)
        ids = number_images(poses.images)
        annotations = _annotations(poses, ids)
        of_images = poses.of_images()
        with atomic_folder(out) as folder:
            for name, numbers in videos.items():
                images = describe_images([poses.images[n] for n in numbers],
                                         [ids[n] for n in numbers])
                content = dict(
                    images=[
                        dict(
                            image, vid_id=name, frame_id=image['id'],
                            is_labeled=True) for image in images
                    ],
                    annotations=[
                        annotations[index] for number in numbers
                        for index in of_images[number]
                    ],
                    categories=describe_categories(poses))
                write_json(folder / f'{name}.json', content)
        return Counter()

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


def _video_name(image: NamedImage) -> str:
    """Name of the video, without folders."""
    image.need_stem()  # names that climb are refused
    if image.frame is not None:
        return PurePosixPath(image.file_name or image.stem).stem
    return PurePosixPath(image.need_name()).parent.name or 'images'


def _annotations(poses: PoseList, ids: List[int]) -> List[Dict[str, Any]]:
    """Describe the poses; scores, where there are any, beside the joints."""
    triples, boxes = poses.triples(), poses.boxes().tolist()
    scores = poses.keypoint_scores.tolist()
    if not poses.has_flags:
        triples[..., 2] = poses.visible
    keypoints = flat_lists(triples)
    annotations = []
    for i in range(len(poses)):
        annotation = {
            'id': i + 1,
            'bbox': boxes[i],
            **poses.fields[i],
            'image_id': ids[poses.image_index[i]],
            'category_id': int(poses.category_ids[i]),
            'keypoints': keypoints[i],
        }
        if not poses.has_flags:
            annotation['scores'] = scores[i]
        if poses.scores[i] != 1:
            annotation['score'] = float(poses.scores[i])
        annotations.append(annotation)
    return annotations
