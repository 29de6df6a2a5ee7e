"""Network parts that are not registered."""
from .depthwise import run_depthwise_in_float32
from .input_channels import add_input_channels, find_input_conv
from .pose_maps import GaussianPoseMaps, OneHotPoseMaps

__all__ = [
    'GaussianPoseMaps', 'OneHotPoseMaps', 'add_input_channels',
    'find_input_conv', 'run_depthwise_in_float32'
]
