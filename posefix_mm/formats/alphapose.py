"""AlphaPose's results."""
from pathlib import Path
from typing import Hashable

from ..structures.image_ref import ImageRef
from .coco_results import CocoResultsFile
from .file_head import FileHead


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

    def image_ref(self, key: Hashable) -> ImageRef:
        """Take the image's name."""
        if isinstance(key, str):
            return ImageRef(image_id=key, file_name=key)
        return ImageRef(image_id=key)
