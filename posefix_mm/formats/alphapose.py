"""AlphaPose's results."""
from typing import Hashable

from ..structures.image_ref import ImageRef
from .coco_results import CocoResultsFile


class AlphaPoseFile(CocoResultsFile):
    """COCO results whose ``image_id`` is the name of a file.

    Scores of poses may be above 1; ``box`` and ``idx`` stay as they are. See
    AlphaPose's ``docs/output.md``. Its joints are COCO's, or with the joint
    maps ``halpe26`` and ``halpe136`` Halpe's.
    """

    name = 'alphapose'

    def image_ref(self, key: Hashable) -> ImageRef:
        """Take the image's name."""
        if isinstance(key, str):
            return ImageRef(image_id=key, file_name=key)
        return ImageRef(image_id=key)
