"""Inferencers, registered in ``mmpose.registry.INFERENCERS``."""
from ...images.input_frames import InputFrames, open_inputs
from ...visualization.draw import DRAW_STYLES, RefinementDrawer
from .given_people import NoPoseRefinedError
from .pose_refine_inferencer import PoseRefineInferencer

__all__ = [
    'DRAW_STYLES', 'InputFrames', 'NoPoseRefinedError',
    'PoseRefineInferencer', 'RefinementDrawer', 'open_inputs'
]
