"""What refinement did to every joint, as a table."""
from typing import List, NamedTuple, Tuple

import numpy as np

from ...datasets.transforms.error_synthesis import GOOD
from .comparison import Comparison

_NONE = '\u2013'


class Cell(NamedTuple):
    """A cell of the table.

    Attributes:
        text (str): What it says.
        trend (str): ``'gain'``, ``'loss'`` or empty.
    """

    text: str
    trend: str = ''


class JointRow(NamedTuple):
    """One joint."""

    name: str
    cells: List[Cell]


def trend_of(change: float) -> str:
    """Name the direction of a change.

    Args:
        change (float): After minus before.

    Returns:
        str: ``'gain'``, ``'loss'``, or empty for neither or NaN.
    """
    return 'gain' if change > 0 else 'loss' if change < 0 else ''


def signed(change: float, form: str = '+.1f') -> str:
    """Write a change with its sign.

    Args:
        change (float): After minus before.
        form (str): Format with a sign. Defaults to one decimal.

    Returns:
        str: Without a sign where nothing but zeros is left.
    """
    text = format(change, form)
    return text if text.strip('+-0.%') else text.lstrip('+-')


def joint_table(
        found: Comparison) -> Tuple[List[str], List[JointRow], np.ndarray]:
    """Count and measure joint by joint.

    Args:
        found (Comparison): What refinement did.

    Returns:
        tuple: heads of the columns, rows, and the change of each joint that
        a drawing shows, (K, ): of the mean KS, or, without annotations, the
        median move.
    """
    names = found.metainfo['keypoint_id2name']
    moved = _medians(found.moves)
    if found.diagnoses is None:
        far = _medians(found.moves, 90)
        rows = [
            JointRow(names[i],
                     [Cell(_percent(moved[i])),
                      Cell(_percent(far[i]))]) for i in range(len(moved))
        ]
        return ['median move', 'nine of ten below'], rows, moved
    ks = found.mean_ks()
    counts = [d.count().sum(0) for d in found.diagnoses]
    good = np.stack([
        np.where(c.sum(1) > 0, c[:, GOOD] / c.sum(1).clip(1), np.nan)
        for c in counts
    ])
    rows = [
        JointRow(names[i], [
            Cell(f'{counts[0][i].sum():,}'),
            Cell(_arrow(*map(_percent, good[:, i]))),
            Cell(_arrow(*map(_fixed, ks[:, i]))),
            Cell(
                _fixed(ks[1, i] - ks[0, i], '+.3f'),
                trend_of(round(ks[1, i] - ks[0, i], 3))),
            Cell(_percent(moved[i]))
        ]) for i in range(len(moved))
    ]
    columns = ['annotated', 'good', 'mean KS', 'change', 'median move']
    return columns, rows, ks[1] - ks[0]


def _medians(moves: np.ndarray, percentile: float = 50) -> np.ndarray:
    """Percentile of each column that has any number, (K, )."""
    return np.array([
        np.percentile(column[~np.isnan(column)], percentile) if
        (~np.isnan(column)).any() else np.nan for column in moves.T
    ])


def _percent(share: float) -> str:
    return _NONE if np.isnan(share) else f'{share:.1%}'


def _fixed(value: float, form: str = '.3f') -> str:
    return _NONE if np.isnan(value) else signed(value, form)


def _arrow(before: str, after: str) -> str:
    return _NONE if before == after == _NONE else f'{before} \u2192 {after}'
