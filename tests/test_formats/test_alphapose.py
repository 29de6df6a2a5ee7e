"""AlphaPose's results."""

import json

import numpy as np

NAMES = ['nose', 'left_wrist', 'left_big_toe']


def record(name='a.jpg', count=26):
    pose = np.arange(3. * count) + 100
    pose[2::3] = .5
    return dict(image_id=name, category_id=1, keypoints=pose.tolist(),
                score=2.8, box=[1, 2, 3.50, 4], idx=[0.0])


RECORDS = [record(), record('b.jpg'), record()]


def test_image_ids_are_file_names_and_scores_may_be_above_one(trip):
    poses = trip.open(RECORDS, joint_map='halpe26')
    assert poses.name == 'alphapose' and poses.drops_duplicates
    assert [image.file_name for image in poses.images] == ['a.jpg', 'b.jpg']
    np.testing.assert_array_equal(poses.image_index, [0, 1, 0])
    first = trip.read(poses)[0]
    assert (first.problem, first.score, first.image_id) == (None, 2.8, 'a.jpg')
    # nose is joint 0, left wrist 9, left big toe 20 of Halpe
    np.testing.assert_array_equal(
        first.keypoints, [[100, 101], [127, 128], [160, 161]])


def test_only_known_joints_of_refined_poses_change(trip):
    text = json.dumps(RECORDS).replace('3.5,', '3.50,') + '\n\n'
    poses = trip.open(text, joint_map='halpe26')
    trip.check_untouched(poses)
    out = trip.write(poses, {1: [[1, 2], [127, 128], [3.25, 161]]})
    expected = json.loads(text)
    expected[1]['keypoints'][0:2] = 1, 2
    expected[1]['keypoints'][60] = 3.25
    assert json.loads(out.read_text()) == expected


def test_136_joints_of_halpe(trip):
    poses = trip.open([record(count=136)], target_names=['left_hand_root'],
                      joint_map='halpe136')
    np.testing.assert_array_equal(
        trip.read(poses)[0].keypoints, [[100 + 3 * 94, 101 + 3 * 94]])


def test_another_number_of_joints_is_a_problem(trip):
    assert trip.codes(trip.open(RECORDS)) == ['keypoint_count'] * 3
