"""A pose to draw a skeleton in."""

import numpy as np
import pytest

from posefix_mm.visualization.figures import typical_pose

SQUARE = np.array([[0., 0.], [10., 0.], [10., 20.], [0., 20.]])
ALL = np.ones((1, 4))


def test_extent_is_one() -> None:
    pose = typical_pose(SQUARE[None] + 300, ALL)
    assert pose.tolist() == [[0, 0], [.5, 0], [.5, 1], [0, 1]]


def test_takes_a_pose_that_is_like_the_others() -> None:
    """Two of three are alike; the third one is upside down."""
    poses = np.stack([SQUARE, SQUARE * 3 + 7, SQUARE[[2, 3, 0, 1]]])
    pose = typical_pose(poses, np.repeat(ALL, 3, 0))
    np.testing.assert_allclose(pose, [[0, 0], [.5, 0], [.5, 1], [0, 1]])


def test_of_similar_poses_the_spread_out_one() -> None:
    narrow = SQUARE * [.2, 1]
    wide = SQUARE * [1.2, 1]
    poses = np.stack([narrow, wide, SQUARE, SQUARE * [.9, 1]])
    pose = typical_pose(poses, np.repeat(ALL, 4, 0))
    # of the two nearest to the average, 0.5 * 0.825 wide
    np.testing.assert_allclose(pose[:, 0].max(), .5)


def test_joint_of_other_poses_only() -> None:
    """The fullest pose lacks a joint that another one has."""
    poses = np.stack([SQUARE, SQUARE])
    visible = np.array([[1, 1, 1, 0], [1, 0, 0, 1]])
    pose = typical_pose(poses, visible)
    np.testing.assert_allclose(pose[3], [0, 1])


def test_joint_of_no_pose() -> None:
    pose = typical_pose(SQUARE[None], np.array([[1, 1, 1, 0]]))
    assert np.isnan(pose).any(1).tolist() == [False, False, False, True]


def test_single_joint() -> None:
    pose = typical_pose(np.full((1, 1, 2), 5.), np.ones((1, 1)))
    assert pose.tolist() == [[0, 0]]


def test_nothing_present() -> None:
    with pytest.raises(ValueError, match='no joint of any pose is present'):
        typical_pose(SQUARE[None], np.zeros((1, 4)))
