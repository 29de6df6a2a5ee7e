"""Evaluation of poses."""
from .coco_table import (
    STATISTICS,
    can_evaluate,
    comparison_table,
    evaluate_keypoints,
)
from .diagnose_files import DiagnosedFile, diagnose_files
from .error_cost import error_costs, repair_errors
from .joint_precision import joint_precisions
from .metrics import MatchedMpiiPCKAccuracy, PoseErrorMetric, PoseTrackAP

__all__ = [
    'DiagnosedFile', 'MatchedMpiiPCKAccuracy', 'PoseErrorMetric',
    'PoseTrackAP', 'STATISTICS', 'can_evaluate', 'comparison_table',
    'diagnose_files', 'error_costs', 'evaluate_keypoints',
    'joint_precisions', 'repair_errors'
]
