"""COCO keypoint annotations."""
from pathlib import Path
from typing import Any, Hashable, List, Optional, Sequence, Tuple

import numpy as np

from ..fileio import load_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, as_joints, parse_pose_record
from .base import SourceSkeleton
from .coco_results import CocoResultsFile, read_header
from .file_head import FileHead
from .json_list_file import JsonListFile
from .json_scanner import find_fields, read_field
from .posetrack18 import category_joint_names, dicts_in, images_by_id


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
