"""A stock heatmap head on a level of a feature pyramid."""
from typing import Sequence

from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class PyramidHeatmapHead(HeatmapHead):
    """mmpose's heatmap head, which reads the last feature map, on any.

    Args:
        *args: As :class:`mmpose.models.HeatmapHead`.
        in_index (int): Which of the feature maps is used. Defaults to the
            first, a pyramid's finest.
        **kwargs: As :class:`mmpose.models.HeatmapHead`.
    """

    def __init__(self, *args, in_index: int = 0, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.in_index = in_index

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Compute heatmaps.

        Args:
            feats (Sequence[Tensor]): Feature maps.

        Returns:
            Tensor: (B, K, H, W).
        """
        return super().forward((feats[self.in_index], ))
