"""Network parts that are not registered."""
from .input_channels import add_input_channels, find_input_conv
from .pose_maps import GaussianPoseMaps, OneHotPoseMaps

__all__ = [
    'GaussianPoseMaps', 'OneHotPoseMaps', 'add_input_channels',
    'find_input_conv'
]
