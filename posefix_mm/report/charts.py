"""Geometry of the charts on the page; the templates draw them as SVG."""
from typing import Dict, List, NamedTuple, Sequence

import numpy as np

from ..datasets.transforms.error_synthesis import ERROR_TYPES

# More points make a page heavy, not clearer.
MAX_POINTS = 1500


class ScatterChart(NamedTuple):
    """Points of OKS before against after, in a square of ``side``.

    Attributes:
        side (int): Width and height of the plot.
        better (str): SVG path of the points above the diagonal.
        worse (str): SVG path of the points below.
        shown (int): Points drawn.
        total (int): Points there are.
    """

    side: int
    better: str
    worse: str
    shown: int
    total: int


class Bar(NamedTuple):
    """One bar.

    Attributes:
        label (str): What it shows.
        value (float): Its value.
        length (float): Share of the longest bar, 0 to 1.
    """

    label: str
    value: float
    length: float


def scatter_chart(before: np.ndarray,
                  after: np.ndarray,
                  *,
                  side: int = 300,
                  seed: int = 0) -> ScatterChart:
    """Lay out OKS before against after.

    Args:
        before (np.ndarray): OKS of the input, 0 to 1, (N, ).
        after (np.ndarray): OKS of the refined poses, (N, ).
        side (int): Width and height. Defaults to 300.
        seed (int): Of the sample drawn above :data:`MAX_POINTS`.

    Returns:
        ScatterChart: The origin is the lower left corner.
    """
    shown = np.arange(len(before))
    if len(shown) > MAX_POINTS:
        shown = np.sort(
            np.random.default_rng(seed).choice(
                shown, MAX_POINTS, replace=False))
    x, y = before[shown] * side, (1 - after[shown]) * side
    better = after[shown] >= before[shown]
    return ScatterChart(side, _dots(x[better], y[better]),
                        _dots(x[~better], y[~better]), len(shown), len(before))


def _dots(x: np.ndarray, y: np.ndarray) -> str:
    """Strokes of no length, which round line caps make dots of."""
    return ''.join(f'M{a:.1f} {b:.1f}h0'
                   for a, b in zip(x.tolist(), y.tolist(), strict=True))


def frequency_bars(shares: Dict[str, Sequence[float]]) -> List[List[Bar]]:
    """Lay out the shares of all outcomes.

    Args:
        shares (Dict[str, Sequence[float]]): Shares from 0 to 1 by the names
            of ``ERROR_TYPES``, before and after.

    Returns:
        List[List[Bar]]: For each outcome its bars before and after. Errors
        share one scale; ``good`` has its own, from 0 to 1, as it would dwarf
        the others.
    """
    most = max((max(shares[name]) for name in ERROR_TYPES[1:]), default=0.)
    return [[
        Bar(name, value, value if name == 'good' else value / (most or 1.))
        for value in shares[name]
    ] for name in ERROR_TYPES]


def histogram(values: np.ndarray,
              *,
              bins: int = 20,
              upper: float = .5) -> List[Bar]:
    """Count values in bins of equal width.

    Args:
        values (np.ndarray): Not negative, (N, ); NaN does not count.
        bins (int): Defaults to 20.
        upper (float): End of the last bin, into which everything beyond goes
            as well. Defaults to 0.5.

    Returns:
        List[Bar]: One for each bin, the value being its count.
    """
    values = values[np.isfinite(values)].clip(max=upper * (1 - 1e-9))
    counts, edges = np.histogram(values, bins, (0, upper))
    most = max(int(counts.max(initial=0)), 1)
    return [
        Bar(f'{low:.1%} to {high:.1%}' if high < upper else f'over {low:.1%}',
            int(count), count / most) for count, low, high in zip(
                counts, edges[:-1], edges[1:], strict=True)
    ]
