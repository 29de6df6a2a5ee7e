"""Pose channels behind those of the image."""
from typing import Tuple

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from ..layers import add_input_channels


@MODELS.register_module()
class Concatenation(BaseModule):
    """The backbone's first convolution reads the pose as well (PoseFix).

    A fusion is built for a number of pose channels, prepares the backbone
    once (:meth:`attach`) and runs it; this one has no weights of its own.

    Args:
        pose_channels (int): C, channels that the input pose is rendered to.
        init_cfg (dict, optional): As in mmengine.
    """

    def __init__(self, pose_channels: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.pose_channels = pose_channels

    def attach(self, backbone: nn.Module) -> None:
        """Prepare a backbone on 3 channels, in place.

        Args:
            backbone (nn.Module): The backbone.

        Raises:
            ValueError: If it is none that this fusion works with.
        """
        add_input_channels(backbone, self.pose_channels)

    def forward(self, backbone: nn.Module,
                inputs: Tensor) -> Tuple[Tensor, ...]:
        """Run a backbone on image and pose.

        Args:
            backbone (nn.Module): The one that was prepared.
            inputs (Tensor): Images and pose maps, (B, 3 + C, h, w).

        Returns:
            Tuple[Tensor]: The backbone's feature maps.
        """
        return backbone(inputs)
