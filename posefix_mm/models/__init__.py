"""Networks, registered in ``mmpose.registry.MODELS``."""
from .backbones import TimmFeatures
from .heads import PoseFixHead
from .pose_estimators import PoseRefiner

__all__ = ['PoseFixHead', 'PoseRefiner', 'TimmFeatures']
