"""Find people in whole images."""
from collections.abc import Callable, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from mmengine.structures import InstanceData
from mmpose.evaluation.functional import nms
from mmpose.registry import DATASETS
from torch import nn

from .load_models import ModelType, find_model, load_detector

# Whole images are large: more at once is hardly faster, but takes memory.
_MAX_BATCH = 8
#: What is done to the images that come in: B images to the boxes of each.
FindPeople = Callable[[Sequence[np.ndarray]], list['Boxes']]


class Boxes(NamedTuple):
    """Boxes of the people of one image.

    Attributes:
        bboxes (np.ndarray): Image pixels (x1, y1, x2, y2), float32 (N, 4).
        bbox_scores (np.ndarray): float32 (N, ).
    """

    bboxes: np.ndarray
    bbox_scores: np.ndarray

    @classmethod
    def from_array(cls, boxes: np.ndarray | Sequence) -> 'Boxes':
        """Read boxes (x1, y1, x2, y2), (N, 4), or (N, 5) with scores, else 1.

        Raises:
            ValueError: If the shape is another, a number is not finite, or a
                box is empty.
        """
        array = np.asarray(boxes, dtype=np.float32)
        if array.size == 0:
            array = array.reshape(0, 4)
        if array.ndim != 2 or array.shape[1] not in (4, 5):
            raise ValueError('the boxes of an image must be (N, 4) or (N, 5) '
                             f'as x1, y1, x2, y2, score; got {array.shape}')
        if not np.isfinite(array).all():
            raise ValueError('the numbers of a box must be finite')
        empty = (array[:, 2:4] <= array[:, :2]).any(1)
        if empty.any():
            raise ValueError('a box must be x1, y1, x2, y2 with x1 < x2 and '
                             f'y1 < y2, got {array[empty.argmax(), :4]}')
        scores = array[:, 4] if array.shape[1] == 5 else np.ones(len(array))
        return cls(array[:, :4], scores.astype(np.float32))


def whole_images(images: Sequence[np.ndarray]) -> list[Boxes]:
    """Take every image for one person, as mmpose's ``'whole_image'``."""
    return [
        Boxes.from_array([[0, 0, image.shape[1], image.shape[0]]])
        for image in images
    ]


class PersonDetector:
    """Boxes of people by a detector of mmdet, in images of any sizes.

    Boxes are chosen as mmpose's inferencers choose them. Images that are of
    one size after the detector's pipeline are detected in one batch, so that
    padding never changes what is found.

    Args:
        model (nn.Module): From :func:`load_detector`.
        cat_ids (Sequence[int]): Categories of the detector that are taken
            for people. Defaults to COCO's person.
        bbox_thr (float): Boxes with a score that is not above it are left
            out.
        nms_thr (float, optional): Boxes of a greater IoU with a better one
            are left out; None keeps what the detector's own NMS keeps.
    """

    def __init__(self,
                 model: nn.Module,
                 *,
                 cat_ids: Sequence[int] = (0, ),
                 bbox_thr: float = 0.3,
                 nms_thr: float | None = 0.3) -> None:
        from mmdet.utils import get_test_pipeline_cfg
        self.model = model
        self.cat_ids = tuple(cat_ids)
        self.bbox_thr = bbox_thr
        self.nms_thr = nms_thr
        load, *transforms = get_test_pipeline_cfg(model.cfg)
        with DefaultScope.overwrite_default_scope('mmdet'):
            self.pipeline = Compose(
                [dict(load, type='mmdet.LoadImageFromNDArray'), *transforms])

    def __call__(self, images: Sequence[np.ndarray]) -> list[Boxes]:
        """Find the people of images, BGR, uint8 (H, W, 3), best first."""
        samples = [self.pipeline(dict(img=i, img_id=0)) for i in images]
        return [
            self._choose(output.pred_instances.cpu().numpy())
            for output in run_by_shape(self.model, samples)
        ]

    def _choose(self, detections: InstanceData) -> Boxes:
        people = np.isin(detections.labels, self.cat_ids) & (
            detections.scores > self.bbox_thr)
        boxes, scores = (
            values[people].astype(np.float32)
            for values in (detections.bboxes, detections.scores))
        if self.nms_thr is not None and len(boxes):
            kept = nms(np.column_stack((boxes, scores)), self.nms_thr)
        else:
            kept = np.argsort(-scores, kind='stable')
        return Boxes(boxes[kept], scores[kept])


class LazyDetector:
    """A detector that is loaded when people are first to be found.

    Where boxes are given, none is needed. Arguments are those of
    :class:`PoseRefineInferencer`; ``estimator`` is that for whose kind of
    objects a detector is chosen if none is named.
    """

    def __init__(self,
                 estimator: nn.Module,
                 det_model: ModelType | None = None,
                 det_weights: str | None = None,
                 det_cat_ids: Any = None,
                 *,
                 device: str = 'cpu') -> None:
        if det_model is None:
            default = default_detector(estimator)
            det_model = default['model']
            det_weights = det_weights or default['weights']
            if det_cat_ids is None:
                det_cat_ids = default['cat_ids']
        self.files = None
        if det_model not in ('whole_image', 'whole-image'):
            # a wrong name shows at once
            self.files = find_model(det_model, det_weights, scope='mmdet')
        self.cat_ids = category_ids(det_cat_ids)
        self.device = device
        self.bbox_thr = self.nms_thr = 0.3
        self._find: FindPeople | None = None

    def __call__(self, images: list) -> 'list[Boxes]':
        """Find people; see :meth:`PersonDetector.__call__`."""
        if self.files is None:
            return whole_images(images)
        if self._find is None:
            self._find = PersonDetector(
                load_detector(self.files, self.device), cat_ids=self.cat_ids)
        self._find.bbox_thr = self.bbox_thr
        self._find.nms_thr = self.nms_thr
        return self._find(images)


def default_detector(estimator: nn.Module) -> dict:
    """Look up the detector that mmpose's inferencers would choose.

    ``model`` of what comes back, beside ``weights`` and ``cat_ids``, is
    ``'whole_image'`` where mmpose has none for the estimator's objects.
    """
    from mmpose.apis.inferencers.utils import default_det_models
    cfg = estimator.cfg
    name = cfg.get('dataset_type') or cfg.train_dataloader.dataset.type
    module = DATASETS.get(name).__module__
    kind = module.split('datasets.')[-1].split('.')[0].lower()
    return default_det_models.get(
        kind, dict(model='whole_image', weights=None, cat_ids=(0, )))


def category_ids(ids: int | tuple | list | None) -> tuple[int, ...]:
    """Read ``det_cat_ids`` as mmpose does: a number or several."""
    return (ids or 0, ) if ids is None or isinstance(ids, int) else tuple(ids)


@torch.no_grad()
def run_by_shape(model: nn.Module, samples: Sequence[dict]) -> list[Any]:
    """Run a model on samples, neighbours of one shape as a batch.

    A sample has ``inputs``, (C, H, W), and ``data_samples``; outputs come in
    the order of the samples.
    """
    outputs = []
    for _, group in groupby(samples, lambda sample: sample['inputs'].shape):
        while batch := list(islice(group, _MAX_BATCH)):
            outputs.extend(model.test_step(pseudo_collate(batch)))
    return outputs
