"""Networks, registered in ``mmpose.registry.MODELS``."""
from .backbones import MoveNetBackbone, MoveNetNeck, TimmFeatures
from .fusion import CoAM, Concatenation, PreNet
from .pose_maps import (
    ColorPoseImage,
    GaussianPoseMaps,
    GreyPoseImage,
    OneHotPoseMaps,
    StackedPoseMaps,
)
from .pose_quality import PoseQuality
from .pose_refiner import EndToEndPoseRefiner, PoseRefiner
from .posefix_head import PoseFixHead
from .pyramid_heads import CPNHead, PyramidHeatmapHead

__all__ = [
    'CPNHead', 'CoAM', 'ColorPoseImage', 'Concatenation',
    'EndToEndPoseRefiner', 'GaussianPoseMaps', 'GreyPoseImage',
    'MoveNetBackbone', 'MoveNetNeck', 'OneHotPoseMaps', 'PoseFixHead',
    'PoseQuality', 'PoseRefiner', 'PreNet', 'PyramidHeatmapHead',
    'StackedPoseMaps', 'TimmFeatures'
]
