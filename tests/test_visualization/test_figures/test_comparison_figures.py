"""Figures 7 and 8, and the drawing of joints: what is where."""

import numpy as np
import pytest

from posefix_mm.datasets.transforms import ERROR_TYPES
from posefix_mm.visualization.figures import (
    ERROR_COLORS,
    error_frequency_figure,
    joint_change_figure,
    joint_moves_figure,
    oks_change_figure,
)

BEFORE = dict(zip(ERROR_TYPES, (.5, .2, .1, .05, .15), strict=True))
AFTER = dict(zip(ERROR_TYPES, (.7, .1, .1, .05, .05), strict=True))
POSE = np.array([[0., 0.], [1., 0.], [1., 1.], [np.nan, np.nan]])


def test_oks_before_is_x() -> None:
    figure = oks_change_figure(
        np.array([.1, .5, .8, .3]), np.array([.4, .5, .6, .9]))
    axes, = figure.axes
    points, = axes.collections
    assert points.get_offsets().tolist() == [[.1, .4], [.5, .5], [.8, .6],
                                             [.3, .9]]
    green, orange = points.get_facecolors()[[0, 2], :3].round(2).tolist()
    assert green == [0, .62, .45]
    assert orange == [.84, .37, 0]
    assert axes.get_title() == ('4 poses: 50% better, 25% worse\n'
                                'mean 0.425 before, 0.600 after')


def test_many_poses_are_sampled() -> None:
    before = np.linspace(0, 1, 25001)
    figure = oks_change_figure(before, before)
    assert len(figure.axes[0].collections[0].get_offsets()) == 20000
    assert figure.axes[0].get_title().startswith('25001 poses')


def test_no_pose() -> None:
    with pytest.raises(ValueError, match='no pose with an OKS'):
        oks_change_figure(np.zeros(0), np.zeros(0))


def test_frequencies_in_percent() -> None:
    axes, = error_frequency_figure(BEFORE, AFTER).axes
    heights = [bar.get_height() for bar in axes.patches]
    np.testing.assert_allclose(heights, [50, 20, 10, 5, 15, 70, 10, 10, 5, 5])
    assert [t.get_text() for t in axes.get_xticklabels()] == list(ERROR_TYPES)
    assert {t.get_text() for t in axes.texts} >= {'50.0', '70.0', '15.0'}
    assert len(ERROR_COLORS) == 5


def test_joints_keep_their_changes() -> None:
    change = np.array([.2, -.1, np.nan, .05])
    drawing, bars = joint_change_figure(change, POSE, ['a', 'b', 'c', 'd'],
                                        [[0, 1], [1, 2], [2, 3]]).axes
    dots, unknown = drawing.collections
    assert dots.get_offsets().tolist() == [[0, 0], [1, 0]]
    assert dots.get_array().tolist() == [.2, -.1]
    np.testing.assert_allclose(dots.get_sizes(), [250, 140])
    assert unknown.get_offsets().tolist() == [[1, 1]]
    assert len(drawing.lines) == 2  # the third limb has no end
    np.testing.assert_allclose([b.get_width() for b in bars.patches],
                               [.2, -.1, .05])
    assert [t.get_text() for t in bars.get_yticklabels()] == ['a', 'b', 'd']
    # gains are blue, losses red
    assert dots.to_rgba(.2)[2] > dots.to_rgba(.2)[0]
    assert dots.to_rgba(-.1)[0] > dots.to_rgba(-.1)[2]


def test_no_change_is_known() -> None:
    with pytest.raises(ValueError, match='every joint is unknown'):
        joint_change_figure(np.full(4, np.nan), POSE, list('abcd'), [])


def test_moves_are_counted() -> None:
    """Those beyond the end are in the last bar, unknown ones in none."""
    axes, = joint_moves_figure(
        np.array([[0, .016, .08], [.19, 99, np.nan]])).axes
    counts = [bar.get_height() for bar in axes.patches]
    assert len(counts) == 20
    assert {i: n for i, n in enumerate(counts) if n} == {
        0: 1, 1: 1, 5: 1, 12: 1, 19: 1}
