"""Joints of one skeleton as keypoints of another, and back."""

import numpy as np
import pytest

from posefix_mm.structures.joint_map import JointMap

SOURCE = ['head', 'hand', 'foot', 'tail']
TARGET = ['foot', 'nose', 'head']


def test_names() -> None:
    found = JointMap.from_names(SOURCE, TARGET)
    assert found.places.tolist() == [2, -1, 0]
    assert found.num_source == 4


@pytest.mark.parametrize('source', [
    ['rightEye', 'leftEye'], ['Right eye', 'LEFT-EYE'],
    ['right_eye', 'left_eye']])
def test_names_that_are_written_otherwise(source) -> None:
    joint_map = JointMap.from_names(source, ['left_eye', 'nose', 'right_eye'])
    assert joint_map.places.tolist() == [1, -1, 0]


def test_the_very_name_comes_first() -> None:
    joint_map = JointMap.from_names(['left_eye', 'leftEye'], ['left_eye'])
    assert joint_map.places.tolist() == [0]


def test_named_pairs() -> None:
    """Pairs come before equal names."""
    found = JointMap.from_names(SOURCE, TARGET,
                                dict(nose='head', head='tail'))
    assert found.places.tolist() == [2, 0, 3]


def test_there_and_back() -> None:
    joint_map = JointMap([2, -1, 0], 4)
    values = np.arange(8.).reshape(4, 2) + 1
    taken = joint_map.take(values)
    np.testing.assert_array_equal(taken, [[5, 6], [0, 0], [1, 2]])
    put = joint_map.put(values, taken * 10 + 99)
    np.testing.assert_array_equal(put, [[109, 119], [3, 4], [149, 159],
                                        [7, 8]])
    np.testing.assert_array_equal(values[0], [1, 2])  # a copy
    np.testing.assert_array_equal(joint_map.put(values, taken), values)


def test_values_of_one_number() -> None:
    joint_map = JointMap([1, 0], 3)
    np.testing.assert_array_equal(
        joint_map.take(np.array([True, False, True])), [False, True])
    np.testing.assert_array_equal(
        joint_map.put(np.array([1., 2, 3]), np.array([8., 9])), [9, 8, 3])


def test_identity() -> None:
    joint_map = JointMap.identity(3)
    assert (joint_map.places.tolist(), joint_map.num_source) == ([0, 1, 2], 3)
    values = np.arange(6.).reshape(3, 2)
    np.testing.assert_array_equal(joint_map.take(values), values)


@pytest.mark.parametrize(('places', 'match'), [
    ([-1, -1], 'have no joint in common'),
    ([], 'have no joint in common'),
    ([0, 4], 'joint 4 is not one of the 4 joints'),
    ([1, 1], 'two keypoints are mapped to the same joint'),
])
def test_maps_that_can_not_be(places, match) -> None:
    with pytest.raises(ValueError, match=match):
        JointMap(places, 4)


@pytest.mark.parametrize(('joints', 'match'), [
    (dict(ear='head'), 'names ear, which the refiner does not have'),
    (dict(nose='snout', foot='paw'),
     'names paw, snout, which the source does not have'),
])
def test_unknown_names(joints, match) -> None:
    with pytest.raises(ValueError, match=match):
        JointMap.from_names(SOURCE, TARGET, joints)
