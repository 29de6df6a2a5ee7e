"""Networks, registered in ``mmpose.registry.MODELS``."""
from .backbones import TimmFeatures
from .heads import CPNHead, PoseFixHead, PyramidHeatmapHead
from .pose_estimators import (
    ChainedPoseRefiner,
    EndToEndPoseRefiner,
    PoseRefiner,
)

__all__ = [
    'CPNHead', 'ChainedPoseRefiner', 'EndToEndPoseRefiner', 'PoseFixHead',
    'PoseRefiner', 'PyramidHeatmapHead', 'TimmFeatures'
]
