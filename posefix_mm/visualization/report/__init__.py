"""One page that shows what refinement did to poses."""
from ...datasets.image_list import read_annotations
from .comparison import (
    Comparison,
    PairedPoses,
    PairTruth,
    compare_results,
)
from .page import write_report
from .pose_pairs import PosePairs, joint_moves, pair_poses

__all__ = [
    'Comparison', 'PairTruth', 'PairedPoses', 'PosePairs', 'compare_results',
    'joint_moves', 'pair_poses', 'read_annotations', 'write_report'
]
