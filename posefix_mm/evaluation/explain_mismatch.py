"""Explain why results score 0, or lower than they could."""
from itertools import chain
from typing import Any, List, Sequence

from .mismatches import (
    Comparison,
    Explanation,
    check_annotations,
    check_categories,
    check_coordinates,
    check_image_ids,
    check_records,
)

__all__ = ['Explanation', 'explain']


def explain(annotations: dict, results: Sequence[Any],
            metainfo: dict) -> List[Explanation]:
    """Find what in results and annotations does not meet.

    Args:
        annotations (dict): Content of a COCO annotation file.
        results (Sequence[Any]): Records of a results file, of any kind.
        metainfo (dict): Skeleton, as mmpose's datasets have it: ``sigmas``
            (K, ) and ``flip_indices`` (K, ).

    Returns:
        List[Explanation]: Empty where everything meets. A low AP without
        explanation is that of the poses.
    """
    comparison = Comparison(annotations, results, metainfo)
    return list(
        chain.from_iterable(
            check(comparison)
            for check in (check_records, check_image_ids, check_categories,
                          check_annotations, check_coordinates)))
