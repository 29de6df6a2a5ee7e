"""AlphaPose's results."""
from collections import Counter
from pathlib import Path
from typing import Hashable

from ..structures.image_ref import ImageRef
from .coco_results import CocoResultsFile, write_records
from .file_head import FileHead
from .pose_list import PoseList


class AlphaPoseFile(CocoResultsFile):
    """COCO results whose ``image_id`` is the name of a file.

    Scores of poses may be above 1; ``box`` and ``idx`` stay as they are. See
    AlphaPose's ``docs/output.md``. Its joints are COCO's, or with the joint
    maps ``halpe26`` and ``halpe136`` Halpe's.
    """

    name = 'alphapose'
    help = 'AlphaPose: a list of records with names of images'
    priority = -3

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Tell by fields that COCO's results, with such ids, lack."""
        one = head.element
        return head.opening == b'[' and not head.in_folder \
            and isinstance(one, dict) and isinstance(
                one.get('image_id'), str) and ('box' in one or 'idx' in one)

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a list of records whose ``image_id`` is the name of a file."""
        return write_records(out, poses,
                              [image.need_name() for image in poses.images])

    def image_ref(self, key: Hashable) -> ImageRef:
        """Take the image's name."""
        if isinstance(key, str):
            return ImageRef(image_id=key, file_name=key)
        return ImageRef(image_id=key)
