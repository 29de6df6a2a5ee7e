"""Additions to the runner, registered in ``mmpose.registry``."""
from .bfloat16_optim_wrapper import Bfloat16OptimWrapper
from .hooks import OKSBadCaseHook, RefineVisualizationHook

__all__ = [
    'Bfloat16OptimWrapper', 'OKSBadCaseHook', 'RefineVisualizationHook'
]
