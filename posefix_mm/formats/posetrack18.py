"""PoseTrack18: one JSON file for each video."""
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ..fileio import write_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import category_of, image_id_of
from .base import BadPose, Categories, FilePose, Joints
from .coco import category_joint_names, dicts_in, images_by_id
from .coco_annotations import (
    describe_categories,
    describe_images,
    describe_poses,
    number_images,
)
from .file_head import FileHead
from .folders import atomic_folder
from .pose_folder import (
    JsonPoseFolder,
    as_triples,
    need_object,
    put_scores,
    read_or_none,
)
from .pose_list import PoseList

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
    default_joints = 'posetrack18'
    own_fields = JsonPoseFolder.own_fields | {'scores'}

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Recognise annotations in a folder, or of frames."""
        return head.has_annotations and (
            head.in_folder or not _VIDEO_FIELDS.isdisjoint(
                head.first_of('images') or ()))

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names of the joints: the first file's, else PoseTrack18's."""
        return category_joint_names(cls.categories(path), categories) \
            or super().joint_names(path, categories)

    @classmethod
    def categories(cls, path: Path) -> list[dict]:
        """Categories of the first file that describes any."""
        for content in cls.peek(path):
            categories = dicts_in(content, 'categories')
            if category_joint_names(categories) is not None:
                return categories
        return []

    def list_poses(self, content: Any, stem: str) -> Sequence[FilePose]:
        """List the people of all images of a video."""
        poses = content.get('annotations') if isinstance(content, dict) \
            else None
        if not isinstance(poses, list):
            raise ValueError('must hold an object with images and '
                             'annotations, as of PoseTrack18')
        images = images_by_id(content)
        return [
            FilePose(images.get(image_id_of(raw)) if isinstance(raw, dict)
                     else None, raw, ('annotations', place))
            for place, raw in enumerate(poses)
        ]

    def read_joints(self, pose: FilePose) -> Joints:
        """Read ``keypoints`` and ``scores`` of a person."""
        raw, score = need_object(pose.raw, 'an annotation'), 1.
        if pose.image is None:
            raise BadPose('image_id', f'image_id {raw.get("image_id")!r:.40} '
                          'is not among the images')
        joints = as_triples(raw.get('keypoints'), 'keypoints', 'x, y, score')
        joints[(joints[:, :2] == 0).all(1)] = 0
        if raw.get('scores'):  # annotations have an empty list
            present = joints.any(1)
            joints = put_scores(joints, raw['scores'], 'scores')
            joints[~present, 2] = 0
            score = None
        category = category_of(raw)
        if category is None:
            raise BadPose('category', 'category '
                          f'{raw.get("category_id")!r:.40} is not refined')
        return Joints(joints, score, category)

    def images_without_poses(self) -> list[ImageRef]:
        """Frames without annotations."""
        used = set(self.images)
        contents = (read_or_none(self._root / n) for n in self._members)
        return [image for content in contents
                for image in images_by_id(content).values()
                if image not in used]

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a folder with a JSON file for each video.

        A video is the folder of its images; what was a frame of a video file
        stays in that file's video. Scores of joints go to ``scores``.

        Raises:
            ValueError: If an image has no name.
        """
        videos: dict[str, list[int]] = defaultdict(list)
        for number, image in enumerate(poses.images):
            videos[_video_name(image)].append(number)
        ids = number_images(poses.images)
        # scores, where there are any, stand beside the joints
        last = [
            {**({} if poses.has_flags else dict(scores=scores)),
             **({} if score == 1 else dict(score=score))}
            for scores, score in zip(poses.keypoint_scores.tolist(),
                                     poses.scores.tolist(), strict=True)
        ]
        annotations = describe_poses(poses, ids, 1, [{}] * len(poses), last)
        people = [[annotations[i] for i in indices]
                  for _, indices in poses.by_image()]
        images = describe_images(poses.images, ids)
        with atomic_folder(out) as folder:
            for name, numbers in videos.items():
                write_json(folder / f'{name}.json', dict(
                    images=[dict(images[n], vid_id=name, frame_id=ids[n],
                                 is_labeled=True) for n in numbers],
                    annotations=[one for n in numbers for one in people[n]],
                    categories=describe_categories(poses)))
        return Counter()


def _video_name(image: ImageRef) -> str:
    """Name of the video, without folders."""
    image.need_stem()  # names that climb are refused
    if image.frame is not None:
        return PurePosixPath(image.file_name or image.stem).stem
    return PurePosixPath(image.need_name()).parent.name or 'images'
