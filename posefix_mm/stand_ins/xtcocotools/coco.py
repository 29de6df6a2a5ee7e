"""COCO files, as ``xtcocotools.coco`` reads them."""
from typing import Any

import numpy as np
from pycocotools import coco


class COCO(coco.COCO):
    """pycocotools' index, of files without ``iscrowd`` too.

    Args:
        annotation_file (str, optional): Annotation file.
        test_index (List[int], optional): Keypoints to keep. Defaults to all.
        ann_data (dict, optional): Content of the file, if it is read already.
    """

    def __init__(self,
                 annotation_file: str | None = None,
                 test_index: list[int] | None = None,
                 ann_data: dict | None = None) -> None:
        super().__init__(annotation_file if ann_data is None else None)
        if ann_data is not None:
            self.dataset = ann_data
            self.createIndex()
        self.anno_file = [annotation_file]
        self.test_index = test_index
        for annotation in self.dataset.get('annotations', []):
            annotation.setdefault('iscrowd', False)
            if test_index is not None:
                pose = np.array(annotation['keypoints']).reshape(-1, 3)
                annotation['keypoints'] = pose[test_index].ravel().tolist()

    def loadRes(self, resFile: Any) -> 'COCO':
        """Load results as pycocotools does; having none is no error."""
        if len(self.anno_file) == 1:
            self.anno_file.append(resFile)
        return super().loadRes(resFile)
