"""Joint maps by name."""

import numpy as np
import pytest

from posefix_mm.formats import joint_map_names
from posefix_mm.formats.joint_maps import (
    build_joint_map,
    load_source_joints,
    source_names,
)

COCO = load_source_joints('coco').names


@pytest.mark.parametrize(('name', 'count', 'known', 'wrist'), [
    ('openpose_body25', 25, 17, 7),
    ('openpose_coco18', 18, 17, 7),
    ('openpose_mpi15', 15, 12, 7),
    ('mediapipe33', 33, 17, 15),
    ('blazepose', 33, 17, 15),
    ('coco', 17, 17, 9),
    ('halpe26', 26, 17, 9),
    ('halpe136', 136, 17, 9),
    ('coco_wholebody', 133, 17, 9),
    ('posetrack18', 17, 15, 9),
    ('crowdpose', 14, 12, 4),
    ('mpii', 16, 12, 15),
])
def test_maps_to_coco(name, count, known, wrist):
    joint_map = build_joint_map(COCO, config=name)
    assert joint_map.num_source == count
    assert joint_map.known.sum() == known
    assert joint_map.places[COCO.index('left_wrist')] == wrist
    left = [n for n in COCO if n.startswith('left')
            and joint_map.known[COCO.index(n)]]
    places = {joint_map.places[COCO.index(n.replace('left', 'right'))]
              for n in left}
    assert len(places) == len(left) and -1 not in places


def test_every_map_of_the_package_is_tested():
    tested = {
        'openpose_body25', 'openpose_coco18', 'mediapipe33', 'blazepose',
        'coco', 'halpe26', 'halpe136', 'coco_wholebody', 'posetrack18',
        'crowdpose', 'mpii', 'openpose_mpi15'}
    assert set(joint_map_names()) == tested


def test_feet_of_openpose_meet_those_of_halpe():
    joint_map = build_joint_map(
        load_source_joints('halpe26').names, config='openpose_body25')
    assert joint_map.known.sum() == 25  # all but the top of the head


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text("source_joints = ['a', 'b', 'nose']\n"
                    "joints = dict(left_eye='b')")
    joint_map = build_joint_map(['nose', 'left_eye', 'tail'], config=path)
    np.testing.assert_array_equal(joint_map.places, [2, 1, -1])


def test_pairs_alone_take_names_from_the_file(tmp_path):
    path = tmp_path / 'mine.json'
    path.write_text('{"joints": {"left_eye": "eyeL"}}')
    joint_map = build_joint_map(
        ['nose', 'left_eye'], config=path, file_names=['eyeL', 'x', 'nose'])
    np.testing.assert_array_equal(joint_map.places, [2, 0])
    assert source_names(['q'], path) == ['q']
    with pytest.raises(ValueError, match='file does not name its joints'):
        build_joint_map(['nose', 'left_eye'], config=path)


def test_as_many_joints_under_other_names():
    with pytest.warns(UserWarning, match='no joints called head; .* identity'):
        build_joint_map(['neck', 'head'], file_names=['neck', 'top_head'])


def test_a_skeleton_of_mmpose(tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text("source_metainfo = 'configs/_base_/datasets/mpii.py'")
    assert load_source_joints(path).names[:2] == ['right_ankle', 'right_knee']


def test_without_a_map_the_skeletons_are_the_same():
    joint_map = build_joint_map(COCO)
    assert joint_map.places.tolist() == list(range(joint_map.num_source))
    assert source_names(None) is None


@pytest.mark.parametrize(('text', 'message'), [
    ('a = 1', 'is no joint map: it has none of source_joints'),
    ("source_metainfo = 'no.py'", 'does not describe an mmpose skeleton'),
    ('dataset_info = dict(a=1)', 'does not describe an mmpose skeleton'),
])
def test_other_configs(text, message, tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_source_joints(path)


def test_unknown_names():
    with pytest.raises(FileNotFoundError, match='halpe27 is neither a config '
                       'file nor one of the joint maps blazepose, coco'):
        load_source_joints('halpe27')
