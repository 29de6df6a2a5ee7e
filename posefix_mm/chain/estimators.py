"""Estimate the poses of whole images, people batched across images.

And bring them to the refiner's skeleton and back.
"""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from mmpose.structures import PoseDataSample
from torch import nn

from ..inference import PosePredictor
from ..structures.joint_map import JointMap
from ..structures.pose_records import PoseArrays
from .load_models import ModelFiles, load_estimator
from .person_detector import Boxes, FindPeople, LazyDetector, run_by_shape


class EstimatedPoses(NamedTuple):
    """Poses of N people that an estimator with J joints found in one image.

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
    usable: np.ndarray | None = None

    @classmethod
    def join(cls, parts: Sequence['EstimatedPoses'],
             num_joints: int) -> 'EstimatedPoses':
        """Put the people of one image together; J for those without any."""
        none = cls(*(np.zeros(shape, np.float32)
                     for shape in ((0, num_joints, 2), (0, num_joints),
                                   (0, 4), (0, ))))
        arrays = zip(none[:4], *(part[:4] for part in parts), strict=True)
        return cls(*map(np.concatenate, arrays))


def extract_poses(output: PoseDataSample) -> EstimatedPoses:
    """Take the poses out of a data sample that an estimator returned.

    Boxes are the extents of poses, and their scores 1, where it has none.
    """
    people = output.pred_instances.cpu().numpy()
    keypoints = np.asarray(people.keypoints, np.float32)[..., :2]
    scores = np.asarray(people.keypoint_scores, np.float32)
    boxes = people.get('bboxes')
    if boxes is None:
        boxes = np.concatenate((keypoints.min(1), keypoints.max(1)), -1)
    box_scores = people.get('bbox_scores')
    if box_scores is None:
        box_scores = np.ones(len(keypoints))
    return EstimatedPoses(keypoints, scores, np.asarray(boxes, np.float32),
                          np.asarray(box_scores, np.float32))


class Estimator:
    """An estimator of mmpose, from :func:`load_estimator`.

    Its config's test pipeline makes samples of an image.

    Attributes:
        num_joints (int): J.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        with DefaultScope.overwrite_default_scope(
                model.cfg.get('default_scope', 'mmpose')):
            self.pipeline = Compose(model.cfg.test_dataloader.dataset.pipeline)
        chosen = model.test_cfg.get('output_keypoint_indices')
        self.num_joints = len(
            chosen or range(model.dataset_meta['num_keypoints']))

    def prepare(self, images: Sequence[np.ndarray],
                boxes: Sequence[Boxes | None]) -> list[list[dict]]:
        """Make the samples of each image; boxes are None where not needed."""
        raise NotImplementedError

    def run(self, samples: Sequence[dict]) -> list[EstimatedPoses]:
        """Estimate the poses of samples, those of each by itself."""
        raise NotImplementedError


class TopdownEstimator(Estimator):
    """A top-down estimator.

    Every box becomes a sample, as in ``mmpose.apis.inference_topdown``;
    samples of many images make a batch. ``find_people`` finds the boxes of
    images that come without.
    """

    def __init__(self, model: nn.Module, find_people: FindPeople) -> None:
        super().__init__(model)
        self.find_people = find_people

    def prepare(self, images: Sequence[np.ndarray],
                boxes: Sequence[Boxes | None]) -> list[list[dict]]:
        """Find people where boxes are None, and crop them."""
        unknown = [image for image, people in zip(images, boxes, strict=True)
                   if people is None]
        detected = iter(self.find_people(unknown) if unknown else ())
        return [
            [self.pipeline(dict(self.model.dataset_meta, img=image,
                                bbox=box[None], bbox_score=score[None]))
             for box, score in zip(
                 *(next(detected) if people is None else people), strict=True)]
            for image, people in zip(images, boxes, strict=True)
        ]

    @torch.no_grad()
    def run(self, samples: Sequence[dict]) -> list[EstimatedPoses]:
        """Estimate the person of each sample, in one batch."""
        outputs = self.model.test_step(pseudo_collate(list(samples)))
        return [extract_poses(output) for output in outputs]


class WholeImageEstimator(Estimator):
    """A bottom-up or one-stage estimator."""

    def prepare(self, images: Sequence[np.ndarray],
                boxes: Sequence[Boxes | None]) -> list[list[dict]]:
        """Make one sample of each image; it has no use for boxes."""
        if any(people is not None for people in boxes):
            raise ValueError('the estimator finds people by itself: give '
                             'boxes to a top-down estimator only')
        return [[self.pipeline(dict(self.model.dataset_meta, img=image))]
                for image in images]

    def run(self, samples: Sequence[dict]) -> list[EstimatedPoses]:
        """Estimate the poses of each sample; see :func:`run_by_shape`."""
        return [extract_poses(o) for o in run_by_shape(self.model, samples)]


def build_estimator(model: nn.Module, find_people: FindPeople) -> Estimator:
    """Choose by the ``data_mode`` of the estimator's config.

    Only top-down estimators need ``find_people``.
    """
    mode = model.cfg.get('data_mode')
    if mode is None:
        mode = model.cfg.test_dataloader.dataset.get('data_mode', 'topdown')
    if mode == 'bottomup':
        return WholeImageEstimator(model)
    return TopdownEstimator(model, find_people)


def build_chain(files: ModelFiles, *args, device: str) -> Estimator:
    """Build an estimator with a :class:`LazyDetector`, of ``args``."""
    model = load_estimator(files, device)
    return build_estimator(model, LazyDetector(model, *args, device=device))


def estimate_poses(estimator: Estimator,
                   images: Sequence[np.ndarray],
                   boxes: Sequence[Boxes | None] | None = None,
                   *,
                   batch_size: int = 32) -> list[EstimatedPoses]:
    """Estimate the poses of several images, BGR, uint8 (H, W, 3) each.

    People of different images share batches, which mmpose's own functions
    fill with those of one image only. ``boxes`` are None where people are to
    be found, as for all by default.

    Raises:
        ValueError: If boxes are given to an estimator that finds people by
            itself.
    """
    boxes = [None] * len(images) if boxes is None else boxes
    prepared = estimator.prepare(images, boxes)
    samples = [sample for samples in prepared for sample in samples]
    estimated: list[EstimatedPoses] = []
    for start in range(0, len(samples), batch_size):
        estimated += estimator.run(samples[start:start + batch_size])
    people = iter(estimated)
    return [
        EstimatedPoses.join([next(people) for _ in samples],
                            estimator.num_joints) for samples in prepared
    ]


class InputPoses(NamedTuple):
    """Poses in the refiner's skeleton.

    Attributes:
        usable (np.ndarray): Whether a pose can be refined, bool (N, ).
        poses (PoseArrays): The M poses that can, with K keypoints.
    """

    usable: np.ndarray
    poses: PoseArrays

    def put_back(self, keypoints: np.ndarray, refined: np.ndarray,
                 joint_map: JointMap) -> np.ndarray:
        """Put refined keypoints (M, K, 2) among the estimated ones (N, J, 2).

        Joints that the refiner does not know are the estimator's.
        """
        keypoints = keypoints.copy()
        keypoints[self.usable] = joint_map.put(
            keypoints[self.usable], refined, axis=1)
        return keypoints


def to_input_poses(keypoints: np.ndarray,
                   keypoint_scores: np.ndarray,
                   joint_map: JointMap,
                   usable: np.ndarray | None = None) -> InputPoses:
    """Bring an estimator's poses to the refiner's skeleton.

    A joint at the origin with score 0 is absent, as in results files.

    Args:
        keypoints (np.ndarray): Image pixels, (N, J, 2).
        keypoint_scores (np.ndarray): (N, J).
        joint_map (JointMap): From the J joints to the refiner's K keypoints.
        usable (np.ndarray, optional): Which may be refined, bool (N, ), if
            they are finite and a keypoint is present. Defaults to all.
    """
    joints = np.concatenate((keypoints, keypoint_scores[..., None]), -1)
    poses = joint_map.take(joints, axis=1)
    present = (poses != 0).any(-1)
    good = np.isfinite(poses).all((1, 2)) & present.any(1)
    usable = good if usable is None else good & usable
    poses = poses[usable].astype(np.float32)
    return InputPoses(
        usable, PoseArrays(poses[..., :2], present[usable], poses[..., 2]))


def map_estimator_joints(estimator: Estimator,
                         predictor: PosePredictor) -> JointMap:
    """Map the joints of an estimator to the refiner's keypoints by name.

    It is the identity where the estimator's config chooses as many of its
    joints as the refiner has.

    Raises:
        ValueError: If the skeletons have nothing in common.
    """
    names = estimator.model.dataset_meta['keypoint_id2name']
    source = [names[i] for i in range(len(names))]
    if len(source) != estimator.num_joints:
        # test_cfg chooses some of the joints of another data set
        if estimator.num_joints == predictor.num_keypoints:
            return JointMap.identity(predictor.num_keypoints)
        raise ValueError(
            f'the estimator gives {estimator.num_joints} of its '
            f'{len(source)} keypoints, the refiner has '
            f'{predictor.num_keypoints}')
    return JointMap.from_names(source, predictor.keypoint_names)
