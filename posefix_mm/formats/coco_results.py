"""COCO keypoint results: what nearly every estimator writes."""
from pathlib import Path
from typing import Any, Hashable, List, Optional, Tuple

import msgspec

from ..fileio import load_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import (
    PoseRecord,
    category_of,
    image_id_of,
    parse_pose_record,
)
from .base import SourceSkeleton
from .json_list_file import JsonListFile
from .json_scanner import ByteFile, find_records, read_field
from .posetrack18 import dicts_in


class _Header(msgspec.Struct, gc=False, omit_defaults=True):
    image_id: Any = None
    category_id: Any = 1
    image_name: Any = None
    file_name: Any = None
    image: Any = None


_DECODER = msgspec.json.Decoder(_Header)


def read_header(raw: bytes) -> Tuple[Optional[Hashable], Optional[int]]:
    """Read image and category of a record, and nothing else of it.

    Args:
        raw (bytes): A JSON object.

    Returns:
        tuple: The image's id or name, None if it has none that could be one;
        the category, None likewise.
    """
    try:
        fields = msgspec.structs.asdict(_DECODER.decode(raw))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        try:  # NaN is no JSON
            fields = load_json(raw)
        except ValueError:
            return None, None
        if not isinstance(fields, dict):
            return None, None
    return image_id_of(fields), category_of(fields)


class CocoResultsFile(JsonListFile):
    """A list of records with ``image_id``, ``keypoints`` and ``score``.

    The list may be one of an object, called ``annotations``, ``predictions``
    or ``results``.
    """

    name = 'coco-results'
    drops_duplicates = True
    ranks_by_score = True

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        path = Path(path)
        super().__init__(path, skeleton, begin=find_records(ByteFile(path)))

    @classmethod
    def categories(cls, path: Path) -> List[dict]:
        """Categories that an object around the list describes."""
        given = read_field(path, 'categories') \
            if find_records(ByteFile(path)) else None
        return dicts_in(dict(categories=given), 'categories')

    def header(self, raw: bytes) -> Tuple[Optional[Hashable], Optional[int]]:
        """Take the image's id and the category."""
        return read_header(raw)

    def image_ref(self, key: Hashable) -> ImageRef:
        """Look an image up by its id."""
        return ImageRef(image_id=key)

    def parse(self, index: int, value: Any) -> PoseRecord:
        """Check a record; see :func:`parse_pose_record`."""
        joint_map = self.skeleton.joint_map
        return parse_pose_record(index, value, len(joint_map.places),
                                 self.skeleton.categories, joint_map)
