"""COCO keypoint results: what nearly every estimator writes."""
from typing import Any, Hashable, Optional

import msgspec

from ..datasets.pose_records import PoseRecord, parse_pose_record
from .base import ImageRef
from .json_list_file import JsonListFile


class _Header(msgspec.Struct, gc=False):
    image_id: Any = None


_DECODER = msgspec.json.Decoder(_Header)


def read_image_id(raw: bytes) -> Optional[Hashable]:
    """Read the ``image_id`` of a record, and nothing else of it.

    Args:
        raw (bytes): A JSON object.

    Returns:
        int | str | None: None if it has none that could be one.
    """
    try:
        image_id = _DECODER.decode(raw).image_id
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    # True is no id, though equal to 1
    return image_id if type(image_id) in (int, str) else None


class CocoResultsFile(JsonListFile):
    """A list of records with ``image_id``, ``keypoints`` and ``score``."""

    name = 'coco-results'
    drops_duplicates = True

    def image_key(self, raw: bytes) -> Optional[Hashable]:
        """Take the image's id."""
        return read_image_id(raw)

    def image_ref(self, key: Hashable) -> ImageRef:
        """Look an image up by its id."""
        return ImageRef(image_id=key)

    def parse(self, index: int, value: Any) -> PoseRecord:
        """Check a record; see :func:`parse_pose_record`."""
        joint_map = self.skeleton.joint_map
        return parse_pose_record(index, value, len(joint_map.places),
                                 self.skeleton.categories, joint_map)
