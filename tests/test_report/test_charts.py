"""Geometry of the charts."""

import numpy as np
import pytest

from posefix_mm.datasets.transforms import ERROR_TYPES
from posefix_mm.report.charts import (
    MAX_POINTS,
    frequency_bars,
    histogram,
    scatter_chart,
)


def test_points_lie_where_they_should() -> None:
    chart = scatter_chart(
        np.array([0., .5, 1.]), np.array([1., .5, .2]), side=100)
    assert chart.better == 'M0.0 0.0h0M50.0 50.0h0'
    assert chart.worse == 'M100.0 80.0h0'
    assert (chart.shown, chart.total) == (3, 3)


def test_many_points_are_sampled() -> None:
    values = np.linspace(0, 1, 5000)
    chart = scatter_chart(values, values, seed=1)
    assert chart.better.count('M') == chart.shown == MAX_POINTS
    assert chart.total == 5000
    assert chart == scatter_chart(values, values, seed=1)
    assert chart != scatter_chart(values, values, seed=2)


def test_errors_share_a_scale() -> None:
    shares = dict(
        zip(ERROR_TYPES, [(.6, .8), (.2, .1), (.1, .05), (0, 0), (.1, .05)],
            strict=True))
    bars = frequency_bars(shares)
    assert [[b.length for b in pair] for pair in bars] == [[.6, .8], [1, .5],
                                                           [.5, .25], [0, 0],
                                                           [.5, .25]]
    assert [pair[0].label for pair in bars] == list(ERROR_TYPES)


def test_no_errors_at_all() -> None:
    shares = dict.fromkeys(ERROR_TYPES, (0., 0.))
    assert all(b.length == 0 for pair in frequency_bars(shares) for b in pair)


def test_histogram() -> None:
    values = np.array([0, .04, .05, .12, .3, 99, np.nan])
    bars = histogram(values, bins=4, upper=.2)
    assert [b.value for b in bars] == [2, 1, 1, 2]
    assert [b.length for b in bars] == [1, .5, .5, 1]
    assert [b.label for b in bars] == [
        '0.0% to 5.0%', '5.0% to 10.0%', '10.0% to 15.0%', 'over 15.0%'
    ]


@pytest.mark.parametrize('values', [[], [np.nan]])
def test_empty_histogram(values) -> None:
    assert [b.value for b in histogram(np.array(values), bins=2)] == [0, 0]
