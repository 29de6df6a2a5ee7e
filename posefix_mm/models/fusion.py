"""How image and pose meet, registered in ``mmpose.registry.MODELS``.

A fusion is built for a number of pose channels, prepares the backbone once
(``attach``) and runs it on image and pose.
"""
from collections.abc import Sequence
from functools import partial

import torch
from mmengine.model import BaseModule, kaiming_init
from mmpose.registry import MODELS
from mmpose.utils.typing import OptConfigType
from torch import Tensor, nn
from torch.nn import functional as F


def find_input_conv(backbone: nn.Module, in_channels: int = 3) -> nn.Conv2d:
    """Find the first convolution of a backbone, which reads the image.

    Raises:
        ValueError: If there is none on ``in_channels``.
    """
    for module in backbone.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels == in_channels:
            return module
    raise ValueError(
        f'{type(backbone).__name__} has no convolution with {in_channels} '
        'input channels to which pose channels could be added')


def add_input_channels(backbone: nn.Module, extra_channels: int) -> None:
    """Extend the first convolution of a backbone on 3 channels, in place.

    A backbone with a method ``add_input_channels`` does it in its own way.

    The convolution stays the object it is, with its own kind of padding. The
    extra channels are initialised by He, the fan being the inputs from all
    channels (code of the release). Weights for an image alone still load:
    they fill the image channels and leave the extra ones as they are.

    Raises:
        ValueError: If the first convolution is missing or grouped.
    """
    if hasattr(backbone, 'add_input_channels'):
        backbone.add_input_channels(extra_channels)
        return
    conv = find_input_conv(backbone)
    if conv.groups != 1:
        raise ValueError('a grouped convolution cannot be given extra input '
                         f'channels, got groups={conv.groups}')
    image_channels = conv.in_channels
    fresh = nn.Conv2d(image_channels + extra_channels, conv.out_channels,
                      conv.kernel_size, bias=False)
    kaiming_init(fresh, mode='fan_in')
    with torch.no_grad():
        fresh.weight[:, :image_channels] = conv.weight
    conv.weight = fresh.weight
    conv.in_channels = image_channels + extra_channels

    conv._register_load_state_dict_pre_hook(
        partial(_complete_weight, image_channels), with_module=True)


def _complete_weight(image_channels: int, conv: nn.Conv2d, state_dict: dict,
                     prefix: str, *_: object) -> None:
    """Give weights for an image alone the extra channels that ``conv`` has.

    Not bound to the convolution, so that a model with this hook can be
    pickled, and a copy of it reads its own channels.
    """
    key = prefix + 'weight'
    weight = state_dict.get(key)
    if weight is not None and weight.shape[1] == image_channels:
        extra = conv.weight.detach()[:, image_channels:].to(weight)
        state_dict[key] = torch.cat((weight, extra), dim=1)


@MODELS.register_module()
class Concatenation(BaseModule):
    """The backbone's first convolution reads the pose as well (PoseFix).

    It has no weights of its own.

    Args:
        pose_channels (int): C, channels that the input pose is rendered to.
        init_cfg (dict, optional): As in mmengine.
    """

    def __init__(self, pose_channels: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.pose_channels = pose_channels

    def attach(self, backbone: nn.Module) -> None:
        """Prepare a backbone on 3 channels, in place.

        Raises:
            ValueError: If it is none that this fusion works with.
        """
        add_input_channels(backbone, self.pose_channels)

    def forward(self, backbone: nn.Module,
                inputs: Tensor) -> tuple[Tensor, ...]:
        """Run the backbone that was prepared on images and pose maps.

        (B, 3 + C, h, w); gives the backbone's feature maps.
        """
        return backbone(inputs)


@MODELS.register_module()
class PreNet(BaseModule):
    """Sum of a convolved image and a convolved pose, in the image's place.

    The ``preNet`` of BUCTD: the backbone stays as it is, and so do weights
    for it. There is no activation (release).

    Args:
        pose_channels (int): C, channels that the input pose is rendered to;
            3 in the release.
        mid_channels (int): Between the two convolutions of the image.
            Defaults to 64.
        init_cfg (dict, optional): Defaults to the release's: normal with
            standard deviation 0.001, biases 0.
    """

    def __init__(self,
                 pose_channels: int,
                 mid_channels: int = 64,
                 init_cfg: OptConfigType = None) -> None:
        super().__init__(init_cfg or dict(
            type='Normal', layer='Conv2d', std=.001))
        self.pose_channels = pose_channels
        self.image = nn.Sequential(
            nn.Conv2d(3, mid_channels, 3, padding=1),
            nn.BatchNorm2d(mid_channels),
            nn.Conv2d(mid_channels, 3, 7, padding=3), nn.BatchNorm2d(3))
        self.pose = nn.Sequential(
            nn.Conv2d(pose_channels, 3, 7, padding=3), nn.BatchNorm2d(3))

    def attach(self, backbone: nn.Module) -> None:
        """Leave the backbone alone; see :meth:`Concatenation.attach`."""

    def forward(self, backbone: nn.Module,
                inputs: Tensor) -> tuple[Tensor, ...]:
        """Run a backbone; see :meth:`Concatenation.forward`."""
        return backbone(self.image(inputs[:, :3]) + self.pose(inputs[:, 3:]))


def attend(query: Tensor, key: Tensor, value: Tensor,
           dropout: float) -> Tensor:
    """Attend with one head: (B, Q, E) to (B, N, E) gives (B, Q, E)."""
    # exporters want the heads as an axis
    query, key, value = query[:, None], key[:, None], value[:, None]
    return F.scaled_dot_product_attention(
        query, key, value, dropout_p=dropout)[:, 0]


class PositionAttention(nn.Module):
    """What the pose looks for among the places of a feature map."""

    def __init__(self, channels: int, pose_channels: int,
                 dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.feature = nn.Conv2d(channels, channels, 3, padding=1)
        self.pose = nn.Conv2d(pose_channels, pose_channels, 3, padding=1)
        self.query = nn.Linear(pose_channels, channels)
        self.key = nn.Linear(channels, channels)
        self.value = nn.Linear(channels, channels)
        self.out = nn.Linear(channels, channels)

    def forward(self, feature: Tensor, pose: Tensor) -> Tensor:
        """Attend from the pose (B, D, h, w) to a map (B, C, h, w)."""
        tokens = self.feature(feature).flatten(2).mT
        query = self.query(self.pose(pose).flatten(2).mT)
        attended = attend(query, self.key(tokens), self.value(tokens),
                          self.dropout if self.training else 0.)
        return self.out(attended).mT.unflatten(-1, feature.shape[-2:])


class ChannelAttention(nn.Module):
    """What the pose looks for among the channels of a feature map.

    The last layer is as large as the map, squared, which fixes its size.
    """

    def __init__(self, channels: int, pose_channels: int,
                 map_size: tuple[int, int], dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.feature = nn.Conv2d(channels, channels, 3, padding=1)
        self.pose = nn.Conv2d(pose_channels, channels, 3, padding=1)
        places = map_size[0] * map_size[1]
        self.out = nn.Linear(places, places)

    def forward(self, feature: Tensor, pose: Tensor) -> Tensor:
        """Attend from the pose (B, D, h, w) to a map (B, C, h, w)."""
        key = self.feature(feature).flatten(2)
        attended = attend(
            self.pose(pose).flatten(2), key, key,
            self.dropout if self.training else 0.)
        return self.out(attended).unflatten(-1, feature.shape[-2:])


class CoAMBlock(nn.Module):
    """Both kinds of attention on one feature map; see :class:`CoAM`."""

    def __init__(self, channels: int, pose_channels: int,
                 map_size: tuple[int, int], dropout: float,
                 channel_only: bool) -> None:
        super().__init__()
        self.map_size = tuple(map_size)
        self.channel = ChannelAttention(channels, pose_channels, map_size,
                                        dropout)
        self.position = None if channel_only else PositionAttention(
            channels, pose_channels, dropout)

    def forward(self, feature: Tensor, pose: Tensor) -> Tensor:
        """Let a map (B, C, h, w) attend to a pose of any size, (B, D, H, W).

        Raises:
            ValueError: If the map has another size than announced.
        """
        height, width = feature.shape[-2:]
        if (width, height) != self.map_size:
            raise ValueError(
                f'CoAM was built for a feature map of {self.map_size} as '
                f'(w, h), got {(width, height)}: it serves one input size')
        pose = F.interpolate(
            pose, (height, width), mode='bilinear', align_corners=False)
        channel = self.channel(feature, pose)
        if self.position is None:
            return feature * channel
        return feature + self.position(feature, pose) + channel


@MODELS.register_module()
class CoAM(BaseModule):
    """Conditional attention on the feature maps of one stage (`BUCTD`_).

    Works with every backbone that has the stage as a module of its own, such
    as ``stage3`` of HRNet or ``layer2`` of ResNet; the backbone's names stay.

    Args:
        pose_channels (int): C, channels that the input pose is rendered to.
        in_channels (Sequence[int]): Channels of the feature maps, from the
            first branch on; branches that are not named stay as they are.
        map_sizes (Sequence[Tuple[int, int]]): [w, h] of these maps.
        before (str, optional): Name of the module whose input is shown the
            pose, such as ``'stage3'`` in the release.
        after (str, optional): Name of the module whose output is, instead.
        dropout (float): Of the attention weights. Defaults to 0.1.
        channel_only (bool): Multiply by the channel part alone. Defaults to
            False.
        init_cfg (dict, optional): Defaults to the release's: normal with
            standard deviation 0.001, biases 0, which hardly changes the maps.

    .. _`BUCTD`: https://arxiv.org/abs/2306.07879
    """

    def __init__(self,
                 pose_channels: int,
                 in_channels: Sequence[int],
                 map_sizes: Sequence[tuple[int, int]],
                 before: str | None = None,
                 after: str | None = None,
                 dropout: float = 0.1,
                 channel_only: bool = False,
                 init_cfg: OptConfigType = None) -> None:
        if (before is None) == (after is None):
            raise ValueError('CoAM needs the name of a stage, as either '
                             f'before or after, got {before!r} and {after!r}')
        super().__init__(init_cfg or dict(
            type='Normal', layer=['Conv2d', 'Linear'], std=.001))
        self.pose_channels = pose_channels
        self.before, self.after = before, after
        self.blocks = nn.ModuleList(
            CoAMBlock(channels, pose_channels, size, dropout, channel_only)
            for channels, size in zip(in_channels, map_sizes, strict=True))
        self._pose: Tensor | None = None

    def attach(self, backbone: nn.Module) -> None:
        """Hook into the stage; see :meth:`Concatenation.attach`."""
        name = self.before or self.after
        try:
            stage = backbone.get_submodule(name)
        except AttributeError as error:
            raise ValueError(
                f'{type(backbone).__name__} has no stage {name!r}; it has '
                f'{[n for n, _ in backbone.named_children()]}') from error
        # bound methods: a copy of the whole model hooks into its own blocks
        if self.before:
            stage.register_forward_pre_hook(self._show_before)
        else:
            stage.register_forward_hook(self._show_after)

    def _show_before(self, stage: nn.Module, inputs: tuple) -> tuple:
        return (self._show(inputs[0]), )

    def _show_after(self, stage: nn.Module, inputs: tuple,
                    outputs: Tensor | Sequence[Tensor]) -> object:
        return self._show(outputs)

    def _show(self, maps: Tensor | Sequence[Tensor]) -> object:
        """Show feature maps the pose."""
        if isinstance(maps, Tensor):
            return self.blocks[0](maps, self._pose)
        attended = [
            block(feature, self._pose)
            for block, feature in zip(self.blocks, maps, strict=False)
        ]
        return type(maps)([*attended, *maps[len(attended):]])

    def forward(self, backbone: nn.Module,
                inputs: Tensor) -> tuple[Tensor, ...]:
        """Run a backbone; see :meth:`Concatenation.forward`."""
        self._pose = inputs[:, 3:]
        feats = backbone(inputs[:, :3])
        self._pose = None
        return feats
