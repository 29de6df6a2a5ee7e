"""Explain why results score 0, or lower than they could."""
from collections.abc import Sequence
from typing import Any

from .coordinates import check_coordinates
from .data import EvaluationData, Explanation
from .records import RECORD_CHECKS

__all__ = ['Explanation', 'explain']


def explain(annotations: dict, results: Sequence[Any],
            metainfo: dict) -> list[Explanation]:
    """Find what in results and annotations does not fit together.

    Args:
        annotations (dict): Content of a COCO annotation file.
        results (Sequence[Any]): Records of a results file, of any kind.
        metainfo (dict): Skeleton, as mmpose's datasets have it: ``sigmas``
            (K, ) and ``flip_indices`` (K, ).

    Returns:
        list[Explanation]: Empty where everything fits: then a low AP is that
        of the poses.
    """
    data = EvaluationData(annotations, results, metainfo)
    return [explanation for check in (*RECORD_CHECKS, check_coordinates)
            for explanation in check(data)]
