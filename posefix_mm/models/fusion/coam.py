"""Attention to the pose within a backbone."""
from typing import Optional, Sequence, Tuple, Union

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from mmpose.utils.typing import OptConfigType
from torch import Tensor, nn
from torch.nn import functional as F


def attend(query: Tensor, key: Tensor, value: Tensor,
           dropout: float) -> Tensor:
    """Attend with one head, which exporters want as an axis.

    Args:
        query (Tensor): (B, Q, E).
        key (Tensor): (B, N, E).
        value (Tensor): (B, N, E).
        dropout (float): Of the attention weights.

    Returns:
        Tensor: (B, Q, E).
    """
    query, key, value = query[:, None], key[:, None], value[:, None]
    return F.scaled_dot_product_attention(
        query, key, value, dropout_p=dropout)[:, 0]


class PositionAttention(nn.Module):
    """What the pose looks for among the places of a feature map.

    Args:
        channels (int): C, of the feature map.
        pose_channels (int): D, of the pose.
        dropout (float): Of the attention weights, in training.
    """

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
        """Attend.

        Args:
            feature (Tensor): (B, C, h, w).
            pose (Tensor): The pose at that size, (B, D, h, w).

        Returns:
            Tensor: (B, C, h, w).
        """
        tokens = self.feature(feature).flatten(2).mT
        query = self.query(self.pose(pose).flatten(2).mT)
        found = attend(query, self.key(tokens), self.value(tokens),
                       self.dropout if self.training else 0.)
        return self.out(found).mT.unflatten(-1, feature.shape[-2:])


class ChannelAttention(nn.Module):
    """What the pose looks for among the channels of a feature map.

    The last layer is as large as the map, squared, which fixes its size.

    Args:
        channels (int): C, of the feature map.
        pose_channels (int): D, of the pose.
        map_size (Tuple[int, int]): [w, h] of the feature map.
        dropout (float): Of the attention weights, in training.
    """

    def __init__(self, channels: int, pose_channels: int,
                 map_size: Tuple[int, int], dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.feature = nn.Conv2d(channels, channels, 3, padding=1)
        self.pose = nn.Conv2d(pose_channels, channels, 3, padding=1)
        places = map_size[0] * map_size[1]
        self.out = nn.Linear(places, places)

    def forward(self, feature: Tensor, pose: Tensor) -> Tensor:
        """Attend; see :meth:`PositionAttention.forward`."""
        key = self.feature(feature).flatten(2)
        found = attend(
            self.pose(pose).flatten(2), key, key,
            self.dropout if self.training else 0.)
        return self.out(found).unflatten(-1, feature.shape[-2:])


class CoAMBlock(nn.Module):
    """Both kinds of attention on one feature map.

    Args:
        channels (int): C, of the feature map.
        pose_channels (int): D, of the pose.
        map_size (Tuple[int, int]): [w, h] of the feature map.
        dropout (float): Of the attention weights, in training.
        channel_only (bool): Multiply the map by the channel part instead of
            adding both.
    """

    def __init__(self, channels: int, pose_channels: int,
                 map_size: Tuple[int, int], dropout: float,
                 channel_only: bool) -> None:
        super().__init__()
        self.map_size = tuple(map_size)
        self.channel = ChannelAttention(channels, pose_channels, map_size,
                                        dropout)
        self.position = None if channel_only else PositionAttention(
            channels, pose_channels, dropout)

    def forward(self, feature: Tensor, pose: Tensor) -> Tensor:
        """Show a feature map the pose.

        Args:
            feature (Tensor): (B, C, h, w).
            pose (Tensor): The pose at any size, (B, D, H, W).

        Returns:
            Tensor: (B, C, h, w).

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
                 map_sizes: Sequence[Tuple[int, int]],
                 before: Optional[str] = None,
                 after: Optional[str] = None,
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
        self._pose: Optional[Tensor] = None

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
                    outputs: Union[Tensor, Sequence[Tensor]]) -> object:
        return self._show(outputs)

    def _show(self, maps: Union[Tensor, Sequence[Tensor]]) -> object:
        """Show feature maps the pose."""
        if isinstance(maps, Tensor):
            return self.blocks[0](maps, self._pose)
        shown = [
            block(feature, self._pose)
            for block, feature in zip(self.blocks, maps, strict=False)
        ]
        return type(maps)([*shown, *maps[len(shown):]])

    def forward(self, backbone: nn.Module,
                inputs: Tensor) -> Tuple[Tensor, ...]:
        """Run a backbone; see :meth:`Concatenation.forward`."""
        self._pose = inputs[:, 3:]
        feats = backbone(inputs[:, :3])
        self._pose = None
        return feats
