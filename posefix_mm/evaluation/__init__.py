"""Evaluation of poses."""
from .coco_table import STATISTICS, comparison_table, evaluate_keypoints

__all__ = ['STATISTICS', 'comparison_table', 'evaluate_keypoints']
