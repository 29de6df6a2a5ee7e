"""Figure 8 of the paper: how often each error occurs, before and after."""
from typing import Dict

import numpy as np
from matplotlib.figure import Figure

from ..datasets.transforms.error_synthesis import ERROR_TYPES
from .error_colors import ERROR_COLORS


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
