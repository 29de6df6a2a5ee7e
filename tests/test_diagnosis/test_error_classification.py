"""Joints at known places have known errors."""

import numpy as np
import pytest
from toy_people import (
    AREA,
    D10,
    D50,
    D85,
    FLIP,
    NEAR,
    POSE,
    SIGMAS,
    moved,
)

from posefix_mm.diagnosis import classify_errors
from posefix_mm.diagnosis.diagnosis import NOT_ANNOTATED
from posefix_mm.structures.oks import (
    GOOD,
    INVERSION,
    JITTER,
    MISS,
    SWAP,
    keypoint_similarity,
    ks_distance,
)

LEFT, RIGHT = 1, 2  # hands
UP = np.array([0., -1.])


def classify(pose, *, near=(), visible=None, present=None):
    """Classify one pose of POSE, with near persons."""
    poses = np.stack([POSE, *near])
    if visible is None:
        visible = np.ones(poses.shape[:2], bool)
    if present is None:
        present = np.ones(5, bool)
    found = classify_errors(pose[None], present[None], poses[None],
                            visible[None], np.array([[AREA]]), SIGMAS, FLIP)
    return [array[0] for array in found]


@pytest.mark.parametrize(('distance', 'status'), [
    (0, GOOD),
    (D85 * .999, GOOD),
    (D85 * 1.001, JITTER),
    (D50 * .999, JITTER),
    (D50 * 1.001, MISS),
    (D10 * .999, MISS),
    (1e4, MISS),
])
def test_bands_around_the_own_place(distance, status):
    found, ks, nearest = classify(moved(LEFT, POSE[LEFT] + distance * UP))
    assert found.tolist() == [GOOD, status, GOOD, GOOD, GOOD]
    # 2 * area * (2 * sigma)^2 is 200
    expected = np.exp(-distance**2 / 200)
    np.testing.assert_allclose(ks, [1, expected, 1, 1, 1], rtol=1e-6)
    # beyond all joints, the nearest one is another than the own
    if distance < 1e3:
        np.testing.assert_allclose(nearest, ks, rtol=1e-6)


@pytest.mark.parametrize(('place', 'status'), [
    (POSE[RIGHT] + D50 * .999 * UP, INVERSION),
    (POSE[RIGHT] + D50 * 1.001 * UP, MISS),
    (NEAR[LEFT] + D50 * .999 * UP, SWAP),
    (NEAR[LEFT] + D50 * 1.001 * UP, MISS),
    (NEAR[RIGHT] - D50 * .999 * UP, SWAP),
    (POSE[3], MISS),  # a foot is no reference of a hand
    (NEAR[4], MISS),
])
def test_places_of_others(place, status):
    found, ks, nearest = classify(moved(LEFT, place), near=[NEAR])
    assert found.tolist() == [GOOD, status, GOOD, GOOD, GOOD]
    assert ks[LEFT] < .1
    if status in (INVERSION, SWAP):
        assert nearest[LEFT] == pytest.approx(.5, abs=2e-3)


def test_the_nearest_reference_point_decides():
    """Two near places: within d(.85) of the own, nearer to the twin."""
    twin = POSE[LEFT] + [4., 0.]
    pose = moved(RIGHT, twin)
    poses = np.stack([pose])
    for offset, status in ((1.9, GOOD), (2.1, INVERSION)):
        found = classify_errors(
            moved(LEFT, POSE[LEFT] + [offset, 0.], pose)[None],
            np.ones((1, 5), bool), poses[None], np.ones((1, 1, 5), bool),
            np.array([[AREA]]), SIGMAS, FLIP)
        assert found.status[0, LEFT] == status


def test_only_annotated_points_count():
    visible = np.ones((2, 5), bool)
    visible[0, RIGHT] = False  # no twin, and nothing to say about it
    visible[1, LEFT] = False  # the near person's
    pose = moved(LEFT, POSE[RIGHT])
    status, ks, nearest = classify(pose, near=[NEAR], visible=visible)
    assert status.tolist() == [GOOD, MISS, NOT_ANNOTATED, GOOD, GOOD]
    assert np.isnan([ks[RIGHT], nearest[RIGHT]]).all()
    status, _, _ = classify(
        moved(LEFT, NEAR[LEFT]), near=[NEAR], visible=visible)
    assert status[LEFT] == MISS


def test_persons_that_pad_the_array_do_not_count():
    visible = np.array([[True] * 5, [False] * 5])
    status, _, _ = classify(
        moved(LEFT, NEAR[LEFT]), near=[NEAR], visible=visible)
    assert status[LEFT] == MISS


def test_a_joint_without_twin_has_no_inversion():
    """The nose is its own twin: near its place it is good or jitter."""
    status, _, _ = classify(moved(0, POSE[0] + D85 * 1.1 * UP))
    assert status[0] == JITTER
    status, _, _ = classify(moved(0, NEAR[0]), near=[NEAR])
    assert status[0] == SWAP


def test_an_absent_joint_is_a_miss_wherever_it_is_written():
    present = np.array([True, False, True, True, True])
    status, ks, nearest = classify(POSE, present=present)
    assert status.tolist() == [GOOD, MISS, GOOD, GOOD, GOOD]
    assert ks[LEFT] == nearest[LEFT] == 0


def test_small_sigmas_make_small_bands():
    pose = moved(LEFT, POSE[LEFT] + D85 * .9 * UP)
    found = classify_errors(
        np.stack([pose, pose]), np.ones((2, 5), bool),
        np.stack([[POSE], [POSE]]), np.ones((2, 1, 5), bool),
        np.array([[AREA], [AREA / 100]]), SIGMAS, FLIP)
    assert found.status[:, LEFT].tolist() == [GOOD, MISS]


def test_similarity_is_the_inverse_of_the_distance():
    area, sigmas = np.array([400., 9e4]), np.array([.025, .107])
    for ks in (.85, .5, .1):
        distance = ks_distance(ks, area, sigmas)
        np.testing.assert_allclose(
            keypoint_similarity(distance, area, sigmas), ks, rtol=1e-9)
    assert keypoint_similarity(np.ones(1), np.zeros(1), np.ones(1)) == 0
