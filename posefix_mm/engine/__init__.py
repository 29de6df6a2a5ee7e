"""Additions to the runner, registered in ``mmpose.registry``."""
from .bfloat16_optim_wrapper import Bfloat16OptimWrapper
from .hooks import RefineVisualizationHook

__all__ = ['Bfloat16OptimWrapper', 'RefineVisualizationHook']
