"""Before and after refinement: figures 7 and 8, and what each joint gained."""
from typing import Dict, Sequence

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ...structures.error_types import ERROR_TYPES
from .drawing import ERROR_COLORS, pose_segments


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
            of :func:`~posefix_mm.visualization.figures.typical_pose`; NaN
            leaves it out.
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
    for name in bars.get_yticklabels():
        name.set_parse_math(False)  # whatever the data call a joint
    bars.invert_yaxis()
    bars.axvline(0, color='0.3', linewidth=.8)
    bars.set_xlabel(label)
    bars.spines[['top', 'right', 'left']].set_visible(False)
    return figure


def _colors(values: np.ndarray, norm: TwoSlopeNorm) -> np.ndarray:
    """RGBA of the same scale as the dots, (N, 4)."""
    from matplotlib import colormaps
    return colormaps['RdBu'](norm(values))


def error_frequency_figure(before: Dict[str, float],
                           after: Dict[str, float]) -> Figure:
    """Plot the frequency of each outcome before and after refinement.

    Args:
        before (Dict[str, float]): Share of the annotated joints of matched
            people by the names of ``ERROR_TYPES``, from 0 to 1, of the input
            poses.
        after (Dict[str, float]): The same of the refined poses.

    Returns:
        Figure: Two bars for each outcome, their values written on them.
    """
    figure = Figure(figsize=(5.4, 3.2), layout='constrained')
    axes = figure.add_subplot()
    place = np.arange(len(ERROR_TYPES))
    colors = [ERROR_COLORS[name] for name in ERROR_TYPES]
    for shift, label, shares, alpha in ((-.2, 'input', before, .45),
                                        (.2, 'refined', after, 1.)):
        bars = axes.bar(
            place + shift, [100 * shares[name] for name in ERROR_TYPES],
            .38,
            color=colors,
            alpha=alpha,
            label=label)
        axes.bar_label(bars, fmt='%.1f', fontsize=7, padding=1)
    axes.set_xticks(place, ERROR_TYPES)
    axes.set_ylabel('% of annotated joints')
    axes.set_title('light: input, full: refined', fontsize=9)
    axes.spines[['top', 'right']].set_visible(False)
    return figure


# Above so many points a plot is only slower to open.
_MOST_POINTS = 20000
# Above so many, points are smaller as pixels than as vectors.
_MOST_VECTORS = 100


def oks_change_figure(before: np.ndarray, after: np.ndarray) -> Figure:
    """Plot the OKS of every pose before and after refinement.

    Args:
        before (np.ndarray): OKS of the input poses, (N, ).
        after (np.ndarray): OKS of the refined poses, (N, ).

    Returns:
        Figure: Points above the diagonal are poses that got better. Above
        20000 poses, a seeded sample of them; the caption counts all.

    Raises:
        ValueError: If there is no pose.
    """
    if not len(before):
        raise ValueError('there is no pose with an OKS before and after')
    better, worse = (after > before).mean(), (after < before).mean()
    figure = Figure(figsize=(4.2, 4.4), layout='constrained')
    axes = figure.add_subplot()
    shown = np.arange(len(before))
    if len(shown) > _MOST_POINTS:
        shown = np.random.default_rng(0).choice(
            shown, _MOST_POINTS, replace=False)
    axes.plot([0, 1], [0, 1], color='0.6', linewidth=1, zorder=1)
    axes.scatter(
        before[shown],
        after[shown],
        s=9,
        c=np.where(after[shown] >= before[shown], '#009e73', '#d55e00'),
        alpha=.55,
        linewidths=0,
        rasterized=len(shown) > _MOST_VECTORS)
    axes.set(
        xlim=(0, 1),
        ylim=(0, 1),
        aspect='equal',
        xlabel='OKS of the input pose',
        ylabel='OKS of the refined pose',
        title=f'{len(before)} poses: {better:.0%} better, {worse:.0%} worse\n'
        f'mean {before.mean():.3f} before, {after.mean():.3f} after')
    axes.title.set_fontsize(9)
    axes.spines[['top', 'right']].set_visible(False)
    return figure


def joint_moves_figure(moves: np.ndarray, *, upper: float = .3) -> Figure:
    """Count how far joints moved.

    Args:
        moves (np.ndarray): Shares of the person's size; NaN does not count.
        upper (float): End of the last of 20 bars, into which everything
            beyond goes as well. Defaults to 0.3.

    Returns:
        Figure: A histogram.
    """
    figure = Figure(figsize=(6, 2.2), layout='constrained')
    axes = figure.add_subplot()
    axes.hist(
        moves[np.isfinite(moves)].clip(max=upper * (1 - 1e-9)),
        bins=20,
        range=(0, upper),
        rwidth=.9,
        color=ERROR_COLORS['swap'])
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel('share of the pose; further moves are in the last bar')
    axes.set_ylabel('joints')
    axes.spines[['top', 'right']].set_visible(False)
    return figure
