"""Weights of the release's networks, regenerated and put into our model.

What was recorded in ``tests/data/official`` was computed with weights that
are a function of a variable's name and shape, so nothing has to be stored.
"""

import gzip
import json
import re
import zlib
from pathlib import Path
from typing import Dict, Optional

import numpy as np
import torch

OFFICIAL = Path(__file__).resolve().parents[1] / 'data' / 'official'

# mmpose's parts of a batch norm, by TensorFlow's
_NORM = dict(
    gamma='weight',
    beta='bias',
    moving_mean='running_mean',
    moving_variance='running_var')


def make_variables(depth: int) -> Dict[str, np.ndarray]:
    """Regenerate all variables of a release checkpoint."""
    path = OFFICIAL / 'variables.json.gz'
    shapes = json.loads(gzip.decompress(path.read_bytes()))
    return {
        name: _make_variable(name, shape)
        for name, shape in shapes[f'resnet{depth}']
    }


def _make_variable(name: str, shape: list) -> np.ndarray:
    rng = np.random.RandomState(zlib.crc32(name.encode()) & 0x7fffffff)
    kind = name.rpartition('/')[2]
    if kind == 'weights':
        inputs = shape[3] if _is_deconv(name) else shape[2]
        fan = shape[0] * shape[1] * inputs
        value = rng.randn(*shape) * np.sqrt(2 / fan)
    elif kind == 'gamma':
        low, high = (.05, .15) if '/conv3/' in name else (.5, 1.)
        value = rng.uniform(low, high, shape)
    elif kind == 'moving_variance':
        value = rng.uniform(.5, 1.5, shape)
    else:
        value = rng.randn(*shape) * .1
    return value.astype(np.float32)


def convert_variables(
        variables: Dict[str, np.ndarray],
        state: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
    """Turn variables into a state dict like ``state``, without touching it.

    Raises:
        ValueError: If variables have no place, entries of ``state`` no
            variable, or shapes differ; the message names them all.
    """
    result, unmapped, misshapen = {}, [], []
    for name, value in variables.items():
        target = _find_entry(name)
        if target is None or target not in state:
            unmapped.append(name)
            continue
        tensor = _to_torch_layout(name, value)
        if tensor.shape != state[target].shape:
            misshapen.append(f'{name} {tuple(tensor.shape)} for {target} '
                             f'{tuple(state[target].shape)}')
        result[target] = tensor
    missing = [
        key for key in state
        if key not in result and not key.endswith('num_batches_tracked')
    ]
    problems = [
        f'{title}: {names}'
        for title, names in (('unmapped', unmapped), ('missing', missing),
                             ('misshapen', misshapen)) if names
    ]
    if problems:
        raise ValueError('; '.join(problems))
    return result


def _is_deconv(name: str) -> bool:
    return name.startswith('up')


def _to_torch_layout(name: str, value: np.ndarray) -> torch.Tensor:
    if value.ndim == 4:
        # The gradient of a convolution is a transposed one in both libraries:
        # no kernel is turned round, but TensorFlow has its own order of axes.
        value = value.transpose(3, 2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(value))


def _find_entry(name: str) -> Optional[str]:
    """Name in our state dict, None for an unknown variable."""
    module, _, kind = name.rpartition('/')
    norm = module.endswith('/BatchNorm')
    module = _find_module(module[:-len('/BatchNorm')] if norm else module,
                          norm)
    part = _NORM.get(kind) if norm else dict(
        weights='weight', biases='bias').get(kind)
    return f'{module}.{part}' if module and part else None


def _find_module(name: str, norm: bool) -> Optional[str]:
    if re.fullmatch(r'resnet_v1_\d+/conv1', name):
        return 'backbone.bn1' if norm else 'backbone.conv1'
    match = re.fullmatch(
        r'resnet_v1_\d+/block(\d)/unit_(\d+)/bottleneck_v1/(\w+)', name)
    if match:
        block, unit, layer = match.groups()
        place = f'backbone.layer{block}.{int(unit) - 1}.'
        if layer == 'shortcut':
            return f'{place}downsample.{int(norm)}'
        return place + (layer.replace('conv', 'bn') if norm else layer)
    match = re.fullmatch(r'up(\d)', name)
    if match:
        return f'head.deconv_layers.{3 * int(match[1]) - 3 + int(norm)}'
    return 'head.final_layer' if name == 'out' else None
