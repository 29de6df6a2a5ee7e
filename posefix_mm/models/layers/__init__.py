"""Parts of networks: the input pose as an image, and input channels.

What renders the pose is registered in ``mmpose.registry.MODELS``.
"""
from .depthwise import run_depthwise_in_float32
from .input_channels import add_input_channels, find_input_conv
from .pose_images import (
    ColorPoseImage,
    GreyPoseImage,
    StackedPoseMaps,
    joint_colors,
)
from .pose_maps import GaussianPoseMaps, OneHotPoseMaps

__all__ = [
    'ColorPoseImage', 'GaussianPoseMaps', 'GreyPoseImage', 'OneHotPoseMaps',
    'StackedPoseMaps', 'add_input_channels', 'find_input_conv',
    'joint_colors', 'run_depthwise_in_float32'
]
