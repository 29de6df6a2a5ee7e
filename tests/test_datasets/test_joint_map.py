"""Joints of one skeleton as keypoints of another, and back."""

from pathlib import Path

import mmpose
import numpy as np
import pytest
from mmengine.config import Config

from posefix_mm.datasets.joint_map import JointMap

SOURCE = ['head', 'hand', 'foot', 'tail']
TARGET = ['foot', 'nose', 'head']
MPII = Path(mmpose.__file__).parent / '.mim/configs/_base_/datasets/mpii.py'


def test_names() -> None:
    found = JointMap.from_names(SOURCE, TARGET)
    assert found.places.tolist() == [2, -1, 0]
    assert found.num_source == 4
    assert not found.is_identity


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
    assert joint_map.is_identity
    assert not JointMap(range(3), 4).is_identity
    assert not JointMap([1, 0], 2).is_identity
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


@pytest.mark.parametrize('field', ['source_metainfo', 'dataset_info'])
def test_skeletons_of_mmpose(field) -> None:
    path = str(MPII)
    config = Config.fromfile(path) if field == 'dataset_info' else None
    cfg = Config({field: dict(config.dataset_info) if config else path})
    found = JointMap.from_config(cfg, ['right_ankle', 'nose', 'left_wrist'])
    assert (found.num_source, found.places.tolist()) == (16, [0, -1, 15])


def test_file(tmp_path) -> None:
    path = tmp_path / 'map.py'
    path.write_text(f'source_joints = {SOURCE}\njoints = dict(nose="hand")\n')
    assert JointMap.from_config(path, TARGET).places.tolist() == [2, 1, 0]
    path.write_text('joints = dict()\n')
    with pytest.raises(ValueError, match='map.py is no joint map'):
        JointMap.from_config(path, TARGET)
