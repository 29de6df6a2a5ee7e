"""Keypoint codecs, registered in ``mmpose.registry.KEYPOINT_CODECS``."""
from .soft_argmax_integral import SoftArgmaxIntegral

__all__ = ['SoftArgmaxIntegral']
