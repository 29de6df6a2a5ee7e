"""Evaluation of poses."""
from .coco_table import (
    STATISTICS,
    can_evaluate,
    comparison_table,
    evaluate_keypoints,
)
from .joint_precision import joint_precisions
from .metrics import MatchedMpiiPCKAccuracy, PoseTrackAP

__all__ = [
    'MatchedMpiiPCKAccuracy', 'PoseTrackAP', 'STATISTICS', 'can_evaluate',
    'comparison_table', 'evaluate_keypoints', 'joint_precisions'
]
