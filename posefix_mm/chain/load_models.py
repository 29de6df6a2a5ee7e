"""Find and load detectors of mmdet and estimators of mmpose."""
import copy
import logging
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import torch
from mmengine.config import Config, ConfigDict
from mmengine.infer import BaseInferencer
from mmengine.logging import print_log
from mmengine.registry import DefaultScope
from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from ..fileio import CHECKPOINT_ERRORS
from ..inference.load_model import check_weights

#: A config file, ``'package::path'``, a name of a package's model index, or
#: the config itself.
ModelType = str | Path | Config | ConfigDict | dict


class ModelFiles(NamedTuple):
    """Config and weights of a model.

    Attributes:
        config (Config): A config that the owner may change.
        checkpoint (str | None): File or address of its weights; None for
            random ones.
        name (str): What messages call it.
    """

    config: Config
    checkpoint: str | None
    name: str


def find_model(model: ModelType,
               weights: str | None = None,
               *,
               scope: str) -> ModelFiles:
    """Find the files of a model of any OpenMMLab package.

    Args:
        model (str | Path | Config | dict): A config file; the place of one in
            an installed package, such as
            ``'mmdet::rtmdet/rtmdet_m_8xb32-300e_coco.py'``; a name or alias
            of the package's model index, such as ``'rtmdet-m'``; or the
            config itself.
        weights (str, optional): Checkpoint. Defaults to the one of the model
            index where ``model`` is a name of it, else to none: random
            weights.
        scope (str): Package whose model index is read, ``'mmdet'`` or
            ``'mmpose'``.

    Returns:
        ModelFiles: The config, and the weights.

    Raises:
        FileNotFoundError: If there is no such config or checkpoint.
        ModuleNotFoundError: If the package of ``'package::path'`` is not
            installed.
    """
    if isinstance(model, (Config, dict)):
        config = Config(copy.deepcopy(dict(model))) \
            if not isinstance(model, Config) else copy.deepcopy(model)
        return ModelFiles(config, check_weights(weights), 'the given config')
    name = str(model)
    if '::' in name or Path(name).suffix == '.py':
        return ModelFiles(read_config(name), check_weights(weights), name)
    entry = _find_entry(name, scope)
    root = Path(BaseInferencer._get_repo_or_mim_dir(scope))
    if weights is None:
        published = entry.get('Weights')
        weights = published[0] if isinstance(published, list) else published
    return ModelFiles(
        Config.fromfile(root / entry['Config']), check_weights(weights), name)


def read_config(name: str | Path) -> Config:
    """Read a config file, or ``'package::path'`` of an installed package.

    Raises:
        FileNotFoundError: If it does not exist.
        ModuleNotFoundError: If the package is not installed.
    """
    name = str(name)
    if '::' not in name:
        if not Path(name).is_file():
            raise FileNotFoundError(f'the config {name} does not exist')
        return Config.fromfile(name)
    try:
        # the way in which configs inherit from other packages
        return Config.fromstring(f'_base_ = {name!r}\n', '.py')
    except (AssertionError, OSError, LookupError, ValueError,
            RuntimeError) as error:
        raise FileNotFoundError(
            f'there is no config {name}: {error}') from error


def _find_entry(name: str, scope: str) -> dict:
    root = BaseInferencer._get_repo_or_mim_dir(scope)
    for entry in BaseInferencer._get_models_from_metafile(root):
        aliases = entry.get('Alias', [])
        aliases = [aliases] if isinstance(aliases, str) else aliases
        if name.lower() in (n.lower() for n in (entry['Name'], *aliases)):
            return entry
    raise FileNotFoundError(
        f'{name} is neither a config file nor the name of a model of {scope}; '
        f"give the path of a .py file, '{scope}::path/in/its/configs.py', or "
        'a name of its model index')


def load_detector(files: ModelFiles, device: str = 'cpu') -> nn.Module:
    """Build a detector of mmdet, in evaluation mode, with its ``cfg``.

    Raises:
        ImportError: If mmdet is not installed.
        ValueError: If the checkpoint does not fit the config.
    """
    try:
        from mmdet.apis import init_detector
    except ImportError as error:
        raise ImportError(
            'a detector needs mmdet, which is not installed; pip install '
            "'mmdet>=3.2,<3.4', or give the boxes") from error
    # Building in mmdet's scope: several of its classes have namesakes in
    # mmpose.
    with DefaultScope.overwrite_default_scope('mmdet'), \
            warnings.catch_warnings(record=True):
        # It warns of the checkpoint, which is loaded below. A palette is
        # named so that no data set is looked up for one.
        model = init_detector(
            files.config, None, palette='random', device=device)
    load_weights(model, files)
    return model


def load_estimator(files: ModelFiles, device: str = 'cpu') -> nn.Module:
    """Build an estimator of mmpose, in evaluation mode.

    It has its config as ``cfg`` and its skeleton as ``dataset_meta``.

    Raises:
        ValueError: If the checkpoint does not fit the config.
    """
    # imports mmdet where it is installed, which takes its time
    from mmpose.apis import init_model
    scope = files.config.get('default_scope', 'mmpose')
    with DefaultScope.overwrite_default_scope(scope):
        model = init_model(files.config, None, device=device)
    meta = load_weights(model, files)
    model.dataset_meta = meta.get('dataset_meta') or model.dataset_meta
    return model


def load_weights(model: nn.Module, files: ModelFiles) -> dict[str, Any]:
    """Load weights and refuse a checkpoint that is another model's.

    mmpose and mmdet only warn of weights that are missing, which would make
    nonsense of every pose. Without a checkpoint, the log says that weights
    are random.

    Returns:
        dict[str, Any]: ``meta`` of the checkpoint.

    Raises:
        ValueError: If the checkpoint can't be read or lacks weights.
    """
    if files.checkpoint is None:
        print_log(
            f'{files.name} runs with random weights: no checkpoint is named',
            logger='current',
            level=logging.WARNING)
        return {}
    try:
        content = _read_checkpoint(files.checkpoint)
        state = content.get('state_dict', content)
        keys = model.load_state_dict(
            {name.removeprefix('module.'): v for name, v in state.items()},
            strict=False)
    except CHECKPOINT_ERRORS as error:
        reason = ' '.join(str(error).split())
        raise ValueError(f'{files.checkpoint} does not hold weights of '
                         f'{files.name}: {reason:.300}') from error
    lacking = set(keys.missing_keys) & dict(model.named_parameters()).keys()
    if lacking:
        raise ValueError(
            f'{files.checkpoint} does not hold weights of {files.name}: '
            f'{len(lacking)} are missing, such as {min(lacking)}')
    return content.get('meta') or {}


def _read_checkpoint(checkpoint: str) -> dict[str, Any]:
    """Read a checkpoint without running anything of it."""
    if '://' not in checkpoint:
        # older releases of PyTorch do not check unless they are told to
        return torch.load(checkpoint, map_location='cpu', weights_only=True)
    return CheckpointLoader.load_checkpoint(
        checkpoint, map_location='cpu', logger='silent')
