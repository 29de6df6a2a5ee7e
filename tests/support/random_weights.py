"""Refiners with random weights."""

from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope


def save_weights(config: Path, target: Path, spread: float) -> Path:
    """Save random weights; spread 0 makes all maps flat."""
    from mmpose.registry import MODELS
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpose'):
        model = MODELS.build(Config.fromfile(config).model)
    # As they are initialised, all maps are so flat that every joint comes
    # out at the centre.
    torch.nn.init.normal_(model.head.final_layer.weight, std=spread)
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, target)
    return target
