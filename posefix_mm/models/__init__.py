"""Networks, registered in ``mmpose.registry.MODELS``."""
from .backbones import MoveNetBackbone, MoveNetNeck, TimmFeatures
from .heads import CPNHead, PoseFixHead, PyramidHeatmapHead
from .pose_estimators import (
    ChainedPoseRefiner,
    EndToEndPoseRefiner,
    PoseRefiner,
)

__all__ = [
    'CPNHead', 'ChainedPoseRefiner', 'EndToEndPoseRefiner', 'MoveNetBackbone',
    'MoveNetNeck', 'PoseFixHead',
    'PoseRefiner', 'PyramidHeatmapHead', 'TimmFeatures'
]
