"""Choose the people that a page shows."""
from typing import Dict

import numpy as np


def choose_people(change: np.ndarray,
                  count: int,
                  *,
                  signed: bool,
                  seed: int = 0) -> Dict[str, np.ndarray]:
    """Choose the extremes and a random sample of the rest.

    Args:
        change (np.ndarray): What refinement did to each person, (P, ); NaN
            where unknown.
        count (int): People in each group, at most.
        signed (bool): Whether ``change`` tells better (above 0) from worse
            (below 0), rather than only little from much.
        seed (int): Of the random sample. Defaults to 0.

    Returns:
        Dict[str, np.ndarray]: Indices, int, by group: ``improved`` and
        ``damaged``, or ``moved``, the largest changes first; ``random`` in
        rising order. No one is in two groups.

    Raises:
        ValueError: If ``count`` is negative.
    """
    if count < 0:
        raise ValueError(f'the number of people must not be negative, got '
                         f'{count}')
    known = np.flatnonzero(~np.isnan(change))
    order = known[np.argsort(-change[known], kind='stable')]
    if signed:
        better = order[change[order] > 0][:count]
        worse = order[::-1][change[order[::-1]] < 0][:count]
        groups = dict(improved=better, damaged=worse)
    else:
        groups = dict(moved=order[change[order] > 0][:count])
    rest = np.setdiff1d(
        np.arange(len(change)), np.concatenate(list(groups.values())))
    rng = np.random.default_rng(seed)
    groups['random'] = np.sort(
        rng.choice(rest, min(count, len(rest)), replace=False))
    return groups
