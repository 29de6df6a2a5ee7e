"""Networks, registered in ``mmpose.registry.MODELS``."""
from .backbones import TimmFeatures
from .heads import CPNHead, PoseFixHead, PyramidHeatmapHead
from .pose_estimators import EndToEndPoseRefiner, PoseRefiner

__all__ = [
    'CPNHead', 'EndToEndPoseRefiner', 'PoseFixHead', 'PoseRefiner',
    'PyramidHeatmapHead', 'TimmFeatures'
]
