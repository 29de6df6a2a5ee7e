"""MoveNet's network: a MobileNetV2 and the pyramid on top of it.

Batch norms are folded in the published weights, so there are none here: a
convolution has a kernel and a bias. `MoveNet`_ pads as TensorFlow does.

.. _MoveNet: https://www.tensorflow.org/hub/tutorials/movenet
"""
from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ..layers import run_depthwise_in_float32

# MobileNetV2, after the first convolution: expansion, channels at width 1,
# repeats, stride of the first one.
_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
           (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
# The blocks behind which features of stride 4, 8, 16 are taken; behind the
# last convolution it is 32.
_LEVELS = (2, 5, 9)


def _round_channels(channels: float) -> int:
    """Round to a multiple of 8, down by a tenth at most, as MobileNets do."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class SameConv2d(nn.Conv2d):
    """A convolution of 1x1 or 3x3 that pads as TensorFlow's ``SAME``.

    At stride 2, an even side is given one pixel at its end and none at its
    beginning; PyTorch's symmetric padding would shift all features.

    Args:
        in_channels (int): As in :class:`torch.nn.Conv2d`.
        out_channels (int): The same.
        kernel_size (int): 1 or 3.
        stride (int): 1, or 2 for inputs with even sides. Defaults to 1.
        **kwargs: Further arguments of :class:`torch.nn.Conv2d`.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 kernel_size: int,
                 stride: int = 1,
                 **kwargs) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding=kernel_size // 2 if stride == 1 else 0,
            **kwargs)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        if self.stride[0] == 2:
            x = F.pad(x, (0, 1, 0, 1))
        return super().forward(x)


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; MobileNetV2's block."""

    def __init__(self, in_channels: int, out_channels: int, stride: int,
                 expansion: int) -> None:
        super().__init__()
        channels = in_channels * expansion
        self.expand = None if expansion == 1 else nn.Conv2d(
            in_channels, channels, 1)
        self.depthwise = SameConv2d(
            channels, channels, 3, stride, groups=channels)
        self.project = nn.Conv2d(channels, out_channels, 1)
        self.residual = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """Filter features (B, C, H, W)."""
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


@MODELS.register_module()
class MoveNetBackbone(BaseModule):
    """MoveNet's MobileNetV2, without batch norms.

    Further channels of the input, such as maps of a pose, join at stride 4:
    what comes before sees the image alone, as it was trained to, and can stay
    frozen, which makes training twice as fast.

    Args:
        width (float): Factor of the channels: 1.75 for Thunder, 1 for
            Lightning. Defaults to 1.75.
        frozen_stem (bool): Do not train the layers up to stride 4. Defaults
            to False.
        fp32_depthwise (bool): Keep depthwise convolutions in float32 under
            AMP, which is faster on CPUs. Defaults to False.
        init_cfg (dict, optional): As in mmengine. Defaults to None: meant to
            be followed by converted weights.
    """

    def __init__(self,
                 width: float = 1.75,
                 *,
                 frozen_stem: bool = False,
                 fp32_depthwise: bool = False,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        channels = _round_channels(32 * width)
        self.stem = SameConv2d(3, channels, 3, 2)
        self.blocks = nn.ModuleList()
        level_channels = []
        for expansion, base, repeats, first_stride in _STAGES:
            out_channels = _round_channels(base * width)
            for i in range(repeats):
                if len(self.blocks) - 1 in _LEVELS:
                    level_channels.append(channels)
                self.blocks.append(
                    InvertedResidual(channels, out_channels,
                                     first_stride if i == 0 else 1, expansion))
                channels = out_channels
        # published weights have 1280 for every width
        self.last = nn.Conv2d(channels, 1280, 1)
        self.level_channels = (*level_channels, 1280)
        self.extra = None
        self.frozen_stem = frozen_stem
        if frozen_stem:
            for part in (self.stem, self.blocks[:_LEVELS[0] + 1]):
                part.requires_grad_(False)
        if fp32_depthwise:
            run_depthwise_in_float32(self)

    def add_input_channels(self, extra_channels: int) -> None:
        """Take further channels, which change nothing until trained."""
        self.extra = nn.Sequential(
            nn.AvgPool2d(4), nn.Conv2d(extra_channels, 64, 3, padding=1),
            nn.ReLU(), nn.Conv2d(64, self.level_channels[0], 1))
        nn.init.zeros_(self.extra[-1].weight)
        nn.init.zeros_(self.extra[-1].bias)

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Compute features.

        Args:
            inputs (Tensor): Images in -1..1, RGB, and further channels; sides
                divisible by 32, (B, 3 + K, h, w).

        Returns:
            Tuple[Tensor]: Features of stride 4, 8, 16 and 32.
        """
        first = _LEVELS[0] + 1
        with torch.set_grad_enabled(torch.is_grad_enabled()
                                    and not self.frozen_stem):
            x = F.relu6(self.stem(inputs[:, :3]))
            for block in self.blocks[:first]:
                x = block(x)
        if self.extra is not None:
            x = x + self.extra(inputs[:, 3:])
        levels = [x]
        for index, block in enumerate(self.blocks[first:], start=first):
            x = block(x)
            if index in _LEVELS:
                levels.append(x)
        return (*levels, F.relu6(self.last(x)))


class SeparableConv2d(nn.Module):
    """A 3x3 depthwise convolution without bias, then 1x1 and ReLU."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.depthwise = SameConv2d(
            in_channels, in_channels, 3, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Filter features (B, C, H, W)."""
        return F.relu(self.pointwise(self.depthwise(x)))


@MODELS.register_module()
class MoveNetNeck(BaseModule):
    """MoveNet's pyramid, and the first layer of its heatmap head.

    Args:
        in_channels (Sequence[int]): Channels at stride 4, 8, 16 and 32.
            Defaults to Thunder's.
        out_channels (int): Channels of the result. Defaults to 96.
        fp32_depthwise (bool): As :class:`MoveNetBackbone`.
        init_cfg (dict, optional): As in mmengine. Defaults to None.
    """

    def __init__(self,
                 in_channels: Sequence[int] = (40, 56, 112, 1280),
                 out_channels: int = 96,
                 *,
                 fp32_depthwise: bool = False,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        laterals = (24, 32, 64, 64)
        self.laterals = nn.ModuleList(
            nn.Conv2d(channels, lateral, 1)
            for channels, lateral in zip(in_channels, laterals, strict=True))
        self.smooth = nn.ModuleList(
            SeparableConv2d(lateral, out)
            for lateral, out in zip(laterals, (24, 24, 32), strict=False))
        self.last = SeparableConv2d(24, out_channels)
        if fp32_depthwise:
            run_depthwise_in_float32(self)

    def forward(self, feats: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Merge features of stride 4, 8, 16 and 32, the coarsest first.

        Returns:
            Tuple[Tensor]: Features of stride 4, ``out_channels`` of them, and
            those of stride 32 unchanged.
        """
        x = self.laterals[3](feats[3])
        for level in (2, 1, 0):
            x = F.interpolate(
                x, scale_factor=2., mode='bilinear', align_corners=False)
            x = self.smooth[level](x + self.laterals[level](feats[level]))
        return self.last(x), feats[3]
