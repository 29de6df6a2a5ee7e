"""Networks, registered in ``mmpose.registry.MODELS``."""
from .backbones import MoveNetBackbone, MoveNetNeck, TimmFeatures
from .fusion import CoAM, Concatenation, PreNet
from .heads import CPNHead, PoseFixHead, PoseQuality, PyramidHeatmapHead
from .pose_estimators import EndToEndPoseRefiner, PoseRefiner

__all__ = [
    'CPNHead', 'CoAM', 'Concatenation', 'EndToEndPoseRefiner',
    'MoveNetBackbone', 'MoveNetNeck', 'PoseFixHead', 'PoseQuality',
    'PoseRefiner', 'PreNet', 'PyramidHeatmapHead', 'TimmFeatures'
]
