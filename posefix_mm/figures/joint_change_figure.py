"""How much every joint gained, on a drawing of the skeleton."""
from typing import Sequence

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from .pose_drawing import pose_segments


def joint_change_figure(change: np.ndarray,
                        pose: np.ndarray,
                        names: Sequence[str],
                        skeleton_links: Sequence[Sequence[int]],
                        *,
                        label: str = 'change of the mean KS') -> Figure:
    """Draw a skeleton whose joints show how much refinement changed them.

    Args:
        change (np.ndarray): After minus before, (K, ); NaN where unknown.
        pose (np.ndarray): Where each joint is drawn, y downwards, (K, 2), as
            of :func:`~posefix_mm.figures.typical_pose`; NaN leaves it out.
        names (Sequence[str]): K names.
        skeleton_links (Sequence): Pairs of keypoint indices.
        label (str): What ``change`` is.

    Returns:
        Figure: Blue joints gained, red ones lost; the area of a dot grows
        with the size of the change. A bar for each joint beside it.

    Raises:
        ValueError: If the change of every joint is unknown.
    """
    known = ~np.isnan(change)
    if not known.any():
        raise ValueError('the change of every joint is unknown')
    most = max(np.abs(change[known]).max(), 1e-9)
    norm = TwoSlopeNorm(0., -most, most)
    figure = Figure(figsize=(7.6, 4.6), layout='constrained')
    drawing, bars = figure.subplots(1, 2, width_ratios=(1.1, 1))
    placed = ~np.isnan(pose).any(1)
    segments = pose_segments(np.nan_to_num(pose), placed, skeleton_links)
    for start, end in segments:
        drawing.plot(
            *np.stack((start, end)).T,
            color='0.75',
            linewidth=3,
            solid_capstyle='round',
            zorder=1)
    shown = placed & known
    drawing.scatter(
        *pose[shown].T,
        s=30 + 220 * np.abs(change[shown]) / most,
        c=change[shown],
        cmap='RdBu',
        norm=norm,
        edgecolors='0.3',
        linewidths=.7,
        zorder=2)
    drawing.scatter(*pose[placed & ~known].T, s=14, c='0.75', zorder=2)
    drawing.set_aspect('equal')
    drawing.margins(.12)
    drawing.invert_yaxis()
    drawing.set_axis_off()
    rows = np.flatnonzero(known)
    bars.barh(
        np.arange(len(rows)),
        change[rows],
        color=_colors(change[rows], norm),
        edgecolor='0.3',
        linewidth=.5)
    bars.set_yticks(np.arange(len(rows)), [names[r] for r in rows], fontsize=7)
    bars.invert_yaxis()
    bars.axvline(0, color='0.3', linewidth=.8)
    bars.set_xlabel(label)
    bars.spines[['top', 'right', 'left']].set_visible(False)
    return figure


def _colors(values: np.ndarray, norm: TwoSlopeNorm) -> np.ndarray:
    """RGBA of the same scale as the dots, (N, 4)."""
    from matplotlib import colormaps
    return colormaps['RdBu'](norm(values))
