"""Poses on matplotlib axes."""

import numpy as np
from matplotlib.figure import Figure

from posefix_mm.visualization.figures import (
    ERROR_COLORS,
    draw_pose,
    pose_segments,
)
from posefix_mm.visualization.figures.drawing import (
    UNKNOWN_COLOR,
    show_photo,
    status_colors,
)

POSE = np.array([[0., 0.], [4., 0.], [4., 6.], [9., 9.]])
LINKS = [[0, 1], [1, 2], [2, 3]]


def test_limbs_need_both_ends() -> None:
    segments = pose_segments(POSE, np.array([1, 1, 1, 0]), LINKS)
    assert segments.tolist() == [[[0, 0], [4, 0]], [[4, 0], [4, 6]]]


def test_no_links() -> None:
    assert pose_segments(POSE, np.ones(4), []).shape == (0, 2, 2)


def test_draws_what_is_present() -> None:
    axes = Figure().add_subplot()
    draw_pose(axes, POSE, [1, 1, 0, 1], LINKS, joint_colors=list('rgbk'))
    (edge, limbs), [joints] = axes.lines, axes.collections
    for line in (edge, limbs):
        np.testing.assert_array_equal(
            line.get_xydata(), [[0, 0], [4, 0], [np.nan, np.nan]])
    assert joints.get_offsets().tolist() == [[0, 0], [4, 0], [9, 9]]
    assert joints.get_facecolors()[:, :3].tolist() == [[1, 0, 0], [0, .5, 0],
                                                       [0, 0, 0]]


def test_colors_of_outcomes() -> None:
    assert status_colors(np.array([0, 4, -1]), 3) == [
        ERROR_COLORS['good'], ERROR_COLORS['miss'], UNKNOWN_COLOR
    ]
    assert status_colors(None, 2) == [UNKNOWN_COLOR] * 2


def test_pixels_are_data_coordinates() -> None:
    axes = Figure().add_subplot()
    show_photo(axes, np.zeros((30, 20, 3), np.uint8), 'a title')
    assert axes.get_xlim() == (-.5, 19.5)
    assert axes.get_ylim() == (29.5, -.5)
    assert axes.get_title() == 'a title'
