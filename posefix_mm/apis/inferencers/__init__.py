"""Inferencers, registered in ``mmpose.registry.INFERENCERS``."""
from .input_frames import InputFrames, open_inputs
from .pose_refine_inferencer import PoseRefineInferencer
from .refinement_drawer import DRAW_STYLES, RefinementDrawer

__all__ = [
    'DRAW_STYLES', 'InputFrames', 'PoseRefineInferencer', 'RefinementDrawer',
    'open_inputs'
]
