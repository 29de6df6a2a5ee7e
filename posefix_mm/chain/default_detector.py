"""Choose the detector that mmpose's inferencers would choose."""
from typing import Any

from mmpose.registry import DATASETS
from torch import nn

from ..inference.model_files import ModelFiles, ModelType, find_model
from .estimators import Estimator, build_estimator
from .load_models import load_detector, load_estimator
from .person_detector import (
    Boxes,
    FindPeople,
    PersonDetector,
    category_ids,
    whole_images,
)


class LazyDetector:
    """A detector that is loaded when people are to be found the first time.

    Where boxes are given, none is needed.

    Args:
        estimator (nn.Module): For whose kind of objects a detector is chosen
            if none is named.
        det_model (str | Config, optional): A detector of mmdet;
            ``'whole_image'`` takes images for people. Defaults to mmpose's
            choice.
        det_weights (str, optional): Its checkpoint.
        det_cat_ids (int | Sequence[int], optional): Categories that count.
        device (str): Defaults to ``'cpu'``.
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


def build_chain(files: ModelFiles, *args, device: str) -> Estimator:
    """Build an estimator with a detector in front of it.

    Args:
        files (ModelFiles): Of the estimator.
        *args: Further arguments of :class:`LazyDetector`.
        device (str): Of both.
    """
    model = load_estimator(files, device)
    return build_estimator(model, LazyDetector(model, *args, device=device))


def default_detector(estimator: nn.Module) -> dict:
    """Look up mmpose's detector for the objects of an estimator.

    Args:
        estimator (nn.Module): With its config as ``cfg``.

    Returns:
        dict: ``model``, ``weights`` and ``cat_ids``; the model is
        ``'whole_image'`` where mmpose has none.
    """
    from mmpose.apis.inferencers.utils import default_det_models
    cfg = estimator.cfg
    name = cfg.get('dataset_type') or cfg.train_dataloader.dataset.type
    module = DATASETS.get(name).__module__
    kind = module.split('datasets.')[-1].split('.')[0].lower()
    return default_det_models.get(
        kind, dict(model='whole_image', weights=None, cat_ids=(0, )))
