"""From the estimator's skeleton to the refiner's and back."""

import numpy as np
import pytest

from posefix_mm.chain import to_input_poses
from posefix_mm.structures.joint_map import JointMap

# joints a, b, c, d of the estimator; keypoints c, x, a of the refiner
MAP = JointMap.from_names('abcd', 'cxa')


@pytest.fixture
def keypoints() -> np.ndarray:
    return np.arange(1., 17.).reshape(2, 4, 2).astype(np.float32)


def test_joints_are_taken_by_name(keypoints: np.ndarray) -> None:
    scores = np.array([[.1, .2, .3, .4], [.5, .6, .7, .8]], np.float32)
    given = to_input_poses(keypoints, scores, MAP)
    assert given.usable.tolist() == [True, True]
    assert given.poses.keypoints[0].tolist() == [[5, 6], [0, 0], [1, 2]]
    np.testing.assert_allclose(given.poses.keypoint_scores[1], [.7, 0, .5])
    assert given.poses.visible.tolist() == [[True, False, True]] * 2


def test_others_stay(keypoints: np.ndarray) -> None:
    given = to_input_poses(keypoints, np.ones((2, 4), np.float32), MAP)
    refined = -np.arange(1., 13.).reshape(2, 3, 2)
    put = given.put_back(keypoints, refined, MAP)
    assert put[0].tolist() == [[-5, -6], [3, 4], [-1, -2], [7, 8]]
    assert keypoints[0, 0].tolist() == [1, 2]


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_what_is_not_finite_is_left_as_it_was(keypoints: np.ndarray,
                                              bad: float) -> None:
    keypoints[0, 2, 1] = bad
    given = to_input_poses(keypoints, np.ones((2, 4), np.float32), MAP)
    assert given.usable.tolist() == [False, True]
    assert given.poses.keypoints.shape == (1, 3, 2)
    put = given.put_back(keypoints, np.zeros((1, 3, 2)), MAP)
    np.testing.assert_array_equal(put[0], keypoints[0])
    assert put[1].tolist() == [[0, 0], [11, 12], [0, 0], [15, 16]]


def test_a_pose_without_keypoints_is_left(keypoints: np.ndarray) -> None:
    scores = np.ones((2, 4), np.float32)
    keypoints[1], scores[1] = 0, 0
    assert to_input_poses(keypoints, scores, MAP).usable.tolist() == [
        True, False
    ]


def test_nobody() -> None:
    given = to_input_poses(
        np.zeros((0, 4, 2), np.float32), np.zeros((0, 4), np.float32), MAP)
    assert given.poses.keypoints.shape == (0, 3, 2)
    assert given.put_back(
        np.zeros((0, 4, 2)), np.zeros((0, 3, 2)), MAP).shape == (0, 4, 2)
