"""Find people in whole images."""
from collections.abc import Callable, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import DefaultScope
from mmpose.evaluation.functional import nms
from torch import nn

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
        """Read boxes that a user gives.

        Args:
            boxes (np.ndarray | Sequence): (x1, y1, x2, y2), optionally with a
                score, (N, 4) or (N, 5); without, all scores are 1.

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
            for people. Defaults to (0, ), COCO's person.
        bbox_thr (float): Boxes with a score that is not above it are left
            out. Defaults to 0.3.
        nms_thr (float, optional): Boxes of a greater IoU with a better one
            are left out; None keeps what the detector's own NMS keeps.
            Defaults to 0.3.
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
        """Find people.

        Args:
            images (Sequence[np.ndarray]): BGR, uint8 (H, W, 3) each.

        Returns:
            List[Boxes]: Of each image, the best first.
        """
        samples = [self.pipeline(dict(img=i, img_id=0)) for i in images]
        return [
            self._choose(output.pred_instances.cpu().numpy())
            for output in run_by_shape(self.model, samples)
        ]

    def _choose(self, found) -> Boxes:
        people = np.isin(found.labels, self.cat_ids) & (
            found.scores > self.bbox_thr)
        boxes, scores = (
            values[people].astype(np.float32)
            for values in (found.bboxes, found.scores))
        if self.nms_thr is not None and len(boxes):
            kept = nms(np.column_stack((boxes, scores)), self.nms_thr)
        else:
            kept = np.argsort(-scores, kind='stable')
        return Boxes(boxes[kept], scores[kept])


def category_ids(given: int | tuple | list | None) -> tuple[int, ...]:
    """Read ``det_cat_ids`` as mmpose does: a number or several."""
    if given is None:
        return (0, )
    return (given, ) if isinstance(given, int) else tuple(given)


@torch.no_grad()
def run_by_shape(model: nn.Module, samples: Sequence[dict]) -> list[Any]:
    """Run a model on samples, neighbours of one shape as a batch.

    Args:
        model (nn.Module): With a ``test_step``.
        samples (Sequence[dict]): ``inputs`` (a tensor, (C, H, W)) and
            ``data_samples`` of each.

    Returns:
        List[Any]: Outputs in the order of the samples.
    """
    outputs = []
    for _, group in groupby(samples, lambda sample: sample['inputs'].shape):
        while batch := list(islice(group, _MAX_BATCH)):
            outputs.extend(model.test_step(pseudo_collate(batch)))
    return outputs
