"""Inferencers, registered in ``mmpose.registry.INFERENCERS``."""
from .input_people import NoPoseRefinedError
from .pose_refine_inferencer import PoseRefineInferencer

__all__ = ['NoPoseRefinedError', 'PoseRefineInferencer']
