"""Functions for users, without registries."""
from .publish_model import publish_model
from .refine_results import RefineSummary, refine_results

__all__ = ['RefineSummary', 'publish_model', 'refine_results']
