"""Heads, registered in ``mmpose.registry.MODELS``."""
from .posefix_head import PoseFixHead

__all__ = ['PoseFixHead']
