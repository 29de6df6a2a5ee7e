"""Hooks, registered in ``mmpose.registry.HOOKS``."""
from .oks_bad_case_hook import OKSBadCaseHook
from .refine_visualization_hook import RefineVisualizationHook

__all__ = ['OKSBadCaseHook', 'RefineVisualizationHook']
