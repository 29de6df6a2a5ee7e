"""Where each variable of the release's network goes in ours.

The names are those of TensorFlow-Slim's ResNet v1 and of the release's three
deconvolutions ``up1`` to ``up3`` and its last convolution ``out``.
"""
import re
from typing import Dict, NamedTuple, Optional, Tuple

import numpy as np
import torch

# mmpose's parts of a batch norm, by TensorFlow's
_NORM = dict(
    gamma='weight',
    beta='bias',
    moving_mean='running_mean',
    moving_variance='running_var')
# what an optimizer keeps of a variable, and counts
_TRAINING_STATE = re.compile(
    r'(.*/)?(Adam(_\d+)?|Momentum|beta[12]_power(_\d+)?|global_step)')
_UNIT = re.compile(
    r'resnet_v1_\d+/block(\d)/unit_(\d+)/bottleneck_v1/(shortcut|conv\d)')


class ReleaseNetwork(NamedTuple):
    """What the shapes of a checkpoint tell about its network.

    Attributes:
        depth (int): Of the ResNet: 50, 101 or 152.
        num_keypoints (int): K.
    """

    depth: int
    num_keypoints: int


def describe_variables(variables: Dict[str, np.ndarray]) -> ReleaseNetwork:
    """Tell which network a checkpoint of the release holds.

    Args:
        variables (Dict[str, np.ndarray]): Arrays by variable name.

    Returns:
        ReleaseNetwork: Depth and number of keypoints.

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
        variables: Dict[str, np.ndarray],
        state: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
    """Turn the release's variables into a state dict.

    Args:
        variables (Dict[str, np.ndarray]): Arrays in TensorFlow's layout, by
            variable name. What an optimizer keeps is left out.
        state (Dict[str, torch.Tensor]): State dict of a :class:`PoseRefiner`
            on mmpose's ResNet, for its names and shapes only.

    Returns:
        Dict[str, torch.Tensor]: The new one.

    Raises:
        ValueError: If variables have no place, entries of ``state`` no
            variable, or shapes differ; the message names them all.
    """
    return fit_state(
        {
            name: (_find_entry(name), _to_torch_layout(value))
            for name, value in variables.items()
            if not _TRAINING_STATE.fullmatch(name)
        }, state)


def fit_state(
        found: Dict[str, Tuple[Optional[str], torch.Tensor]],
        state: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
    """Put foreign tensors in their places, all of them or none.

    Args:
        found (Dict[str, Tuple[str | None, Tensor]]): Name in ``state``, None
            if unknown, and tensor, by their own names.
        state (Dict[str, torch.Tensor]): For names and shapes only.

    Returns:
        Dict[str, torch.Tensor]: The new state dict.

    Raises:
        ValueError: If tensors have no place, entries of ``state`` no tensor,
            or shapes differ; the message names them all.
    """
    result, unmapped, misshapen = {}, [], []
    for name, (target, tensor) in found.items():
        if target not in state:
            unmapped.append(name)
            continue
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


def _to_torch_layout(value: np.ndarray) -> torch.Tensor:
    """Convolutions from [kh, kw, in, out], deconvolutions alike.

    The gradient of a convolution is a transposed one in both libraries, so no
    kernel is turned round; TensorFlow's [kh, kw, out, in] of a deconvolution
    becomes PyTorch's [in, out, kh, kw] by the same exchange of axes.
    """
    if value.ndim == 4:
        value = value.transpose(3, 2, 0, 1)
    return torch.from_numpy(np.array(value, dtype=np.float32, order='C'))


def _find_entry(name: str) -> Optional[str]:
    """Name in our state dict, None for an unknown variable."""
    module, _, kind = name.rpartition('/')
    norm = module.endswith('/BatchNorm')
    place = _find_module(module.removesuffix('/BatchNorm'), norm)
    parts = _NORM if norm else dict(weights='weight', biases='bias')
    return f'{place}.{parts[kind]}' if place and kind in parts else None


def _find_module(name: str, norm: bool) -> Optional[str]:
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
