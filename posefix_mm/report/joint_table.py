"""What refinement did to every joint, as a table and on a skeleton."""
from typing import List, NamedTuple, Optional, Tuple

import numpy as np

from ..datasets.transforms.error_synthesis import GOOD
from ..figures import pose_segments
from .comparison import Comparison

# The longer side of the drawing, and the margin around it, in its units.
_SIDE, _MARGIN = 300, 26
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


class DrawnJoint(NamedTuple):
    """A joint of the drawing.

    Attributes:
        x (float): In the units of the drawing.
        y (float): In the units of the drawing.
        radius (float): Grows with the change.
        trend (str): ``'gain'``, ``'loss'``, ``'moved'`` or ``'none'``.
        text (str): Name and change.
    """

    x: float
    y: float
    radius: float
    trend: str
    text: str


class SkeletonDrawing(NamedTuple):
    """A drawing of the skeleton.

    Attributes:
        title (str): What it shows.
        width (int): In its own units.
        height (int): In its own units.
        limbs (str): SVG path.
        joints (List[DrawnJoint]): All joints that have a place.
    """

    title: str
    width: int
    height: int
    limbs: str
    joints: List[DrawnJoint]


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
        the drawing shows, (K, ): of the mean KS, or, without annotations, the
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


def draw_skeleton(found: Comparison, pose: np.ndarray,
                  change: np.ndarray) -> Optional[SkeletonDrawing]:
    """Draw the skeleton with the changes of its joints.

    Args:
        found (Comparison): Whose skeleton it is.
        pose (np.ndarray): Place of each joint, (K, 2), of
            :func:`~posefix_mm.figures.typical_pose`.
        change (np.ndarray): As of :func:`joint_table`.

    Returns:
        SkeletonDrawing | None: None if no change is known.
    """
    known = ~np.isnan(change)
    if not known.any():
        return None
    annotated = found.diagnoses is not None
    placed = ~np.isnan(pose).any(1)
    points = np.nan_to_num(pose) * _SIDE + _MARGIN
    most = max(np.abs(change[known]).max(), 1e-9)
    width, height = (points[placed].max(0) + _MARGIN).astype(int).tolist()
    names = found.metainfo['keypoint_id2name']
    limbs = pose_segments(points, placed, found.metainfo['skeleton_links'])
    joints = []
    for i in np.flatnonzero(placed).tolist():
        size = np.sqrt(abs(change[i]) / most) if known[i] else 0.
        text = _fixed(change[i], '+.3f' if annotated else '.1%')
        trend = (trend_of(change[i]) if annotated else 'moved') if known[i] \
            else ''
        joints.append(
            DrawnJoint(*points[i].round(1).tolist(), round(4 + 12 * size, 1),
                       trend or 'none', f'{names[i]}: {text}'))
    title = 'Change of the mean KS: green gained, orange lost' if annotated \
        else 'Median move of each joint'
    return SkeletonDrawing(
        title, width, height,
        ''.join('M{:.1f} {:.1f}L{:.1f} {:.1f}'.format(*limb)
                for limb in limbs.reshape(-1, 4).tolist()), joints)
