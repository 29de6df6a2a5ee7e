"""One page that shows what refinement did to poses."""
from ...formats.coco import read_annotations
from .comparison import (
    PairedPoses,
    PairTruth,
    RecordPairs,
    ResultsComparison,
    compare_results,
    joint_moves,
    pair_records,
)
from .page import write_report

__all__ = [
    'PairTruth', 'PairedPoses', 'RecordPairs', 'ResultsComparison',
    'compare_results', 'joint_moves', 'pair_records', 'read_annotations',
    'write_report'
]
