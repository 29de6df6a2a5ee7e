"""Functions for users, without registries."""
from ..file_refinement.refine_results import refine_file, refine_results
from ..file_refinement.refine_summary import (
    NotAllRefinedError,
    NothingRefinedError,
    RefineSummary,
)
from ..release.weights import publish_model
from .evaluate_results import Evaluation, evaluate_results
from .refine_poses import PoseRefinement, refine

__all__ = [
    'Evaluation', 'NotAllRefinedError', 'NothingRefinedError',
    'PoseRefinement', 'RefineSummary', 'evaluate_results', 'publish_model',
    'refine', 'refine_file', 'refine_results'
]
