"""Build detectors of mmdet and estimators of mmpose with their weights."""
import logging
import warnings
from typing import Any

import torch
from mmengine.logging import print_log
from mmengine.registry import DefaultScope
from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from ..fileio import CHECKPOINT_ERRORS
from ..inference.model_files import ModelFiles


def load_detector(files: ModelFiles, device: str = 'cpu') -> nn.Module:
    """Build a detector of mmdet.

    Args:
        files (ModelFiles): From :func:`find_model`.
        device (str): Defaults to ``'cpu'``.

    Returns:
        nn.Module: In evaluation mode, with its config as ``cfg``.

    Raises:
        ImportError: If mmdet is not installed.
        ValueError: If the checkpoint does not fit the config.
    """
    try:
        from mmdet.apis import init_detector
    except ImportError as error:
        raise ImportError(
            'a detector needs mmdet, which is not installed; pip install '
            "--no-deps 'mmdet>=3.2,<3.4', or give the boxes") from error
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
    """Build an estimator of mmpose.

    Args:
        files (ModelFiles): From :func:`find_model`.
        device (str): Defaults to ``'cpu'``.

    Returns:
        nn.Module: In evaluation mode, with its config as ``cfg`` and its
        skeleton as ``dataset_meta``.

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
    nonsense of every pose.

    Args:
        model (nn.Module): What takes the weights.
        files (ModelFiles): Where they are; with none, the log says that the
            weights are random.

    Returns:
        Dict[str, Any]: ``meta`` of the checkpoint.

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
        found = model.load_state_dict(
            {name.removeprefix('module.'): v for name, v in state.items()},
            strict=False)
    except CHECKPOINT_ERRORS as error:
        reason = ' '.join(str(error).split())
        raise ValueError(f'{files.checkpoint} does not hold weights of '
                         f'{files.name}: {reason:.300}') from error
    lacking = set(found.missing_keys) & dict(model.named_parameters()).keys()
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
