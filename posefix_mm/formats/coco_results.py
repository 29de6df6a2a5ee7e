"""COCO keypoint results: what nearly every estimator writes."""
from collections import Counter
from pathlib import Path
from typing import Any, Hashable, List, Optional, Tuple

import msgspec

from ..fileio import load_json, write_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import (
    PoseRecord,
    category_of,
    image_id_of,
    parse_pose_record,
)
from .base import SourceSkeleton
from .coco import dicts_in
from .file_head import FileHead
from .json_list_file import JsonListFile
from .json_scanner import LIST_FIELDS, ByteFile, find_records, read_field
from .pose_list import PoseList, flat_lists


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
    help = 'COCO: a list of records, as mmpose and most others write'
    priority = -4
    drops_duplicates = True
    ranks_by_score = True

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        path = Path(path)
        super().__init__(path, skeleton, begin=find_records(ByteFile(path)))

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Take all other JSON: the reader says what is wrong with it."""
        named = not head.fields.keys().isdisjoint(LIST_FIELDS)
        return named or not head.in_folder and (
            path.suffix == '.json' or head.opening == b'[')

    @classmethod
    def categories(cls, path: Path) -> List[dict]:
        """Categories that an object around the list describes."""
        given = read_field(path, 'categories') \
            if find_records(ByteFile(path)) else None
        return dicts_in(dict(categories=given), 'categories')

    def header(self, raw: bytes) -> Tuple[Optional[Hashable], Optional[int]]:
        """Take the image's id and the category."""
        return read_header(raw)

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a list of records; images without an id get their name."""
        ids = [
            image.image_id if image.image_id is not None else
            image.need_stem() if image.frame is not None or not image.file_name
            else image.file_name for image in poses.images
        ]
        return write_records(out, poses, ids)

    def image_ref(self, key: Hashable) -> ImageRef:
        """Look an image up by its id."""
        return ImageRef(image_id=key)

    def parse(self, index: int, value: Any) -> PoseRecord:
        """Check a record; see :func:`parse_pose_record`."""
        joint_map = self.skeleton.joint_map
        return parse_pose_record(index, value, len(joint_map.places),
                                 self.skeleton.categories, joint_map)


def write_records(out: Path, poses: PoseList, ids: List[Any]) -> Counter:
    """Write COCO results with an id for each image of ``poses``."""
    keypoints = flat_lists(poses.triples())
    write_json(out, [{
        'image_id': ids[poses.image_index[i]],
        'category_id': int(poses.category_ids[i]),
        'keypoints': keypoints[i],
        'score': float(poses.scores[i]),
        **poses.fields[i]
    } for i in range(len(poses))])
    return Counter()
