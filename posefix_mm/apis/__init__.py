"""Functions for users, without registries."""
from .refine_results import RefineSummary, refine_results

__all__ = ['RefineSummary', 'refine_results']
