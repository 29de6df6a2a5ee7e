"""PoseTrack's AP, worked out by hand."""

import math

import numpy as np
import pytest

from posefix_mm.evaluation import joint_precisions
from posefix_mm.evaluation.pose_track_ap import (
    FramePeople,
    FramePoses,
    area_under_curve,
    match_joints,
)


def people(*keypoints, visible=None, head=10.):
    keypoints = np.array(keypoints, float).reshape(len(keypoints), -1, 2)
    if visible is None:
        visible = np.ones(keypoints.shape[:2])
    return FramePeople(keypoints,
                       np.array(visible, bool).reshape(keypoints.shape[:2]),
                       np.full(len(keypoints), head))


def poses(*keypoints, scores=1., number=2):
    keypoints = np.array(keypoints, float).reshape(-1, number, 2)
    return FramePoses(keypoints, np.broadcast_to(scores, keypoints.shape[:2]),
                      np.ones(keypoints.shape[:2], bool))


ONE = people([[0, 0], [50, 0]])


@pytest.mark.parametrize(('pose', 'expected'), [
    ([[0, 0], [50, 0]], [True, True]),
    ([[3, 4], [50, 5]], [True, True]),  # 5 px is half a head
    ([[3, 4.1], [50, 6]], [False, False]),
    ([[4, 0], [0, 0]], [True, False]),
])
def test_right_within_half_a_head(pose, expected):
    assert match_joints(ONE, poses(pose), .5).tolist() == [expected]


def test_a_person_keeps_its_best_pose():
    """The better pose comes second and takes the person alone."""
    found = match_joints(
        ONE, poses([[0, 0], [90, 0]], [[1, 0], [51, 0]]), .5)
    assert found.tolist() == [[False, False], [True, True]]


def test_a_pose_keeps_its_best_person():
    two = people([[0, 0], [50, 0]], [[0, 0], [80, 0]])
    found = match_joints(two, poses([[0, 0], [80, 0]]), .5)
    assert found.tolist() == [[True, True]]


def test_joints_without_annotation_are_wrong():
    partly = people([[0, 0], [50, 0]], visible=[[1, 0]])
    found = match_joints(partly, poses([[0, 0], [50, 0]]), .5)
    assert found.tolist() == [[True, False]]


@pytest.mark.parametrize(('right', 'scores', 'count', 'expected'), [
    ([1, 1], [.9, .8], 2, 1.),
    ([1, 1], [.9, .8], 4, .5),  # half of them are missed
    ([0, 1], [.9, .8], 1, .5),
    ([0, 1], [.8, .9], 1, 1.),
    ([1, 0, 1], [.9, .8, .7], 2, (1 + 2 / 3) / 2),
    ([0, 1, 1], [.9, .8, .7], 2, 2 / 3),  # precision is made to fall
    ([0], [.5], 1, 0.),
    ([], [], 3, 0.),
])
def test_area_under_curve(right, scores, count, expected):
    assert area_under_curve(
        np.array(right, bool), np.array(scores),
        count) == pytest.approx(expected)


def test_nothing_to_be_found():
    """As poseval: not a number, but 0 where nothing is found either."""
    assert math.isnan(area_under_curve(np.zeros(1, bool), np.ones(1), 0))
    assert area_under_curve(np.zeros(0, bool), np.ones(0), 0) == 0


def test_of_equal_scores_the_last_comes_first():
    """The order of a rising sort, turned round; small ones are stable."""
    scores = np.ones(3)
    assert area_under_curve(np.array([True, False, False]), scores,
                            1) == pytest.approx(1 / 3)
    assert area_under_curve(np.array([False, False, True]), scores, 1) == 1


def test_over_frames():
    """The second joint of the second frame is wrong and scored highest."""
    right, wrong = [[0, 0], [50, 0]], [[0, 0], [90, 0]]
    result = joint_precisions(
        [ONE, ONE, ONE],
        [poses(right, scores=.5),
         poses(wrong, scores=.9),
         poses()])
    np.testing.assert_allclose(result, [2 / 3, .5 / 3])


def test_a_frame_without_people():
    """Whatever is found there is wrong."""
    empty = people(np.zeros((0, 2, 2)))
    empty = FramePeople(empty.keypoints.reshape(0, 2, 2),
                        empty.visible.reshape(0, 2), np.zeros(0))
    right = [[0, 0], [50, 0]]
    result = joint_precisions(
        [ONE, empty], [poses(right, scores=.5), poses(right, scores=.9)])
    np.testing.assert_allclose(result, [.5, .5])
