"""Evaluation of poses."""
from .annotation_format import can_evaluate
from .coco_table import STATISTICS, comparison_table, evaluate_keypoints
from .matched_mpii_pck_accuracy import MatchedMpiiPCKAccuracy
from .pose_track_ap import PoseTrackAP, joint_precisions

__all__ = [
    'MatchedMpiiPCKAccuracy', 'PoseTrackAP', 'STATISTICS', 'can_evaluate',
    'comparison_table', 'evaluate_keypoints', 'joint_precisions'
]
