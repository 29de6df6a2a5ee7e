"""Network parts that are not registered."""
from .gaussian_pose_maps import GaussianPoseMaps
from .input_channels import add_input_channels, find_input_conv

__all__ = ['GaussianPoseMaps', 'add_input_channels', 'find_input_conv']
