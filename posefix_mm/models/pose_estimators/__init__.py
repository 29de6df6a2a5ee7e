"""Pose estimators, registered in ``mmpose.registry.MODELS``."""
from .pose_refiner import PoseRefiner

__all__ = ['PoseRefiner']
