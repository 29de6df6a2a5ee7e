"""A refiner that is loaded once and refines poses of any number of images."""
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from mmengine.config import Config

from .backends import Backend, build_backend
from .crops import Crops, build_cropper
from .load_model import open_refiner

#: Scores that refined poses can get.
SCORES = ('input', 'refined')


class RefinedCrops(NamedTuple):
    """Refined poses of a batch.

    Attributes:
        keypoints (np.ndarray): Image pixels, float32 (N, K, 2).
        confidences (np.ndarray): Scores of the keypoints: predicted keypoint
            similarities, or peaks of the softmax maps, float32 (N, K).
        pose_scores (np.ndarray): Predicted OKS of the input and of the
            refined poses, float32 (N, 2); NaN where the refiner predicts
            none.
    """

    keypoints: np.ndarray
    confidences: np.ndarray
    pose_scores: np.ndarray


class PosePredictor:
    """Images and poses in, refined poses out.

    Loaded once, it can be used by several threads: one batch runs at a time.

    Args:
        config (str | Path | Config, optional): Config of a
            :class:`PoseRefiner` whose test dataset is a
            :class:`PoseResultsDataset`, or the name of one of this package.
            Defaults to the refiner that comes with the package.
        checkpoint (str, optional): Its weights. Defaults to those beside the
            config.
        device (str): Defaults to ``'cpu'``.
        backend (str): What runs the network; see
            :data:`posefix_mm.inference.backends.BACKENDS`. Defaults to
            ``'torch'``.
        precision (str): ``'fp32'``, ``'bf16'`` or ``'fp16'``. Defaults to
            ``'fp32'``.
        flip_test (bool): Average with the mirrored image, as the paper does;
            takes twice the time. Defaults to True.
        crop_by (str): What is cropped: ``'pose'``, the extent of a pose,
            ``'bbox'``, the box that came with it, or ``'both'``. Defaults to
            ``'pose'``, as in the release.
        cfg_options (dict, optional): Changes of the config.

    Attributes:
        metainfo (dict): Skeleton.
        files (RefinerFiles): What it was loaded from.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If the config is not a refiner's, or weights do not fit.
    """

    def __init__(self,
                 config: str | Path | Config | None = None,
                 checkpoint: str | None = None,
                 *,
                 device: str = 'cpu',
                 backend: str = 'torch',
                 precision: str = 'fp32',
                 flip_test: bool = True,
                 crop_by: str = 'pose',
                 cfg_options: dict | None = None) -> None:
        self.files, self.cfg, dataset, self.model = open_refiner(
            config, checkpoint, device, cfg_options)
        self.metainfo = dataset.metainfo
        self.categories = dataset.categories
        #: Which keypoints the data set annotates, bool (K, ).
        self.annotated = dataset.annotated
        self.crop = build_cropper(dataset, crop_by)
        self.crop_by = crop_by
        settings = (self.cfg.model.to_dict(),
                    self.cfg.test_dataloader.dataset.to_dict(),
                    torch.device(device).type, backend, precision, flip_test,
                    crop_by)
        #: Fingerprint of everything but the weights.
        self.name = hashlib.blake2b(
            repr(settings).encode(), digest_size=16).hexdigest()
        self._lock = threading.Lock()
        self._options = dict(
            backend=backend, precision=precision, flip_test=flip_test)
        self._backend = self._build_backend()

    def _build_backend(self) -> Backend:
        return build_backend(self.model, self.metainfo, **self._options)

    @property
    def passes(self) -> int:
        """How often to refine where nobody says it, by the config."""
        return self.model.test_cfg.get('passes', 1)

    @property
    def num_keypoints(self) -> int:
        """K."""
        return self.metainfo['num_keypoints']

    @property
    def keypoint_names(self) -> list[str]:
        """Names of the keypoints, in order, (K, )."""
        names = self.metainfo['keypoint_id2name']
        return [names[i] for i in range(self.num_keypoints)]

    def start(self, crops: Crops) -> Callable[[], RefinedCrops]:
        """Start on a batch of crops, of one or of many images.

        Returns:
            Callable[[], RefinedCrops]: Waits for the device, and gives the
            refined poses.
        """
        with self._lock:
            finish = self._backend.start(crops)

        def to_image() -> RefinedCrops:
            keypoints, confidences, *pose_scores = finish()
            return RefinedCrops(
                crops.to_image(keypoints).astype(np.float32), confidences,
                pose_scores[0] if pose_scores else np.full(
                    (len(crops), 2), np.nan, np.float32))

        return to_image

    def choose_scores(self, scores: str | None = None) -> str:
        """Choose the scores of refined poses, ``'input'`` or ``'refined'``.

        Args:
            scores (str, optional): One of them. Defaults to what the config
                says, ``keep_input_scores`` of ``test_cfg``.

        Raises:
            ValueError: If it is neither, or the refiner predicts none.
        """
        predicts = getattr(self.model.head, 'quality', None) is not None
        if scores is None:
            keep = self.model.test_cfg.get('keep_input_scores', True)
            return 'refined' if predicts and not keep else 'input'
        if scores not in SCORES:
            raise ValueError(f'scores must be one of {SCORES}, got '
                             f'{scores!r}')
        if scores == 'refined' and not predicts:
            raise ValueError(
                'this refiner does not predict how good poses are, its head '
                "has no `quality`: scores can only be 'input'")
        return scores

    def keep_unlearnt(self, refined: np.ndarray,
                      keypoints: np.ndarray) -> np.ndarray:
        """Put back the input's keypoints that the model never learnt.

        All of them are (N, K, 2).
        """
        kept = self.model.passthrough_keypoints
        if not kept:
            return refined
        refined = refined.copy()
        refined[:, kept] = keypoints[:, kept]
        return refined
