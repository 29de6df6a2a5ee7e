"""COCO keypoint annotations."""
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Hashable, List, Optional, Sequence, Tuple

import numpy as np

from ..fileio import load_json, write_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, as_joints, parse_pose_record
from .base import SourceSkeleton
from .coco import category_joint_names, dicts_in, images_by_id
from .coco_results import CocoResultsFile, read_header
from .file_head import FileHead
from .json_list_file import JsonListFile
from .json_scanner import find_fields, read_field
from .pose_list import NamedImage, PoseList, count_keypoint_scores, flat_lists


class CocoAnnotationsFile(JsonListFile):
    """An object with ``images``, ``annotations`` and ``categories``.

    Third values of keypoints are visibility flags: those that are 0 are
    absent and stay so, the others keep their flag. A score is not needed.
    """

    name = 'coco-annotations'
    help = 'COCO: images, annotations and categories'
    priority = -3
    holds_empty_images = True
    own_fields = CocoResultsFile.own_fields | {'num_keypoints'}

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        path = Path(path)
        spans = find_fields(path)
        if 'annotations' not in spans:
            raise ValueError(f'{path} has no annotations; the format '
                             f'{self.name} needs them')
        self._images = images_by_id(read_field(path, 'images'))
        super().__init__(path, skeleton, begin=spans['annotations'][0])

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Tell by the annotations."""
        return head.has_annotations

    @classmethod
    def joint_names(
            cls,
            path: Path,
            categories: Optional[Sequence[int]] = None
    ) -> Optional[List[str]]:
        """Names of the joints that the file gives, if it does."""
        return category_joint_names(cls.categories(path), categories)

    @classmethod
    def categories(cls, path: Path) -> List[dict]:
        """Categories that the file describes."""
        given = read_field(path, 'categories')
        return dicts_in(dict(categories=given), 'categories')

    def images_without_poses(self) -> List[ImageRef]:
        """Images without annotations."""
        used = set(self.images)
        return [i for i in self._images.values() if i not in used]

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write images, annotations and categories.

        Boxes and areas, where the source has none, are those of the present
        joints: mmpose and COCO's evaluation need them. Scores of joints become
        flags of 2.
        """
        lost = count_keypoint_scores(poses)
        flags = poses.keypoint_scores if poses.has_flags \
            else 2 * poses.visible.astype(float)
        triples = np.concatenate((poses.keypoints, flags[..., None]), -1)
        keypoints = flat_lists(triples)
        boxes = poses.boxes()
        ids = number_images(poses.images)
        annotations = [{
            'id': i + 1,
            'bbox': boxes[i].tolist(),
            'area': float(boxes[i, 2:].prod()),
            'iscrowd': 0,
            **_with_score(poses, i),
            'image_id': ids[poses.image_index[i]],
            'category_id': int(poses.category_ids[i]),
            'keypoints': keypoints[i],
            'num_keypoints': int(poses.visible[i].sum()),
        } for i in range(len(poses))]
        if len({a['id'] for a in annotations
                if isinstance(a['id'], int)}) < len(annotations):
            for i, annotation in enumerate(annotations):
                annotation['id'] = i + 1
        write_json(
            out,
            dict(
                images=describe_images(poses.images, ids),
                annotations=annotations,
                categories=describe_categories(poses)))
        return lost

    def header(self, raw: bytes) -> Tuple[Optional[Hashable], Optional[int]]:
        """Take the image's id and the category."""
        return read_header(raw)

    def image_ref(self, key: Hashable) -> ImageRef:
        """Look an image up in the list of images."""
        return self._images.get(key, ImageRef(image_id=key))

    def parse(self, index: int, value: Any) -> PoseRecord:
        """Check an annotation."""
        joint_map = self.skeleton.joint_map
        return parse_pose_record(index, value, len(joint_map.places),
                                 self.skeleton.categories, joint_map,
                                 flags=True)

    def edit(self, raw: bytes, refined: np.ndarray) -> bytes:
        """Move the keypoints that are annotated."""
        value = load_json(raw)
        record = self.parse(0, value)
        given = as_joints(value['keypoints'],
                          self.skeleton.joint_map.num_source)
        given = self.skeleton.joint_map.take(given[:, :2])
        target = np.where(record.visible[:, None], refined, given)
        return super().edit(raw, target.astype(np.float32))


def number_images(images: List[NamedImage]) -> List[int]:
    """Ids of images: their own, or from 1 if any lacks one."""
    ids = [image.image_id for image in images]
    unique = None not in ids and len(set(ids)) == len(ids)
    return ids if unique else list(range(1, len(ids) + 1))


def describe_images(images: List[NamedImage],
                    ids: List[int]) -> List[Dict[str, Any]]:
    """Describe images as COCO's ``images``.

    Args:
        images (List[NamedImage]): The images, whose names are known.
        ids (List[int]): Their ids.

    Returns:
        List[Dict[str, Any]]: ``id`` and ``file_name``; ``width`` and
        ``height`` where they are known.
    """
    described = []
    for image, image_id in zip(images, ids, strict=True):
        more = {} if image.size is None else dict(
            zip(('width', 'height'), image.size, strict=True))
        described.append(
            dict(id=image_id, file_name=image.need_name(), **more))
    return described


def describe_categories(poses: PoseList) -> List[Dict[str, Any]]:
    """Describe the categories of poses as COCO's ``categories``."""
    return [
        dict(
            id=category,
            name='person' if category == 1 else f'category {category}',
            keypoints=list(poses.joint_names))
        for category in np.unique(poses.category_ids).tolist() or [1]
    ]


def _with_score(poses: PoseList, index: int) -> Dict[str, Any]:
    """Other fields, and the score if there is one."""
    score = float(poses.scores[index])
    own = {} if score == 1 else dict(score=score)
    return {**own, **poses.fields[index]}
