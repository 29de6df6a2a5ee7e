"""Evaluation of poses."""
from .coco_table import (
    STATISTICS,
    can_evaluate,
    comparison_table,
    evaluate_keypoints,
)
from .error_cost import error_costs, repair_errors
from .joint_precision import joint_precisions
from .metrics import MatchedMpiiPCKAccuracy, PoseErrorMetric, PoseTrackAP

__all__ = [
    'MatchedMpiiPCKAccuracy', 'PoseErrorMetric', 'PoseTrackAP', 'STATISTICS',
    'can_evaluate', 'comparison_table', 'error_costs', 'evaluate_keypoints',
    'joint_precisions', 'repair_errors'
]
