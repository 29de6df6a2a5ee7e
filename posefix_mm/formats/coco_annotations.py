"""COCO keypoint annotations."""
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from ..fileio import write_json
from ..structures.image_ref import ImageRef
from .base import Categories
from .coco import category_joint_names, dicts_in, images_by_id
from .coco_results import CocoResultsFile
from .file_head import FileHead
from .json_scanner import find_fields, read_field
from .pose_list import PoseList, flat_lists


class CocoAnnotationsFile(CocoResultsFile):
    """An object with ``images``, ``annotations`` and ``categories``.

    Third values of keypoints are visibility flags: those that are 0 are
    absent and stay so, the others keep their flag. A score is not needed.
    """

    name = 'coco-annotations'
    help = 'COCO: images, annotations and categories'
    priority = -3
    holds_empty_images = True
    drops_duplicates = False
    flags = True
    own_fields = CocoResultsFile.own_fields | {'num_keypoints'}

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Recognise annotations."""
        return head.has_annotations

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names of the joints that the categories give, if they do."""
        return category_joint_names(cls.categories(path), categories)

    @classmethod
    def categories(cls, path: Path) -> list[dict]:
        """Categories that the file describes."""
        return dicts_in(dict(categories=read_field(path, 'categories')),
                        'categories')

    def find_list(self) -> int:
        """Read the images, and find where the annotations begin."""
        spans = find_fields(self.path)
        if 'annotations' not in spans:
            raise ValueError(f'{self.path} has no annotations; the format '
                             f'{self.name} needs them')
        self._listed = images_by_id(
            dict(images=read_field(self.path, 'images')))
        return spans['annotations'][0]

    def image_ref(self, key: int | str) -> ImageRef:
        """Look an image up in the list of images."""
        return self._listed.get(key, ImageRef(image_id=key))

    def images_without_poses(self) -> list[ImageRef]:
        """Images without annotations."""
        used = set(self.images)
        return [i for i in self._listed.values() if i not in used]

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write images, annotations and categories.

        Boxes and areas, where the source has none, are those of the present
        joints: mmpose and COCO's evaluation need them. Scores of joints become
        flags of 2.
        """
        ids = number_images(poses.images)
        areas = poses.boxes()[:, 2:].prod(1).tolist()
        first = [
            dict(area=area, iscrowd=0, **({} if score == 1 else
                                          dict(score=score)))
            for area, score in zip(areas, poses.scores.tolist(), strict=True)
        ]
        last = [dict(num_keypoints=n) for n in poses.visible.sum(1).tolist()]
        annotations = describe_poses(poses, ids, 2, first, last)
        if len({a['id'] for a in annotations
                if isinstance(a['id'], int)}) < len(annotations):
            for i, annotation in enumerate(annotations):
                annotation['id'] = i + 1
        write_json(out, dict(images=describe_images(poses.images, ids),
                             annotations=annotations,
                             categories=describe_categories(poses)))
        return poses.count_lost_keypoint_scores()


def number_images(images: list[ImageRef]) -> list[int]:
    """Ids of images: their own, or from 1 if any lacks one."""
    ids = [image.image_id for image in images]
    unique = None not in ids and len(set(ids)) == len(ids)
    return ids if unique else list(range(1, len(ids) + 1))


def describe_images(images: list[ImageRef],
                    ids: list[int]) -> list[dict[str, Any]]:
    """Describe images, whose names are known, as COCO's ``images``."""
    return [
        dict(id=image_id, file_name=image.need_name(),
             **({} if image.size is None else
                dict(width=image.size[0], height=image.size[1])))
        for image, image_id in zip(images, ids, strict=True)
    ]


def describe_poses(poses: PoseList, ids: list[int], flag: int,
                   first: list[dict], last: list[dict]) -> list[dict]:
    """Describe N poses as COCO's ``annotations``.

    Present joints get a ``flag`` where the source has scores. The source's
    fields replace the ``first`` ones, (N, ); ``last`` ones, (N, ), follow.
    """
    third = poses.keypoint_scores if poses.has_flags \
        else flag * poses.visible.astype(float)
    keypoints = flat_lists(np.dstack((poses.keypoints, third)))
    return [{
        'id': i + 1,
        'bbox': box,
        **first[i],
        **poses.fields[i],
        'image_id': ids[poses.image_index[i]],
        'category_id': int(poses.category_ids[i]),
        'keypoints': keypoints[i],
        **last[i]
    } for i, box in enumerate(poses.boxes().tolist())]


def describe_categories(poses: PoseList) -> list[dict[str, Any]]:
    """Describe the categories of poses as COCO's ``categories``."""
    return [
        dict(
            id=category,
            name='person' if category == 1 else f'category {category}',
            keypoints=list(poses.joint_names))
        for category in np.unique(poses.category_ids).tolist() or [1]
    ]
