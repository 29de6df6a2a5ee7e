"""Checkpoints of PoseFix's TensorFlow release.

The names of variables are those of TensorFlow-Slim's ResNet v1 and of the
release's three deconvolutions ``up1`` to ``up3`` and its last convolution
``out``.
"""
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from .weights import expected_state, fit_state, write_weights

# mmpose's parts of a batch norm, by TensorFlow's
_NORM = dict(gamma='weight', beta='bias', moving_mean='running_mean',
             moving_variance='running_var')
# what an optimizer keeps of a variable, and counts
_TRAINING_STATE = re.compile(
    r'(.*/)?(Adam(_\d+)?|Momentum|beta[12]_power(_\d+)?|global_step)')
_UNIT = re.compile(
    r'resnet_v1_\d+/block(\d)/unit_(\d+)/bottleneck_v1/(shortcut|conv\d)')


class ReleaseNetwork(NamedTuple):
    """What the shapes of a checkpoint tell about its network."""

    depth: int  #: Of the ResNet: 50, 101 or 152
    num_keypoints: int  #: K


def read_tensorflow_checkpoint(prefix: str | Path) -> dict[str, np.ndarray]:
    """Read all variables, by name, of a TensorFlow checkpoint.

    Args:
        prefix (str | Path): What the names of its files start with, such as
            ``snapshot_140.ckpt``; the name of one of them will do.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ImportError: If TensorFlow is not installed.
        ValueError: If TensorFlow can't read it.
    """
    prefix = re.sub(r'\.(index|meta|data-\d+-of-\d+)$', '', str(prefix))
    if not Path(f'{prefix}.index').is_file() and not Path(prefix).is_file():
        raise FileNotFoundError(
            f'there is no checkpoint {prefix}: neither {prefix}.index nor a '
            'file of that name; name the files up to and without ".index"')
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError(
            'TensorFlow reads the files of the release; install it with '
            '`pip install tensorflow-cpu` (or `make setup '
            'EXTRAS=tensorflow`). It is not needed afterwards') from error
    try:
        reader = tf.train.load_checkpoint(prefix)
        return {name: reader.get_tensor(name)
                for name in reader.get_variable_to_shape_map()}
    except (tf.errors.OpError, ValueError) as error:
        raise ValueError(f'TensorFlow cannot read {prefix}: '
                         f'{" ".join(str(error).split()):.300}') from error


def convert_checkpoint(prefix: str | Path, out: str | Path) -> ReleaseNetwork:
    """Make a checkpoint of weights for our configs of the release's.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ImportError: If TensorFlow is not installed.
        ValueError: If it is unreadable, or its variables are not exactly those
            of the release's network; the message names them.
    """
    variables = read_tensorflow_checkpoint(prefix)
    network = describe_variables(variables)
    try:
        weights = convert_variables(variables, _expected_state(network))
    except ValueError as error:
        raise ValueError(f'{prefix} does not fit the release\'s network: '
                         f'{error}') from error
    write_weights(weights, out)
    return network


def _expected_state(network: ReleaseNetwork) -> dict[str, torch.Tensor]:
    """Names and shapes of our model of that network, without memory."""
    if network.depth not in (50, 101, 152):
        raise ValueError(f'the release has no ResNet-{network.depth}')
    return expected_state(dict(
        type='PoseRefiner',
        num_keypoints=network.num_keypoints,
        pose_sigma=1.,
        backbone=dict(type='ResNet', depth=network.depth),
        head=dict(
            type='PoseFixHead',
            in_channels=2048,
            out_channels=network.num_keypoints,
            decoder=dict(type='SoftArgmaxIntegral', input_size=(192, 256),
                         heatmap_size=(48, 64)))))


def describe_variables(variables: dict[str, np.ndarray]) -> ReleaseNetwork:
    """Find out which network a checkpoint holds, by its variables' names.

    Raises:
        ValueError: If this is no network of the release.
    """
    for name, value in variables.items():
        match = re.fullmatch(r'resnet_v1_(\d+)/conv1/weights', name)
        if match and value.ndim == 4 and value.shape[2] > 3:
            return ReleaseNetwork(int(match[1]), value.shape[2] - 3)
    raise ValueError(
        "not a network of PoseFix's release: there is no variable "
        "'resnet_v1_DEPTH/conv1/weights' with 3 + K input channels")


def convert_variables(
        variables: dict[str, np.ndarray],
        state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Turn the release's variables into a state dict.

    Args:
        variables (dict[str, np.ndarray]): Arrays in TensorFlow's layout, by
            variable name. What an optimizer keeps is left out.
        state (dict[str, torch.Tensor]): State dict of a :class:`PoseRefiner`
            on mmpose's ResNet, for its names and shapes only.

    Raises:
        ValueError: As :func:`fit_state`.
    """
    return fit_state({name: (_find_entry(name), _to_torch_layout(value))
                      for name, value in variables.items()
                      if not _TRAINING_STATE.fullmatch(name)}, state)


def _to_torch_layout(value: np.ndarray) -> torch.Tensor:
    """Convolutions from [kh, kw, in, out], deconvolutions alike.

    The gradient of a convolution is a transposed one in both libraries, so no
    kernel is turned round; TensorFlow's [kh, kw, out, in] of a deconvolution
    becomes PyTorch's [in, out, kh, kw] by the same exchange of axes.
    """
    if value.ndim == 4:
        value = value.transpose(3, 2, 0, 1)
    return torch.from_numpy(np.array(value, dtype=np.float32, order='C'))


def _find_entry(name: str) -> str | None:
    """Name in our state dict, None for an unknown variable."""
    module, _, kind = name.rpartition('/')
    norm = module.endswith('/BatchNorm')
    place = _find_module(module.removesuffix('/BatchNorm'), norm)
    parts = _NORM if norm else dict(weights='weight', biases='bias')
    return f'{place}.{parts[kind]}' if place and kind in parts else None


def _find_module(name: str, norm: bool) -> str | None:
    """Layer of ours, or the batch norm behind it."""
    if re.fullmatch(r'resnet_v1_\d+/conv1', name):
        return 'backbone.bn1' if norm else 'backbone.conv1'
    if match := _UNIT.fullmatch(name):
        block, unit, layer = match.groups()
        place = f'backbone.layer{block}.{int(unit) - 1}'
        if layer == 'shortcut':
            return f'{place}.downsample.{int(norm)}'
        return f'{place}.{layer.replace("conv", "bn") if norm else layer}'
    if match := re.fullmatch(r'up([123])', name):
        # three modules each: deconvolution, batch norm, ReLU
        return f'head.deconv_layers.{3 * int(match[1]) - 3 + int(norm)}'
    return 'head.final_layer' if name == 'out' and not norm else None
