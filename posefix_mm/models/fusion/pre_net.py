"""A few layers in front of a backbone that mix image and pose."""
from typing import Tuple

from mmengine.model import BaseModule
from mmpose.registry import MODELS
from mmpose.utils.typing import OptConfigType
from torch import Tensor, nn


@MODELS.register_module()
class PreNet(BaseModule):
    """Sum of a convolved image and a convolved pose, in the image's place.

    `BUCTD`_'s ``preNet``: the backbone stays as it is, and so do weights for
    it. There is no activation (release).

    Args:
        pose_channels (int): C, channels that the input pose is rendered to;
            3 in the release.
        mid_channels (int): Between the two convolutions of the image.
            Defaults to 64.
        init_cfg (dict, optional): Defaults to the release's: normal with
            standard deviation 0.001, biases 0.

    .. _`BUCTD`: https://arxiv.org/abs/2306.07879
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
                inputs: Tensor) -> Tuple[Tensor, ...]:
        """Run a backbone; see :meth:`Concatenation.forward`."""
        return backbone(self.image(inputs[:, :3]) + self.pose(inputs[:, 3:]))
