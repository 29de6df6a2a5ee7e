"""A refiner that is loaded once and refines poses of any number of images."""
import copy
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from mmengine.config import Config
from mmengine.fileio import load
from mmengine.model.utils import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.registry import DATASETS, MODELS
from torch import nn

from ..datasets import PoseResultsDataset
from ..fileio import CHECKPOINT_ERRORS
from .backends import Backend, build_backend
from .crops import Crops, build_cropper

#: The refiner that is used unless another one is named.
DEFAULT_REFINER = 'posefix_thunder_1xb32-24e_photos-256x256'
#: Scores that refined poses can get.
SCORES = ('input', 'refined')


class RefinedCrops(NamedTuple):
    """Refined poses of a batch.

    Attributes:
        keypoints (np.ndarray): Image pixels, float32 (N, K, 2).
        confidences (np.ndarray): Scores of the keypoints: predicted keypoint
            similarities, or peaks of the softmax maps, float32 (N, K).
        pose_scores (np.ndarray): Predicted OKS of the input and of the
            refined poses, float32 (N, 2); NaN where there is none.
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
        """How often to refine by default, from the config."""
        return self.model.test_cfg.get('passes', 1)

    @property
    def neighbour_margin(self) -> float | None:
        """Which keypoints do not move to another pose's, by the config.

        One that moves by more than this and comes nearer than that to the
        same keypoint of another pose of the image stays, in units of the
        square root of the area of its pose's extent; None for none.
        """
        return self.model.test_cfg.get('neighbour_margin')

    @property
    def doubt_below(self) -> float | None:
        """Which poses a further pass looks at without being shown them.

        Those whose refined OKS is predicted to be below this, and that are
        alone in their crop, so that the image tells whose joints these are;
        None for none.
        """
        return self.model.test_cfg.get('doubt_below')

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

        By default what the config says, ``keep_input_scores`` of ``test_cfg``.

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


class RefinerFiles(NamedTuple):
    """Config and weights of a refiner, None for random ones."""

    config: Path | Config
    checkpoint: str | None


class LoadedRefiner(NamedTuple):
    """A refiner in memory, what it was loaded from, and its config.

    The files of its test ``dataset`` have not been read.
    """

    files: RefinerFiles
    cfg: Config
    dataset: PoseResultsDataset
    model: nn.Module


def package_root() -> Path:
    """Folder with the package's ``configs`` and ``model-index.yml``."""
    return Path(__file__).resolve().parents[1] / '.mim'


def open_refiner(config: str | Path | Config | None = None,
                 checkpoint: str | None = None,
                 device: str = 'cpu',
                 cfg_options: dict | None = None) -> LoadedRefiner:
    """Find a refiner and load it; see :class:`PosePredictor`."""
    files = find_refiner(config, checkpoint)
    cfg = load_refiner_config(
        files.config,
        pretrained=files.checkpoint is None,
        cfg_options=cfg_options)
    return LoadedRefiner(files, cfg, build_test_dataset(cfg),
                         load_refiner(cfg, files.checkpoint, device))


def find_refiner(config: str | Path | Config | None = None,
                 checkpoint: str | None = None) -> RefinerFiles:
    """Find the files of a refiner, as :class:`PosePredictor` is asked to.

    Raises:
        FileNotFoundError: If there is no such config or there are no weights;
            the message lists the names.
    """
    if isinstance(config, Config):
        return RefinerFiles(config, check_weights(checkpoint))
    path = Path(DEFAULT_REFINER if config is None else config)
    if path.suffix != '.py' and not path.is_file():
        path = _find_config(str(path))
    if not path.is_file():
        raise FileNotFoundError(f'the config {path} does not exist')
    if checkpoint is None:
        beside = path.with_suffix('.pth')
        if not beside.is_file():
            raise FileNotFoundError(
                f'no weights come with {path.stem}; name a checkpoint of it')
        checkpoint = str(beside)
    return RefinerFiles(path, check_weights(checkpoint))


def check_weights(weights: str | None) -> str | None:
    """Check that a checkpoint exists, unless it is to be fetched.

    Raises:
        FileNotFoundError: If it does not.
    """
    if weights is None:
        return None
    if '://' not in str(weights) and not Path(weights).is_file():
        raise FileNotFoundError(f'the checkpoint {weights} does not exist')
    return str(weights)


def _find_config(name: str) -> Path:
    root = package_root()
    models = {
        model['Name']: model['Config']
        for part in load(root / 'model-index.yml')['Import']
        for model in load(root / part)['Models']
    }
    if name not in models:
        raise FileNotFoundError(
            f'{name} is neither a config file nor one of the package: '
            + ', '.join(sorted(models)))
    return root / models[name]


def load_refiner_config(config: str | Path | Config,
                        *,
                        pretrained: bool = True,
                        cfg_options: dict | None = None) -> Config:
    """Read a config, or copy the one that is given.

    The caller may change what comes back. ``pretrained`` says whether the
    backbone's own weights are wanted: not where a checkpoint replaces them.

    Raises:
        ValueError: If it is not a refiner's.
    """
    cfg = copy.deepcopy(config) if isinstance(config, Config) \
        else Config.fromfile(config)
    cfg.merge_from_dict(cfg_options or {})
    dataset = cfg.get('test_dataloader', {}).get('dataset')
    if dataset is None or dataset['type'] != 'PoseResultsDataset':
        raise ValueError(
            "the config is not a refiner's: its test_dataloader.dataset must "
            f"be a PoseResultsDataset, got {dataset and dataset['type']}")
    if not pretrained and 'packaged_weights' in cfg.model.get('backbone', {}):
        cfg.model.backbone.packaged_weights = False
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    return cfg


def build_test_dataset(cfg: Config) -> PoseResultsDataset:
    """Build the test dataset of a refiner without reading its files."""
    return DATASETS.build(dict(cfg.test_dataloader.dataset, lazy_init=True))


def load_refiner(cfg: Config, checkpoint: str | None,
                 device: str) -> nn.Module:
    """Build a refiner with its weights, None for random ones, to evaluate.

    mmpose's ``init_model`` requires a skeleton in the checkpoint, and only
    warns of weights that do not fit, which would make nonsense of every pose.

    Raises:
        FileNotFoundError: If the checkpoint does not exist.
        ValueError: If the checkpoint does not fit the config, or the device
            can't be used.
    """
    check_weights(checkpoint)
    model = revert_sync_batchnorm(MODELS.build(cfg.model))
    if checkpoint is not None:
        try:
            load_checkpoint(model, str(checkpoint), map_location='cpu',
                            strict=True, logger='silent')
        except CHECKPOINT_ERRORS as error:
            reason = ' '.join(str(error).split())
            raise ValueError(f'{checkpoint} does not hold weights of the '
                             f"config's model: {reason:.300}") from error
    try:
        return model.to(device).eval()
    except (AssertionError, RuntimeError) as error:
        raise ValueError(f'cannot use device {device!r}: '
                         f'{str(error).splitlines()[0]}') from error
