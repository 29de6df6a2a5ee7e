"""Pose estimators, registered in ``mmpose.registry.MODELS``."""
from .chained_pose_refiner import ChainedPoseRefiner
from .end_to_end_pose_refiner import EndToEndPoseRefiner
from .pose_refiner import PoseRefiner

__all__ = ['ChainedPoseRefiner', 'EndToEndPoseRefiner', 'PoseRefiner']
