"""Pose estimators, registered in ``mmpose.registry.MODELS``."""
from .end_to_end_pose_refiner import EndToEndPoseRefiner
from .pose_refiner import PoseRefiner

__all__ = ['EndToEndPoseRefiner', 'PoseRefiner']
