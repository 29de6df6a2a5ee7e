"""COCO keypoint annotations."""
from pathlib import Path
from typing import Any, Hashable, List, Optional, Sequence

import numpy as np
import orjson

from ..datasets.pose_records import PoseRecord, parse_pose_record
from .base import ImageRef, SourceSkeleton
from .coco_results import CocoResultsFile, read_image_id
from .json_fields import find_fields
from .json_list_file import JsonListFile
from .json_splice import load_json
from .posetrack18 import category_joint_names, images_by_id


class CocoAnnotationsFile(JsonListFile):
    """An object with ``images``, ``annotations`` and ``categories``.

    Third values of keypoints are visibility flags: those that are 0 are
    absent and stay so, the others keep their flag. A score is not needed.
    """

    name = 'coco-annotations'
    own_fields = CocoResultsFile.own_fields | {'num_keypoints'}

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        path = Path(path)
        spans = find_fields(path)
        if 'annotations' not in spans:
            raise ValueError(f'{path} has no annotations; the format '
                             f'{self.name} needs them')
        self._images = images_by_id(_read_field(path, 'images', spans))
        super().__init__(path, skeleton, begin=spans['annotations'][0])

    @classmethod
    def joint_names(
            cls,
            path: Path,
            categories: Optional[Sequence[int]] = None
    ) -> Optional[List[str]]:
        """Names of the joints that the file gives, if it does."""
        given = _read_field(path, 'categories', find_fields(path))
        return category_joint_names(dict(categories=given), categories)

    def images_without_poses(self) -> List[ImageRef]:
        """Images without annotations."""
        used = set(self.images)
        return [i for i in self._images.values() if i not in used]

    def image_key(self, raw: bytes) -> Optional[Hashable]:
        """Take the image's id."""
        return read_image_id(raw)

    def image_ref(self, key: Hashable) -> ImageRef:
        """Look an image up in the list of images."""
        return self._images.get(key, ImageRef(image_id=key))

    def parse(self, index: int, value: Any) -> PoseRecord:
        """Check an annotation."""
        joint_map = self.skeleton.joint_map
        if isinstance(value, dict) and 'keypoints' in value:
            value = dict(value, keypoints=_without_hidden(value['keypoints']))
        return parse_pose_record(index, value, len(joint_map.places),
                                 self.skeleton.categories, joint_map)

    def edit(self, raw: bytes, refined: np.ndarray) -> bytes:
        """Move the keypoints that are annotated."""
        record = self.parse(0, orjson.loads(raw))
        given = np.array(orjson.loads(raw)['keypoints'], np.float64)
        given = self.skeleton.joint_map.take(given.reshape(-1, 3)[:, :2])
        target = np.where(record.visible[:, None], refined, given)
        return super().edit(raw, target.astype(np.float32))


def _without_hidden(keypoints: Any) -> Any:
    """Zeros for keypoints that have coordinates but a flag of 0."""
    if not isinstance(keypoints, list) or len(keypoints) % 3:
        return keypoints
    keypoints = list(keypoints)
    for place in range(2, len(keypoints), 3):
        if keypoints[place] == 0:
            keypoints[place - 2:place] = 0, 0
    return keypoints


def _read_field(path: Path, name: str, spans: dict) -> Any:
    if name not in spans:
        return None
    start, end = spans[name]
    with open(path, 'rb') as file:
        file.seek(start)
        return load_json(file.read(end - start))
