"""Inferencers, registered in ``mmpose.registry.INFERENCERS``."""
from .given_people import NoPoseRefinedError
from .pose_refine_inferencer import PoseRefineInferencer

__all__ = ['NoPoseRefinedError', 'PoseRefineInferencer']
