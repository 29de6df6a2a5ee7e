"""Networks, registered in ``mmpose.registry.MODELS``."""
from .backbones import TimmFeatures
from .heads import CPNHead, PoseFixHead
from .pose_estimators import EndToEndPoseRefiner, PoseRefiner

__all__ = [
    'CPNHead', 'EndToEndPoseRefiner', 'PoseFixHead', 'PoseRefiner',
    'TimmFeatures'
]
