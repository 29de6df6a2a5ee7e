"""Evaluation of poses."""
from .annotation_format import can_evaluate
from .coco_table import STATISTICS, comparison_table, evaluate_keypoints
from .joint_precision import joint_precisions
from .metrics import MatchedMpiiPCKAccuracy, PoseTrackAP

__all__ = [
    'MatchedMpiiPCKAccuracy', 'PoseTrackAP', 'STATISTICS', 'can_evaluate',
    'comparison_table', 'evaluate_keypoints', 'joint_precisions'
]
