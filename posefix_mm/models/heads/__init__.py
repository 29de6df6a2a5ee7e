"""Heads, registered in ``mmpose.registry.MODELS``."""
from .cpn_head import CPNHead
from .posefix_head import PoseFixHead

__all__ = ['CPNHead', 'PoseFixHead']
