"""Before and after refinement: figures 7 and 8, and what each joint gained."""
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ...structures.oks import ERROR_TYPES
from .drawing import ERROR_COLORS, pose_segments

# With more points a plot is only slower to open.
_MOST_POINTS = 20000
# More points than these are smaller as pixels than as vectors.
_MOST_VECTORS = 100
# More poses than these do not make a better choice of a typical one.
_MOST_POSES = 500


def _plot(width: float, height: float) -> tuple[Figure, Axes]:
    """Make a figure of one plot, its size in inches."""
    figure = Figure(figsize=(width, height), layout='constrained')
    axes = figure.add_subplot()
    axes.spines[['top', 'right']].set_visible(False)
    return figure, axes


def joint_change_figure(change: np.ndarray, pose: np.ndarray,
                        names: Sequence[str],
                        skeleton_links: Sequence[Sequence[int]], *,
                        label: str = 'change of the mean KS') -> Figure:
    """Draw a skeleton whose joints show how much refinement changed them.

    Blue joints gained, red ones lost; the area of a dot grows with the size of
    the change. A bar for each joint beside it.

    Args:
        change (np.ndarray): After minus before, (K, ); NaN where unknown.
        pose (np.ndarray): Where each joint is drawn, y downwards, (K, 2), as
            of :func:`typical_pose`; NaN leaves it out.
        names (Sequence[str]): K names.
        skeleton_links (Sequence): Pairs of keypoint indices.
        label (str): What ``change`` is.

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
    for ends in pose_segments(np.nan_to_num(pose), placed, skeleton_links):
        drawing.plot(*ends.T, color='0.75', linewidth=3,
                     solid_capstyle='round', zorder=1)
    drawn = placed & known
    drawing.scatter(
        *pose[drawn].T, s=30 + 220 * np.abs(change[drawn]) / most,
        c=change[drawn], cmap='RdBu', norm=norm, edgecolors='0.3',
        linewidths=.7, zorder=2)
    drawing.scatter(*pose[placed & ~known].T, s=14, c='0.75', zorder=2)
    drawing.set_aspect('equal')
    drawing.margins(.12)
    drawing.invert_yaxis()
    drawing.set_axis_off()
    rows = np.flatnonzero(known)
    places = np.arange(len(rows))
    bars.barh(places, change[rows], color=colormaps['RdBu'](norm(
        change[rows])), edgecolor='0.3', linewidth=.5)
    bars.set_yticks(places, [names[r] for r in rows], fontsize=7)
    for name in bars.get_yticklabels():
        name.set_parse_math(False)  # whatever the data call a joint
    bars.invert_yaxis()
    bars.axvline(0, color='0.3', linewidth=.8)
    bars.set_xlabel(label)
    bars.spines[['top', 'right', 'left']].set_visible(False)
    return figure


def typical_pose(keypoints: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Choose a pose that shows every joint of a skeleton.

    Skeletons as mmpose describes them have names and links, but no places.
    An average of poses would fall together in the middle, so one of the poses
    is taken: of the half that is nearest to the average, the one whose joints
    keep apart best.

    Args:
        keypoints (np.ndarray): Poses in any frame, (N, K, 2).
        visible (np.ndarray): Above 0 where present, (N, K).

    Returns:
        np.ndarray: (K, 2); the longer side of its extent is 1, its corner
        at the origin. Joints that no pose has are NaN.

    Raises:
        ValueError: If no joint of any pose is present.
    """
    visible = np.asarray(visible) > 0
    if not visible.any():
        raise ValueError('there is no pose to draw a skeleton in: no joint of '
                         'any pose is present')
    count = visible.sum(1)
    fullest = np.flatnonzero(count == count.max())[:_MOST_POSES]
    poses = _with_extent_1(keypoints[fullest], visible[fullest])
    have = ~np.isnan(poses[..., 0])
    average = np.nansum(poses, 0) / np.maximum(have.sum(0), 1)[:, None]
    for joint in np.flatnonzero(~have.any(0)):
        # rare: go where other poses, if any, have it
        owner = np.flatnonzero(visible[:, joint])[:1]
        average[joint] = _with_extent_1(
            keypoints[owner], visible[owner])[0, joint] \
            if len(owner) else np.nan
    poses = np.where(np.isnan(poses), average, poses)
    distance = np.nanmean(np.linalg.norm(poses - average, axis=-1), axis=1)
    near = np.argsort(distance, kind='stable')[:(len(poses) + 1) // 2]
    return poses[near[np.argmax(_spread(poses[near][:, visible.any(0)]))]]


def _with_extent_1(keypoints: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Move and scale poses to an extent of 1; NaN where absent."""
    poses = np.where(visible[..., None], keypoints, np.nan)
    poses = poses - np.nanmin(poses, 1, keepdims=True)
    return poses / np.maximum(np.nanmax(poses, (1, 2), keepdims=True), 1e-6)


def _spread(poses: np.ndarray) -> np.ndarray:
    """How well the joints of each pose keep apart, (N, )."""
    apart = np.linalg.norm(poses[:, :, None] - poses[:, None], axis=-1)
    upper = np.triu_indices(poses.shape[1], 1)
    return np.log(apart[:, upper[0], upper[1]] + .02).mean(-1) \
        if len(upper[0]) else np.zeros(len(poses))

def error_frequency_figure(before: dict[str, float],
                           after: dict[str, float]) -> Figure:
    """Plot the frequency of each outcome before and after refinement.

    Both are shares, from 0 to 1, of the annotated joints of matched people by
    the names of ``ERROR_TYPES``. Two bars for each outcome, their values
    written on them.
    """
    figure, axes = _plot(5.4, 3.2)
    place = np.arange(len(ERROR_TYPES))
    for shift, label, shares, alpha in ((-.2, 'input', before, .45),
                                        (.2, 'refined', after, 1.)):
        bars = axes.bar(
            place + shift, [100 * shares[name] for name in ERROR_TYPES], .38,
            color=[ERROR_COLORS[name] for name in ERROR_TYPES], alpha=alpha,
            label=label)
        axes.bar_label(bars, fmt='%.1f', fontsize=7, padding=1)
    axes.set_xticks(place, ERROR_TYPES)
    axes.set_ylabel('% of annotated joints')
    axes.set_title('light: input, full: refined', fontsize=9)
    return figure


def oks_change_figure(before: np.ndarray, after: np.ndarray) -> Figure:
    """Plot the OKS (N, ) of poses before and after refinement.

    Points above the diagonal are poses that got better. Above 20000 poses, a
    seeded sample of them; the caption counts all.

    Raises:
        ValueError: If there is no pose.
    """
    if not len(before):
        raise ValueError('there is no pose with an OKS before and after')
    better, worse = (after > before).mean(), (after < before).mean()
    figure, axes = _plot(4.2, 4.4)
    rows = np.arange(len(before))
    if len(rows) > _MOST_POINTS:
        rows = np.random.default_rng(0).choice(
            rows, _MOST_POINTS, replace=False)
    axes.plot([0, 1], [0, 1], color='0.6', linewidth=1, zorder=1)
    axes.scatter(
        before[rows], after[rows], s=9, alpha=.55, linewidths=0,
        c=np.where(after[rows] >= before[rows], '#009e73', '#d55e00'),
        rasterized=len(rows) > _MOST_VECTORS)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect='equal',
             xlabel='OKS of the input pose', ylabel='OKS of the refined pose')
    axes.set_title(
        f'{len(before)} poses: {better:.0%} better, {worse:.0%} worse\n'
        f'mean {before.mean():.3f} before, {after.mean():.3f} after',
        fontsize=9)
    return figure


def joint_moves_figure(moves: np.ndarray) -> Figure:
    """Plot a histogram of how far joints moved.

    Moves are shares of the person's size; NaN does not count, and moves beyond
    0.3 are in the last of 20 bars.
    """
    figure, axes = _plot(6, 2.2)
    axes.hist(moves[np.isfinite(moves)].clip(max=.3 * (1 - 1e-9)), bins=20,
              range=(0, .3), rwidth=.9, color=ERROR_COLORS['swap'])
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel('share of the pose; further moves are in the last bar')
    axes.set_ylabel('joints')
    return figure
