"""Training data of a refiner, on top of any COCO-style dataset of mmpose."""
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from mmengine.dataset import BaseDataset
from mmpose.datasets.datasets.body import CocoDataset, MpiiDataset
from mmpose.registry import DATASETS

from ..fileio import read_json
from ..formats.coco import load_pose_records
from ..structures.boxes import (
    BOX_TO_AREA,
    pairwise_iou,
    pose_to_bbox,
    xywh_to_xyxy,
)
from ..structures.oks import keypoint_similarity
from ..structures.people import AnnotatedPeople, match_records
from ..structures.pose_records import RELEASE_CATEGORIES, PoseRecord


@DATASETS.register_module()
class PoseRefineDataset(BaseDataset):
    """Add to each person what its errors are synthesized from.

    Wraps any top-down dataset of mmpose and appends rows to ``keypoints`` and
    ``keypoints_visible`` of each person: the near persons' poses (box IoU of
    at least ``near_iou``, code) and, with ``estimate_file``, the pose that
    another model estimated for this person, which stands in for keypoints
    without annotation. As rows of ``keypoints`` they follow every geometric
    transform; :class:`SynthesizePoseError` removes them.

    Args:
        dataset (dict): Config of the wrapped dataset; its pipeline is not
            used.
        pipeline (list): Transforms.
        estimate_file (str, optional): COCO results of another model on these
            images, matched to persons by highest IoU of the boxes: the
            ``bbox`` of a record, that of its joints where it has none.
            Defaults to None: keypoints without annotation have no reference
            of their own.
        estimate_categories (Sequence[int], optional): Categories of
            ``estimate_file`` that are used, None for all. Defaults to the
            release's: 1 only.
        pseudo_label_score (float, optional): Keypoints without annotation
            whose estimate has this score become annotated ones, where the
            estimate agrees with what is annotated (an OKS of at least 0.5).
            Defaults to None: they stay without.
        real_pose_files (Sequence[str]): COCO results of estimators on these
            images, each matched to the persons by OKS. Their poses become
            ``real_poses`` (M, K, 2), ``real_visible`` and ``real_scores``
            (M, K) of a person, of which :class:`DrawInputPose` shows one.
            Defaults to none.
        exclude_flag (str, optional): Leave out images whose entry in the
            annotation file has this key set. Defaults to none.
        aside_every (int): Keep every so many-th image aside, for calibration.
            Defaults to 0: none.
        aside (bool): Load the images that are kept aside instead of the
            others. Defaults to False.
        near_iou (float): Box IoU from which a person is near. Defaults to
            0.1.
        pose_box_expand (float, optional): Take the extent of the annotated
            keypoints, expanded by this factor, for each person's box, as is
            done with poses to be refined. For data sets without tight boxes,
            whose area would be wrong. Defaults to None: the data set's boxes.
        sigmas (Sequence[float], optional): Sigmas of the keypoint similarity
            that errors are synthesized with, (K, ). Defaults to the
            skeleton's.
        metainfo (dict, optional): Skeleton, handed to ``dataset``. Needed
            where it is not COCO's: mmpose reads the skeleton of a config
            here. Defaults to that of ``dataset``.
        test_mode (bool): As in mmengine. Defaults to False.
        lazy_init (bool): As in mmengine. Defaults to False.
    """

    # mmpose's ``init_model`` asks the training dataset of a config for it.
    METAINFO: dict = CocoDataset.METAINFO

    def __init__(self,
                 dataset: dict,
                 pipeline: list,
                 *,
                 estimate_file: str | None = None,
                 estimate_categories: Sequence[int]
                 | None = RELEASE_CATEGORIES,
                 pseudo_label_score: float | None = None,
                 real_pose_files: Sequence[str] = (),
                 exclude_flag: str | None = None,
                 aside_every: int = 0,
                 aside: bool = False,
                 near_iou: float = 0.1,
                 pose_box_expand: float | None = None,
                 sigmas: Sequence[float] | None = None,
                 metainfo: dict | None = None,
                 test_mode: bool = False,
                 lazy_init: bool = False) -> None:
        self.estimate_file = estimate_file
        self.estimate_categories = estimate_categories
        self.pseudo_label_score = pseudo_label_score
        self.real_pose_files = list(real_pose_files)
        self.exclude_flag = exclude_flag
        self.aside_every = aside_every
        self.aside = aside
        self.near_iou = near_iou
        self.pose_box_expand = pose_box_expand
        self.sigmas = sigmas
        if metainfo is not None:
            dataset = dict(dataset, metainfo=metainfo)
        self.dataset = DATASETS.build(
            dict(dataset, pipeline=[], test_mode=test_mode, lazy_init=True))
        super().__init__(
            pipeline=pipeline, test_mode=test_mode, lazy_init=True)
        self._metainfo = self.dataset.metainfo
        if not lazy_init:
            self.full_init()

    def _join_prefix(self) -> None:
        """Leave paths alone: they are the wrapped dataset's."""

    def load_data_list(self) -> list[dict]:
        """Load the persons and append the poses around them."""
        self.dataset.full_init()
        self._metainfo = self.dataset.metainfo  # loading adds to it
        infos = [
            self.dataset.get_data_info(i) for i in range(len(self.dataset))
        ]
        infos = self._select(infos)
        sigmas = self._checked_sigmas()
        if self.pose_box_expand is not None:
            infos = [info for info in infos if self._use_pose_box(info)]
        for info in infos:
            info.pop('sample_idx', None)
            info['sigmas'] = sigmas
            info['keypoint_names'] = list(
                self._metainfo['keypoint_id2name'].values())
        if self.real_pose_files:
            self._add_real_poses(infos)
        by_image: dict[int, list[dict]] = defaultdict(list)
        for info in infos:
            by_image[info['img_id']].append(info)
        estimates = self._load_estimates()
        for img_id, persons in by_image.items():
            self._append_rows(persons, estimates.get(img_id, []))
        return infos

    def prepare_data(self, idx: int) -> dict:
        """Run the pipeline on a sample.

        Without transforms, as in mmpose's ``browse_dataset.py --mode
        original``, the person is given alone. :meth:`get_data_info` gives all
        rows.
        """
        if self.pipeline.transforms:
            return super().prepare_data(idx)
        info = self.get_data_info(idx)
        for key in ('keypoints', 'keypoints_visible'):
            info[key] = info[key][:1]
        return info

    def _select(self, infos: list[dict]) -> list[dict]:
        """Leave out persons of excluded images, and of those kept aside."""
        if self.exclude_flag is not None:
            excluded = {
                image['id']
                for image in read_json(self.dataset.ann_file)['images']
                if image.get(self.exclude_flag)
            }
            infos = [i for i in infos if i['img_id'] not in excluded]
        if self.aside_every:
            ids = sorted({info['img_id'] for info in infos})
            aside = set(ids[::self.aside_every])
            infos = [i for i in infos if (i['img_id'] in aside) == self.aside]
        return infos

    def _checked_sigmas(self) -> np.ndarray:
        sigmas = self._metainfo['sigmas'] if self.sigmas is None \
            else self.sigmas
        if len(sigmas) != self._metainfo['num_keypoints']:
            raise ValueError(
                f'sigmas must be given for all '
                f'{self._metainfo["num_keypoints"]} keypoints, got '
                f'{len(sigmas)}')
        return np.asarray(sigmas)

    def _use_pose_box(self, info: dict) -> bool:
        """Box the annotated keypoints; tell whether there are any."""
        info.pop('bbox_center', None)
        info.pop('bbox_scale', None)
        info['bbox'] = pose_to_bbox(
            info['keypoints'],
            info['keypoints_visible'],
            expand=self.pose_box_expand)
        return bool((info['keypoints_visible'] > 0).any())

    def _add_real_poses(self, infos: list[dict]) -> None:
        """Give each person what estimators predicted for it."""
        boxes = np.concatenate([info['bbox'] for info in infos])
        area = BOX_TO_AREA * (boxes[:, 2:] - boxes[:, :2]).prod(-1)
        people = AnnotatedPeople(
            annotation_id=[info['id'] for info in infos],
            image_id=[info['img_id'] for info in infos],
            category_id=np.array([info['category_id'] for info in infos]),
            keypoints=np.concatenate([i['keypoints'] for i in infos]),
            visible=np.concatenate([i['keypoints_visible']
                                    for i in infos]) > 0,
            area=area,
            band_area=area,
            near=[np.empty(0, np.int64)] * len(infos),
            others=[np.empty(0, np.int64)] * len(infos))
        records_of_person = defaultdict(list)
        for path in self.real_pose_files:
            records = self._usable_records(path)
            chosen, persons, _ = match_records(records, people,
                                               infos[0]['sigmas'])
            if not len(chosen):
                raise ValueError(
                    f'none of the {len(records)} usable poses of {path} is '
                    'one of a person of the training images; it must hold '
                    'results on them, not on those of the validation')
            for record, person in zip(chosen, persons, strict=True):
                records_of_person[person].append(records[record])
        for person, records in records_of_person.items():
            infos[person]['real_poses'] = np.stack(
                [r.keypoints for r in records])
            infos[person]['real_visible'] = np.stack(
                [r.visible for r in records]).astype(np.float32)
            infos[person]['real_scores'] = np.stack(
                [r.keypoint_scores for r in records]).astype(np.float32)

    def _usable_records(self, path: str) -> list[PoseRecord]:
        return [
            record for record in load_pose_records(
                path, self._metainfo['num_keypoints'],
                self.estimate_categories) if record.problem is None
        ]

    def _load_estimates(self) -> dict[int, list[PoseRecord]]:
        estimates: dict[int, list[PoseRecord]] = defaultdict(list)
        if self.estimate_file is not None:
            for record in self._usable_records(self.estimate_file):
                estimates[record.image_id].append(record)
        return estimates

    def _append_rows(self, persons: list[dict], estimates: list) -> None:
        """Append near persons' and estimated poses to those of one image."""
        boxes = np.concatenate([p['bbox'] for p in persons])
        poses = np.concatenate([p['keypoints'] for p in persons])
        visible = np.concatenate([p['keypoints_visible'] for p in persons])
        near = pairwise_iou(boxes, boxes) >= self.near_iou
        np.fill_diagonal(near, False)
        for index, person in enumerate(persons):
            rows = [poses[index:index + 1], poses[near[index]]]
            rows_visible = [visible[index:index + 1], visible[near[index]]]
            match = self._match(boxes[index], estimates)
            if match is not None:
                rows.append(match.keypoints[None])
                rows_visible.append(match.visible[None])
                if self.pseudo_label_score is not None:
                    self._add_labels(person, rows, rows_visible, match)
            person['num_near'] = int(near[index].sum())
            person['keypoints'] = np.concatenate(rows).astype(np.float32)
            person['keypoints_visible'] = np.concatenate(rows_visible).astype(
                np.float32)

    def _add_labels(self, person: dict, rows: list[np.ndarray],
                    rows_visible: list[np.ndarray], match) -> None:
        """Turn confident estimates into annotations where there are none."""
        annotated = rows_visible[0][0] > 0
        both = annotated & match.visible
        x1, y1, x2, y2 = person['bbox'][0]
        similarity = keypoint_similarity(
            np.linalg.norm(rows[0][0] - match.keypoints, axis=-1),
            BOX_TO_AREA * (x2 - x1) * (y2 - y1), person['sigmas'])
        if not both.any() or similarity[both].mean() < 0.5:
            return
        confident = match.visible & ~annotated & (
            match.keypoint_scores >= self.pseudo_label_score)
        rows[0] = np.where(confident[None, :, None], match.keypoints, rows[0])
        rows_visible[0] = np.where(confident, 1., rows_visible[0])

    @staticmethod
    def _match(box: np.ndarray, estimates: list):
        """Find the estimate whose box overlaps most, None without overlap."""
        if not estimates:
            return None
        boxes = np.concatenate([_estimate_box(e) for e in estimates])
        iou = pairwise_iou(box[None], boxes)[0]
        return estimates[iou.argmax()] if iou.max() > 0 else None


def _estimate_box(estimate: PoseRecord) -> np.ndarray:
    """Box of an estimate: its own, or that of its joints, (1, 4)."""
    box = xywh_to_xyxy(estimate.raw.get('bbox'))
    if np.isfinite(box).all():
        return box[None]
    return pose_to_bbox(
        estimate.keypoints[None], estimate.visible[None], expand=1.)


@DATASETS.register_module()
class ZeroBasedMpiiDataset(MpiiDataset):
    """MPII to train on.

    MPII counts pixels from 1. mmpose's dataset gives its joints as they are,
    which its metric expects of the truth: it adds 1 to predictions. What is
    trained on them learns to predict 1 pixel too far right and down, and is
    wrong by that in the metric. Here 1 is subtracted from the joints; the
    centre is the one that mmpose has subtracted it from already.

    Takes the arguments of :class:`mmpose.datasets.MpiiDataset`.
    """

    def _load_annotations(self) -> tuple[list[dict], list[dict]]:
        """Load what :class:`mmpose.datasets.MpiiDataset` does, from 0."""
        people, images = super()._load_annotations()
        for person in people:
            person['keypoints'] = person['keypoints'] - 1
        return people, images
