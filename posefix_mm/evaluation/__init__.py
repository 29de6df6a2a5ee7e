"""Evaluation of poses."""
from .coco_table import (
    STATISTICS,
    can_evaluate,
    comparison_table,
    evaluate_keypoints,
)

__all__ = [
    'STATISTICS', 'can_evaluate', 'comparison_table', 'evaluate_keypoints'
]
