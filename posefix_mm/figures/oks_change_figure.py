"""Figure 7 of the paper: similarity before and after, pose by pose."""
import numpy as np
from matplotlib.figure import Figure

# Above so many points a plot is only slower to open.
_MOST_POINTS = 20000


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
        rasterized=len(shown) > 2000)
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
