"""Evaluation of poses."""
from .coco_table import (
    STATISTICS,
    can_evaluate,
    comparison_table,
    evaluate_keypoints,
)
from .joint_precision import joint_precisions
from .metrics import MatchedMpiiPCKAccuracy, PoseErrorMetric, PoseTrackAP

__all__ = [
    'MatchedMpiiPCKAccuracy', 'PoseErrorMetric', 'PoseTrackAP', 'STATISTICS',
    'can_evaluate', 'comparison_table', 'evaluate_keypoints',
    'joint_precisions'
]
