"""AlphaPose's results."""
from collections import Counter
from pathlib import Path

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
        """Recognise fields that COCO's results, with such ids, lack."""
        record = head.element
        return head.opening == b'[' and not head.in_folder \
            and isinstance(record, dict) \
            and isinstance(record.get('image_id'), str) \
            and ('box' in record or 'idx' in record)

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a list of records whose ``image_id`` is the name of a file."""
        return write_records(out, poses,
                              [image.need_name() for image in poses.images])

    def image_ref(self, key: int | str) -> ImageRef:
        """Use a text as the image's name."""
        return ImageRef(key, key if isinstance(key, str) else None)
