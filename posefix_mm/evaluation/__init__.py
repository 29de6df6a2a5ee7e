"""Evaluation of poses."""
from .coco_table import (
    STATISTICS,
    can_evaluate,
    comparison_table,
    evaluate_keypoints,
)
from .metrics import MatchedMpiiPCKAccuracy

__all__ = [
    'MatchedMpiiPCKAccuracy', 'STATISTICS', 'can_evaluate',
    'comparison_table', 'evaluate_keypoints'
]
