"""Detector, estimator and refiner as one model."""
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import ConfigDict
from mmengine.model import BaseModel
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from mmpose.utils.typing import SampleList
from torch import Tensor

from ..inference.backends import build_backend
from ..inference.crops import Crops
from ..inference.predictor import PosePredictor, RefinedCrops
from ..inference.stream import ImageJob, ImageResult, refine_stream
from .estimators import (
    EstimatedPoses,
    build_estimator,
    estimate_poses,
    map_estimator_joints,
    to_input_poses,
)
from .load_models import (
    ModelFiles,
    find_model,
    load_detector,
    load_estimator,
    read_config,
)
from .person_detector import FindPeople, PersonDetector, whole_images


@MODELS.register_module()
class ChainedPoseRefiner(BaseModel):
    """Whole images in, refined poses of all of their people out.

    A detector of mmdet, an estimator of mmpose and a :class:`PoseRefiner`,
    one after the other, so that one run of ``tools/test.py`` evaluates all
    three. People of the images of a batch share batches. For testing only:
    the parts are trained by themselves.

    A checkpoint that is loaded into the whole model may be one of the refiner
    alone.

    Args:
        detector (dict, optional): ``config`` and ``checkpoint`` of a detector
            as in :func:`posefix_mm.chain.find_model`, ``cfg_options`` that
            change the config, and further arguments of
            :class:`posefix_mm.chain.PersonDetector`. None takes every image
            for one person; estimators that find people by themselves have no
            use for one. Defaults to None.
        estimator (dict): ``config``, ``checkpoint`` and ``cfg_options`` of
            an estimator of mmpose.
        refiner (dict): ``config``, ``checkpoint`` and further arguments of
            :class:`posefix_mm.inference.PosePredictor`.
        batch_size (int): People that are estimated and refined at once.
            Defaults to 32.
    """

    def __init__(self,
                 *,
                 estimator: dict,
                 refiner: dict,
                 detector: dict | None = None,
                 batch_size: int = 32) -> None:
        super().__init__()
        self.batch_size = batch_size
        find_people: FindPeople = whole_images
        if detector is not None:
            find_people = _build_detector(detector)
            self.detector = find_people.model
        self.estimator = load_estimator(_find_part(estimator, 'mmpose'))
        self._estimator = build_estimator(self.estimator, find_people)
        self._predictor = _build_refiner(refiner)
        self.refiner = self._predictor.model
        self._joint_map = map_estimator_joints(self._estimator,
                                               self._predictor)
        self._register_load_state_dict_pre_hook(self._complete_state_dict)

    def _complete_state_dict(self, state_dict: dict, prefix: str,
                             *_: Any) -> None:
        """Let a checkpoint of the refiner stand for one of the chain."""
        self._predictor.forget_backend()
        if any(name.startswith(f'{prefix}refiner.') for name in state_dict):
            return
        for name in list(state_dict):
            if name.startswith(prefix):
                rest = name[len(prefix):]
                state_dict[f'{prefix}refiner.{rest}'] = state_dict.pop(name)
        lacking = {
            f'{prefix}refiner.{name}'
            for name, _ in self.refiner.named_parameters()
        } - set(state_dict)
        if lacking:
            raise ValueError(
                'the checkpoint is neither one of the chain nor one of its '
                f'refiner: {len(lacking)} weights of the refiner are missing, '
                f'such as {min(lacking)}')
        for name, value in self.state_dict().items():
            state_dict.setdefault(prefix + name, value)

    def forward(self,
                inputs: list[Tensor],
                data_samples: SampleList,
                mode: str = 'predict') -> SampleList:
        """Refine the people of whole images; see :meth:`predict`.

        Raises:
            NotImplementedError: In any other mode than ``'predict'``.
        """
        if mode != 'predict':
            raise NotImplementedError(
                f'a chain does not run in mode {mode!r}, only in predict; '
                'train its parts by themselves')
        return self.predict(inputs, data_samples)

    def test_step(self, data: dict) -> SampleList:
        """Run on a batch; images stay on the CPU, where they are cropped.

        Args:
            data (dict): ``inputs`` and ``data_samples``, lists of one length.
        """
        return self(**data, mode='predict')

    val_step = test_step

    @torch.no_grad()
    def predict(self, inputs: list[Tensor],
                data_samples: SampleList) -> SampleList:
        """Find people, estimate their poses and refine them.

        In BGR images of any sizes, uint8 (3, H, W) each. The samples get
        ``pred_instances`` of N people: keypoints (image pixels, (N, K, 2)),
        keypoint_scores of the estimator ((N, K)), bboxes ((N, 4)) and
        bbox_scores of the detector. ``gt_instances`` is what a top-down
        estimator's test has there: the boxes that were used.
        """
        images = [
            np.ascontiguousarray(image.cpu().numpy().transpose(1, 2, 0))
            for image in inputs
        ]
        estimates = estimate_poses(
            self._estimator, images, batch_size=self.batch_size)
        inputs = [
            to_input_poses(e.keypoints, e.keypoint_scores, self._joint_map)
            for e in estimates
        ]
        jobs = (
            ImageJob(i, lambda i=i: images[i], inputs[i].poses)
            for i in range(len(images)))
        refined = refine_stream(
            self._predictor, jobs, batch_size=self.batch_size, num_workers=0)
        for sample, result in zip(data_samples, refined, strict=True):
            self._add_people(sample, estimates[result.key],
                             inputs[result.key].usable, result)
        return data_samples

    def _add_people(self, sample: PoseDataSample, estimate: EstimatedPoses,
                    usable: np.ndarray, result: ImageResult) -> None:
        """Pack the people of one image."""
        keep = self.refiner.test_cfg.get('keep_input_scores', True)
        scores = result.poses.keypoint_scores if keep else result.confidences
        boxes = InstanceData(
            bboxes=estimate.bboxes[usable],
            bbox_scores=estimate.bbox_scores[usable])
        if not keep and np.isfinite(result.pose_scores).all():
            boxes.bbox_scores = boxes.bbox_scores * result.pose_scores[:, 1]
        sample.pred_instances = InstanceData(
            keypoints=result.keypoints,
            keypoint_scores=scores,
            keypoints_visible=scores,
            bboxes=boxes.bboxes,
            bbox_scores=boxes.bbox_scores)
        # the metric takes their product for the area, in OKS-NMS
        boxes.bbox_scales = np.sqrt(result.areas)[:, None].repeat(2, axis=1)
        sample.gt_instances = boxes


def _find_part(part: dict, scope: str) -> ModelFiles:
    """Find config and weights of a part and change its config."""
    files = find_model(part['config'], part.get('checkpoint'), scope=scope)
    files.config.merge_from_dict(dict(part.get('cfg_options') or {}))
    return files


def _build_detector(part: dict) -> PersonDetector:
    options = {
        name: value for name, value in ConfigDict(part).to_dict().items()
        if name not in ('config', 'checkpoint', 'cfg_options')
    }
    return PersonDetector(load_detector(_find_part(part, 'mmdet')), **options)


class MovablePredictor(PosePredictor):
    """A predictor whose network is still to be moved and given weights.

    As happens to the parts of a model: a runner builds it, loads a checkpoint
    into it and chooses its device. Back ends change the network for
    inference, so they get a copy of it, when the first batch comes.
    """

    def _build_backend(self) -> None:
        self._device = None

    def forget_backend(self) -> None:
        """Take up weights that have changed, with the next batch."""
        self._backend = None

    def start(self, crops: Crops) -> Callable[[], RefinedCrops]:
        """Start on a batch; see :meth:`PosePredictor.start`."""
        device = next(self.model.parameters()).device
        if self._backend is None or device != self._device:
            self._backend = build_backend(
                copy.deepcopy(self.model).eval(), self.metainfo,
                **self._options)
            self._device = device
        return super().start(crops)


def _build_refiner(part: dict) -> MovablePredictor:
    """Build the refiner, whose weights the runner may load later."""
    config = part.get('config')
    if isinstance(config, str) and ('::' in config or config.endswith('.py')) \
            and not Path(config).with_suffix('.pth').is_file():
        config = read_config(config)
    options = dict(ConfigDict(part).to_dict(), config=config)
    # the device is the runner's, and poses of a chain have no boxes
    for name in ('device', 'crop_by'):
        if options.get(name) is not None:
            raise TypeError(f'the refiner of a chain takes no {name}')
    return MovablePredictor(**options)
