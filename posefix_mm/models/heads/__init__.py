"""Heads, registered in ``mmpose.registry.MODELS``."""
from .cpn_head import CPNHead
from .pose_quality import PoseQuality
from .posefix_head import PoseFixHead
from .pyramid_heatmap_head import PyramidHeatmapHead

__all__ = ['CPNHead', 'PoseFixHead', 'PoseQuality', 'PyramidHeatmapHead']
