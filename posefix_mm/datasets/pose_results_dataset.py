"""The poses of a results file as samples to be refined."""
import os.path as osp
from collections.abc import Sequence

import numpy as np
from mmengine.fileio import exists
from mmengine.logging import print_log
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.datasets.datasets.body import CocoDataset
from mmpose.registry import DATASETS

from ..fileio import read_json
from ..formats.coco import load_pose_records
from ..images.image_finder import ImageList
from ..structures.boxes import pose_to_bbox, shown_keypoints
from ..structures.pose_records import RELEASE_CATEGORIES, PoseRecord


@DATASETS.register_module()
class PoseResultsDataset(BaseCocoStyleDataset):
    """Samples are the records of a COCO keypoint results file.

    Each record is cropped by its own joints (section 8 of the release's test
    code). As in the release, records of another category, with a score that
    is not above 0 or of an unknown image are left out; the log says how many.

    Args:
        pose_file (str): COCO results file, relative to ``data_root``.
        ann_file (str): COCO annotation file, of which only ``images`` is
            read, relative to ``data_root``. A list of annotations that name
            their ``image``, as mmpose has for MPII, does as well; the number
            in a name is the image's id, as in ``MpiiDataset``.
        expand (float): Factor from the extent of a pose to its box. Defaults
            to 1.2.
        keypoint_score_thr (float): Keypoints with a lower score count as
            absent: they neither show in the input pose nor stretch its box.
            For estimators that write something for joints that they can't
            see or have not learned. A pose without any above it keeps all.
            Defaults to 0.
        absent_keypoints (Sequence[str]): Keypoints that the data set never
            annotates, and so never shown to the refiner in training: absent
            whatever the records have, and no part of OKS-NMS. A pose of
            nothing else keeps them. Defaults to none.
        categories (Sequence[int], optional): Categories that are refined,
            None for all. Defaults to the release's: 1 only.
        metainfo (dict, optional): Skeleton. Defaults to COCO's.
        **kwargs: Further arguments of
            :class:`mmpose.datasets.BaseCocoStyleDataset`.
    """

    METAINFO: dict = CocoDataset.METAINFO

    def __init__(self,
                 pose_file: str,
                 *,
                 ann_file: str,
                 expand: float = 1.2,
                 keypoint_score_thr: float = 0.,
                 absent_keypoints: Sequence[str] = (),
                 categories: Sequence[int] | None = RELEASE_CATEGORIES,
                 data_root: str | None = None,
                 **kwargs) -> None:
        self.pose_file = osp.join(data_root or '', pose_file)
        self.expand = expand
        self.keypoint_score_thr = keypoint_score_thr
        self.absent_keypoints = tuple(absent_keypoints)
        self.categories = categories
        super().__init__(
            ann_file=ann_file,
            data_root=data_root,
            **dict(kwargs, test_mode=True))

    @property
    def annotated(self) -> np.ndarray:
        """Which keypoints the data set annotates, bool (K, ).

        Raises:
            ValueError: If ``absent_keypoints`` names none of the skeleton's.
        """
        names = list(self.metainfo['keypoint_id2name'].values())
        unknown = set(self.absent_keypoints) - set(names)
        if unknown:
            raise ValueError(
                f'absent_keypoints are not of the skeleton: {sorted(unknown)}')
        return ~np.isin(names, self.absent_keypoints)

    def load_data_list(self) -> list[dict]:
        """Load the records that can be refined.

        Raises:
            FileNotFoundError: If a file does not exist; the message says how
                a results file is made.
            ValueError: If no record can be refined.
        """
        if not exists(self.pose_file):
            raise FileNotFoundError(
                f'the results file with the poses to refine, '
                f'{self.pose_file}, does not exist; write one with any '
                "estimator, for instance mmpose's tools/test.py with "
                '--cfg-options test_evaluator.outfile_prefix=...')
        images = self._load_images()
        records = load_pose_records(self.pose_file,
                                    self.metainfo['num_keypoints'],
                                    self.categories)
        # ids may be written in another way, or be names of files
        listed = ImageList([dict(image, id=i) for i, image in images.items()])
        ids = list(images)
        for record in records:
            place, _ = listed.find(record.image_id)
            record.image_id = ids[place] if place >= 0 else None
        usable = [
            r for r in records if r.problem is None and r.image_id is not None
        ]
        if not usable:
            raise ValueError(
                f'none of the {len(records)} records of {self.pose_file} can '
                'be refined: another category, a score of 0, images that '
                f'{self.ann_file} does not list, or malformed poses; `posefix '
                'evaluate` tells more')
        if len(usable) < len(records):
            print_log(
                f'{len(records) - len(usable)} of {len(records)} records of '
                f'{self.pose_file} are not refined: another category, a score '
                'of 0, an unknown image or a malformed pose',
                logger='current')
        prefix = self.data_prefix['img']
        return [
            self.describe(
                r, osp.join(prefix, images[r.image_id]['file_name']))
            for r in usable
        ]

    def _load_images(self) -> dict[int, dict]:
        if not exists(self.ann_file):
            raise FileNotFoundError(
                f'the annotation file {self.ann_file} does not exist; it is '
                'needed for its list of images')
        content = read_json(self.ann_file)
        if isinstance(content, list):
            names = {annotation['image'] for annotation in content}
            return {
                int(osp.splitext(name)[0]): dict(file_name=name)
                for name in names
            }
        self._metainfo['CLASSES'] = content.get('categories', [])
        return {image['id']: image for image in content['images']}

    def describe(self, record: PoseRecord, img_path: str) -> dict:
        """Make the data info of a record, which the pipeline starts from.

        Its ``bbox`` is the box of the present keypoints, its image
        ``img_path``.
        """
        visible = shown_keypoints(
            record.visible[None],
            record.keypoint_scores[None],
            score_thr=self.keypoint_score_thr,
            annotated=self.annotated)
        keypoints = record.keypoints[None]
        return dict(
            id=record.index,
            img_id=record.image_id,
            img_path=img_path,
            category_id=record.category_id,
            bbox=pose_to_bbox(keypoints, visible, expand=self.expand),
            bbox_score=np.array([record.score], dtype=np.float32),
            keypoints=keypoints,
            keypoints_visible=visible.astype(np.float32),
            keypoint_scores=record.keypoint_scores[None])
