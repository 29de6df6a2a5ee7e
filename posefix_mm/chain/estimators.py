"""Estimate the poses of whole images, people batched across images."""
from typing import List, NamedTuple, Optional, Protocol, Sequence

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from mmpose.structures import PoseDataSample
from torch import nn

from .person_detector import Boxes, FindPeople, run_by_shape


class EstimatedPoses(NamedTuple):
    """Poses that an estimator found in one image.

    Note:
        - people: N
        - joints of the estimator: J

    Attributes:
        keypoints (np.ndarray): Image pixels, float32 (N, J, 2).
        keypoint_scores (np.ndarray): float32 (N, J).
        bboxes (np.ndarray): Image pixels (x1, y1, x2, y2), float32 (N, 4).
        bbox_scores (np.ndarray): float32 (N, ).
        usable (np.ndarray | None): Which of them may be refined, bool (N, );
            None for all.
    """

    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    bboxes: np.ndarray
    bbox_scores: np.ndarray
    usable: Optional[np.ndarray] = None

    @classmethod
    def join(cls, parts: Sequence['EstimatedPoses'],
             num_joints: int) -> 'EstimatedPoses':
        """Put people of one image together.

        Args:
            parts (Sequence[EstimatedPoses]): Some of its people each.
            num_joints (int): J, for images without people.
        """
        none = cls(*(np.zeros(shape, np.float32)
                     for shape in ((0, num_joints, 2), (0, num_joints),
                                   (0, 4), (0, ))))
        arrays = zip(none[:4], *(part[:4] for part in parts), strict=True)
        return cls(*map(np.concatenate, arrays))


class Estimator(Protocol):
    """Makes samples of an image and poses of samples of many images."""

    num_joints: int

    def prepare(self, images: Sequence[np.ndarray],
                boxes: Sequence[Boxes]) -> List[List[dict]]:
        """Make the samples of each image; boxes are None where not needed."""

    def run(self, samples: Sequence[dict]) -> List[EstimatedPoses]:
        """Estimate the poses of samples, those of each by itself."""


def extract_poses(output: PoseDataSample) -> EstimatedPoses:
    """Take the poses out of a data sample of mmpose.

    Args:
        output (PoseDataSample): What an estimator returned.

    Returns:
        EstimatedPoses: Boxes are the extents of poses and their scores 1
        where the estimator has none.
    """
    found = output.pred_instances.cpu().numpy()
    keypoints = np.asarray(found.keypoints, np.float32)[..., :2]
    scores = np.asarray(found.keypoint_scores, np.float32)
    boxes = found.get('bboxes')
    if boxes is None:
        boxes = np.concatenate((keypoints.min(1), keypoints.max(1)), -1)
    box_scores = found.get('bbox_scores')
    if box_scores is None:
        box_scores = np.ones(len(keypoints))
    return EstimatedPoses(keypoints, scores, np.asarray(boxes, np.float32),
                          np.asarray(box_scores, np.float32))


class TopdownEstimator:
    """A top-down estimator of mmpose.

    Every box becomes a sample through the config's test pipeline, as in
    ``mmpose.apis.inference_topdown``; samples of many images make a batch.

    Args:
        model (nn.Module): From :func:`load_estimator`.
        find_people (FindPeople): Finds the boxes of images that come without.
    """

    def __init__(self, model: nn.Module, find_people: FindPeople) -> None:
        self.model = model
        self.find_people = find_people
        self.pipeline = build_pipeline(model)
        self.num_joints = count_joints(model)

    def prepare(self, images: Sequence[np.ndarray],
                boxes: Sequence[Boxes]) -> List[List[dict]]:
        """Find people where no boxes are given, and crop them.

        Args:
            images (Sequence[np.ndarray]): BGR, uint8 (H, W, 3) each.
            boxes (Sequence[Boxes | None]): Those of each image, None where
                people are to be found.

        Returns:
            List[List[dict]]: Samples of each image.
        """
        unknown = [i for i, given in enumerate(boxes) if given is None]
        boxes = list(boxes)
        if unknown:
            found = self.find_people([images[i] for i in unknown])
            for i, people in zip(unknown, found, strict=True):
                boxes[i] = people
        return [
            self._crop(image, people)
            for image, people in zip(images, boxes, strict=True)
        ]

    def _crop(self, image: np.ndarray, people: Boxes) -> List[dict]:
        return [
            self.pipeline(
                dict(
                    self.model.dataset_meta,
                    img=image,
                    bbox=box[None],
                    bbox_score=score[None]))
            for box, score in zip(*people, strict=True)
        ]

    @torch.no_grad()
    def run(self, samples: Sequence[dict]) -> List[EstimatedPoses]:
        """Estimate the pose of each sample, in one batch.

        Args:
            samples (Sequence[dict]): Of one or of many images.

        Returns:
            List[EstimatedPoses]: One person each.
        """
        outputs = self.model.test_step(pseudo_collate(list(samples)))
        return [extract_poses(output) for output in outputs]


class WholeImageEstimator:
    """A bottom-up or one-stage estimator of mmpose.

    Args:
        model (nn.Module): From :func:`load_estimator`.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.pipeline = build_pipeline(model)
        self.num_joints = count_joints(model)

    def prepare(self, images: Sequence[np.ndarray],
                boxes: Sequence[Boxes]) -> List[List[dict]]:
        """Make one sample of each image.

        Raises:
            ValueError: If boxes are given: such an estimator has no use for
                them.
        """
        if any(given is not None for given in boxes):
            raise ValueError('the estimator finds people by itself: give '
                             'boxes to a top-down estimator only')
        return [[self.pipeline(dict(self.model.dataset_meta, img=image))]
                for image in images]

    def run(self, samples: Sequence[dict]) -> List[EstimatedPoses]:
        """Estimate the poses of each sample; see :func:`run_by_shape`."""
        return [extract_poses(o) for o in run_by_shape(self.model, samples)]


def build_estimator(model: nn.Module, find_people: FindPeople) -> Estimator:
    """Choose by the ``data_mode`` of the estimator's config.

    Args:
        model (nn.Module): From :func:`load_estimator`.
        find_people (FindPeople): For top-down estimators.
    """
    mode = model.cfg.get('data_mode')
    if mode is None:
        mode = model.cfg.test_dataloader.dataset.get('data_mode', 'topdown')
    if mode == 'bottomup':
        return WholeImageEstimator(model)
    return TopdownEstimator(model, find_people)


def build_pipeline(model: nn.Module) -> Compose:
    """Build the test pipeline of an estimator of mmpose."""
    with DefaultScope.overwrite_default_scope(
            model.cfg.get('default_scope', 'mmpose')):
        return Compose(model.cfg.test_dataloader.dataset.pipeline)


def count_joints(model: nn.Module) -> int:
    """Count the keypoints that an estimator gives."""
    shown = model.test_cfg.get('output_keypoint_indices')
    return model.dataset_meta['num_keypoints'] if shown is None else len(shown)


def estimate_poses(estimator: Estimator,
                   images: Sequence[np.ndarray],
                   boxes: Optional[Sequence[Optional[Boxes]]] = None,
                   *,
                   batch_size: int = 32) -> List[EstimatedPoses]:
    """Estimate the poses of several images.

    People of different images share batches, which mmpose's own functions
    fill with those of one image only.

    Args:
        estimator (Estimator): What is run.
        images (Sequence[np.ndarray]): BGR, uint8 (H, W, 3) each.
        boxes (Sequence[Boxes | None], optional): People of each image, None
            where they are to be found. Defaults to None for all.
        batch_size (int): People that are estimated at once. Defaults to 32.

    Returns:
        List[EstimatedPoses]: Of each image.

    Raises:
        ValueError: If boxes are given to an estimator that finds people by
            itself.
    """
    boxes = [None] * len(images) if boxes is None else boxes
    prepared = estimator.prepare(images, boxes)
    samples = [sample for samples in prepared for sample in samples]
    found: List[EstimatedPoses] = []
    for start in range(0, len(samples), batch_size):
        found += estimator.run(samples[start:start + batch_size])
    poses, start = [], 0
    for samples in prepared:
        own = found[start:start + len(samples)]
        poses.append(EstimatedPoses.join(own, estimator.num_joints))
        start += len(samples)
    return poses
