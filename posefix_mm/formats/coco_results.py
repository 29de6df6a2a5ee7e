"""COCO keypoint results: what nearly every estimator writes."""
from collections import Counter
from pathlib import Path
from typing import Any

from ..fileio import write_json
from .base import SourceSkeleton
from .coco import dicts_in
from .file_head import FileHead
from .json_list_file import JsonListFile
from .json_scanner import LIST_FIELDS, ByteFile, find_records, read_field
from .pose_list import PoseList, flat_lists


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
        super().__init__(
            path, skeleton, begin=find_records(ByteFile(Path(path))))

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Accept all other JSON: the reader reports what is wrong with it."""
        named = not head.fields.keys().isdisjoint(LIST_FIELDS)
        return named or not head.in_folder and (
            path.suffix == '.json' or head.opening == b'[')

    @classmethod
    def categories(cls, path: Path) -> list[dict]:
        """Categories that an object around the list describes."""
        categories = read_field(path, 'categories') \
            if find_records(ByteFile(path)) else None
        return dicts_in(dict(categories=categories), 'categories')

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a list of records; images without an id get their name."""
        ids = [
            image.image_id if image.image_id is not None else
            image.need_stem() if image.frame is not None or not image.file_name
            else image.file_name for image in poses.images
        ]
        return write_records(out, poses, ids)


def write_records(out: Path, poses: PoseList, ids: list[Any]) -> Counter:
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
