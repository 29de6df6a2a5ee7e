"""Checkpoints of BUCTD's official release."""
import math
import re
from pathlib import Path
from typing import Any, NamedTuple

import torch

from ..fileio import CHECKPOINT_ERRORS
from .weights import expected_state, fit_state, write_weights

_ATTENTION = re.compile(r'stage2_att\.att_layers\.(\d+)\.'
                        r'(position|channel)_attention_module\.'
                        r'(cnn|cnn_cond|pa\.fc_[qkvo])\.(weight|bias)')
_LAYERS = {'cnn': 'feature', 'cnn_cond': 'pose', 'pa.fc_q': 'query',
           'pa.fc_k': 'key', 'pa.fc_v': 'value', 'pa.fc_o': 'out'}


class BUCTDNetwork(NamedTuple):
    """What the shapes of a checkpoint tell about its network."""

    width: int  #: Of the HRNet: 32 or 48
    num_keypoints: int  #: K
    fusion: str  #: ``'PreNet'`` or ``'CoAM'``
    #: ``'ColorPoseImage'``, ``'GreyPoseImage'`` or ``'StackedPoseMaps'``. A
    #: preNet's shapes are the same for the first two; the first is meant.
    pose_maps: str
    input_size: tuple[int, int] | None  #: [w, h]; None if it may be any
    channel_only: bool  #: Whether CoAM has the channel part alone

    def model(self) -> dict:
        """Config of a :class:`PoseRefiner` with this network."""
        width, height = self.input_size or (288, 384)
        branches = [self.width * 2**i for i in range(4)]
        fusion: dict[str, Any] = dict(type=self.fusion)
        if self.fusion == 'CoAM':
            fusion.update(
                before='stage3',
                in_channels=branches[:3],
                map_sizes=[(width >> i, height >> i) for i in (2, 3, 4)],
                channel_only=self.channel_only)
        stages = {
            f'stage{number}': dict(
                num_modules=modules, num_branches=number, block=block,
                num_blocks=(4, ) * number, num_channels=channels)
            for number, (modules, block, channels) in enumerate((
                (1, 'BOTTLENECK', (64, )),
                (1, 'BASIC', tuple(branches[:2])),
                (4, 'BASIC', tuple(branches[:3])),
                (3, 'BASIC', tuple(branches))), 1)}
        return dict(
            type='PoseRefiner',
            num_keypoints=self.num_keypoints,
            pose_maps=dict(type=self.pose_maps),
            fusion=fusion,
            backbone=dict(type='HRNet', extra=stages),
            head=dict(
                type='HeatmapHead',
                in_channels=self.width,
                out_channels=self.num_keypoints,
                deconv_out_channels=None,
                decoder=dict(
                    type='MSRAHeatmap',
                    input_size=(width, height),
                    heatmap_size=(width // 4, height // 4),
                    sigma=3)))


def describe_buctd(tensors: dict[str, torch.Tensor]) -> BUCTDNetwork:
    """Find out which network a checkpoint holds, by its tensors' names.

    Raises:
        ValueError: If it is none of BUCTD's release.
    """
    attention = 'stage2_att.att_layers.0.'
    pose = tensors.get(f'{attention}channel_attention_module.cnn_cond.weight')
    places = tensors.get(f'{attention}channel_attention_module.pa.fc_o.bias')
    last = tensors.get('final_layer.weight')
    if last is None or last.ndim != 4 or (
            (pose is None or places is None)
            and 'rgb_preNet.0.weight' not in tensors):
        raise ValueError(
            "not a network of BUCTD's release: there must be a "
            "'final_layer.weight', and layers of 'rgb_preNet' or 'stage2_att'")
    keypoints, width = last.shape[:2]
    if pose is None or places is None:
        return BUCTDNetwork(width, keypoints, 'PreNet', 'ColorPoseImage', None,
                            False)
    maps = {3: 'ColorPoseImage', 1: 'GreyPoseImage'}.get(
        pose.shape[1], 'StackedPoseMaps')
    # a quarter of the input, which is 3:4
    columns = math.isqrt(len(places) * 3 // 4)
    return BUCTDNetwork(
        width, keypoints, 'CoAM', maps, (columns * 4, columns * 16 // 3),
        f'{attention}position_attention_module.cnn.weight' not in tensors)


def convert_buctd(
        tensors: dict[str, torch.Tensor],
        state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Turn BUCTD's tensors, by their names, into a state dict.

    ``state`` is that of the same network as a :class:`PoseRefiner`, for its
    names and shapes only.

    Raises:
        ValueError: As :func:`fit_state`.
    """
    return fit_state({name: (_find_entry(name), value)
                      for name, value in tensors.items()}, state)


def _find_entry(name: str) -> str:
    """Name in our state dict; for unknown ones it is not there either."""
    if match := _ATTENTION.fullmatch(name):
        block, part, layer, kind = match.groups()
        return f'fusion.blocks.{block}.{part}.{_LAYERS[layer]}.{kind}'
    for theirs, ours in (('rgb_preNet.', 'fusion.image.'),
                         ('cond_preNet.', 'fusion.pose.'),
                         ('final_layer.', 'head.final_layer.')):
        if name.startswith(theirs):
            return ours + name[len(theirs):]
    # names, shapes and order of the trunk are mmpose's
    return f'backbone.{name}'


def read_buctd_checkpoint(path: str | Path) -> dict[str, torch.Tensor]:
    """Read the tensors of a checkpoint, weights alone or of a training.

    By name, without ``module.`` in front.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds no weights, or more than weights.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f'the checkpoint {path} does not exist')
    try:
        content = torch.load(path, map_location='cpu', weights_only=True)
    except CHECKPOINT_ERRORS as error:
        reason = ' '.join(str(error).split())
        raise ValueError(
            f'{path} is no checkpoint: {reason:.300}') from error
    for key in ('best_state_dict', 'state_dict'):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not content or not all(
            isinstance(value, torch.Tensor) for value in content.values()):
        raise ValueError(f'{path} holds no weights: they are tensors by name')
    return {str(n).removeprefix('module.'): v for n, v in content.items()}


def convert_buctd_checkpoint(path: str | Path,
                             out: str | Path) -> BUCTDNetwork:
    """Make a checkpoint, of weights only, for our configs of one of BUCTD's.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is unreadable, or its tensors are not exactly those
            of a network of the release; the message names them.
    """
    tensors = read_buctd_checkpoint(path)
    try:
        network = describe_buctd(tensors)
        weights = convert_buctd(tensors, expected_state(network.model()))
    except ValueError as error:
        raise ValueError(f"{path} does not fit BUCTD's networks: "
                         f'{error}') from error
    write_weights(weights, out)
    return network
