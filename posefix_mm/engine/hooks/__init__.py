"""Hooks, registered in ``mmpose.registry.HOOKS``."""
from .refine_visualization_hook import RefineVisualizationHook

__all__ = ['RefineVisualizationHook']
