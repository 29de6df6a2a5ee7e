"""Find, read and load a refiner."""
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config
from mmengine.fileio import load
from mmengine.model.utils import revert_sync_batchnorm
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.registry import DATASETS, MODELS
from torch import nn

from ..datasets import PoseResultsDataset
from ..fileio import CHECKPOINT_ERRORS

#: The refiner that is used unless another one is named.
DEFAULT_REFINER = 'posefix_thunder_1xb32-24e_photos-256x256'


class RefinerFiles(NamedTuple):
    """Config and weights of a refiner.

    Attributes:
        config (Path | Config): The config.
        checkpoint (str | None): Its weights; None for random ones.
    """

    config: Path | Config
    checkpoint: str | None


class LoadedRefiner(NamedTuple):
    """A refiner in memory.

    Attributes:
        files (RefinerFiles): What it was loaded from.
        cfg (Config): Its config.
        dataset (PoseResultsDataset): Its test dataset, whose files have not
            been read.
        model (nn.Module): The network, in evaluation mode.
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
    """Find a refiner and load it.

    Args:
        config (str | Path | Config, optional): As of :func:`find_refiner`.
        checkpoint (str, optional): As there.
        device (str): Defaults to ``'cpu'``.
        cfg_options (dict, optional): Changes of the config.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If the config is not a refiner's, weights do not fit it,
            or the device can't be used.
    """
    files = find_refiner(config, checkpoint)
    cfg = load_refiner_config(
        files.config,
        pretrained=files.checkpoint is None,
        cfg_options=cfg_options)
    return LoadedRefiner(files, cfg, build_test_dataset(cfg),
                         load_refiner(cfg, files.checkpoint, device))


def find_refiner(config: str | Path | Config | None = None,
                 checkpoint: str | None = None) -> RefinerFiles:
    """Find the files of a refiner.

    Args:
        config (str | Path | Config, optional): Config file, or the name of a
            config of this package, as in its model index. Defaults to the
            refiner that comes with the package.
        checkpoint (str, optional): Weights. Defaults to those that lie beside
            the config, under its name.

    Returns:
        RefinerFiles: Config, and weights, which exist.

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


def _models() -> Iterator[dict]:
    """Read the entries of the package's model index."""
    root = package_root()
    for name in load(root / 'model-index.yml')['Import']:
        yield from load(root / name)['Models']


def _find_config(name: str) -> Path:
    models = {model['Name']: model['Config'] for model in _models()}
    if name not in models:
        raise FileNotFoundError(
            f'{name} is neither a config file nor one of the package: '
            + ', '.join(sorted(models)))
    return package_root() / models[name]


def load_refiner_config(config: str | Path | Config,
                        *,
                        pretrained: bool = True,
                        cfg_options: dict | None = None) -> Config:
    """Read a config, or copy the one that is given.

    Args:
        config (str | Path | Config): The config.
        pretrained (bool): Whether the backbone's own weights are wanted; not
            where a checkpoint replaces them. Defaults to True.
        cfg_options (dict, optional): Changes of the config.

    Returns:
        Config: A config that the caller may change.

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
    """Build a refiner with its weights.

    mmpose's ``init_model`` requires a skeleton in the checkpoint, and only
    warns of weights that do not fit, which would make nonsense of every pose.

    Args:
        cfg (Config): From :func:`load_refiner_config`.
        checkpoint (str | None): Weights, None for random ones.
        device (str): Such as ``'cuda:0'``.

    Returns:
        nn.Module: The refiner, in evaluation mode.

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
