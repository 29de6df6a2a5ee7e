"""AlphaPose's results."""

import json

import numpy as np
import pytest

from posefix_mm.formats import open_pose_file

NAMES = ['nose', 'left_wrist', 'left_big_toe']


def record(name='a.jpg', count=26, **fields):
    pose = np.arange(3. * count) + 100
    pose[2::3] = .5
    return dict(image_id=name, category_id=1, keypoints=pose.tolist(),
                score=2.8, box=[1, 2, 3.50, 4], idx=[0.0], **fields)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'alphapose-results.json'
    path.write_text(json.dumps([record(), record('b.jpg'), record()]))
    return path


def test_image_ids_are_file_names_and_scores_may_be_above_one(file, trip):
    poses = open_pose_file(file, target_names=NAMES, joint_map='halpe26')
    assert poses.name == 'alphapose' and poses.drops_duplicates
    assert [image.file_name for image in poses.images] == ['a.jpg', 'b.jpg']
    np.testing.assert_array_equal(poses.image_index, [0, 1, 0])
    first = trip.read(poses)[0]
    assert (first.problem, first.score, first.image_id) == (None, 2.8, 'a.jpg')
    # nose is joint 0, left wrist 9, left big toe 20 of Halpe
    np.testing.assert_array_equal(
        first.keypoints, [[100, 101], [127, 128], [160, 161]])


def test_only_known_joints_of_refined_poses_change(file, trip):
    poses = open_pose_file(file, target_names=NAMES, joint_map='halpe26')
    out = trip.write(poses, {1: [[1, 2], [127, 128], [3.25, 161]]})
    expected = json.loads(file.read_text())
    expected[1]['keypoints'][0:2] = 1, 2
    expected[1]['keypoints'][60] = 3.25
    assert json.loads(out.read_text()) == expected


def test_untouched_files_come_back_byte_for_byte(file, trip):
    file.write_text(file.read_text().replace('3.5,', '3.50,') + '\n\n')
    poses = open_pose_file(file, target_names=NAMES, joint_map='halpe26')
    assert trip.write(poses).read_bytes() == file.read_bytes()


def test_136_joints_of_halpe(tmp_path, trip):
    path = tmp_path / 'results.json'
    path.write_text(json.dumps([record(count=136)]))
    poses = open_pose_file(
        path, target_names=['left_hand_root'], joint_map='halpe136')
    np.testing.assert_array_equal(
        trip.read(poses)[0].keypoints, [[100 + 3 * 94, 101 + 3 * 94]])


def test_another_number_of_joints_is_a_problem(file, trip):
    poses = open_pose_file(file, target_names=NAMES)
    assert {r.problem.code for r in trip.read(poses)} == {'keypoint_count'}
