"""PoseTrack18's files, one for each video."""

import json

import numpy as np
import pytest

from posefix_mm.formats.joint_maps import load_source_joints

JOINTS = load_source_joints('posetrack18').names
NAMES = ['right_ankle', 'nose', 'left_eye']


def pose(nose=(10, 20), ankle=(30, 40)):
    values = np.zeros((17, 3))
    values[0] = *nose, 1
    values[16] = *ankle, 1
    return values.ravel().tolist()


def video(number, **fields):
    first = 100 * number
    return dict(
        images=[dict(id=first + i, file_name=f'images/v{number}/{i}.jpg',
                     vid_id=str(number), frame_id=first + i, is_labeled=True)
                for i in range(2)],
        annotations=[
            dict(image_id=first + 1, track_id=3, id=9, keypoints=pose(),
                 bbox_head=[1, 2, 3, 4], **fields),
            dict(image_id=first, track_id=4, keypoints=pose((1, 2)), **fields),
        ],
        categories=[dict(id=1, name='person', keypoints=JOINTS)])


@pytest.fixture
def folder(trip):
    for number in (1, 2):
        path = trip.file(video(number), f'val/{number:06d}.json',
                         separators=(',', ':'))
    return path.parent


def test_joints_are_matched_by_name(folder, trip):
    poses = trip.open(folder)
    assert poses.name == 'posetrack18' and len(poses) == 4
    assert [(i.image_id, i.file_name) for i in poses.images] == [
        (101, 'images/v1/1.jpg'), (100, 'images/v1/0.jpg'),
        (201, 'images/v2/1.jpg'), (200, 'images/v2/0.jpg')]
    np.testing.assert_array_equal(poses.image_index, [0, 1, 2, 3])
    record = trip.read(poses)[1]
    np.testing.assert_array_equal(record.keypoints,
                                  [[30, 40], [1, 2], [0, 0]])
    np.testing.assert_array_equal(record.visible, [True, True, False])
    assert record.score == 1


def test_folder_in_folder_out(folder, trip):
    poses = trip.open(folder)
    out = trip.write(poses, {3: [[30.5, 40], [1, 2], [9, 9]]})
    assert (out / '000001.json').read_bytes() == (
        folder / '000001.json').read_bytes()
    expected = video(2)
    expected['annotations'][1]['keypoints'][48] = 30.5
    text = (out / '000002.json').read_text()
    assert json.loads(text) == expected
    assert text.replace('30.5', '30.0') == (
        folder / '000002.json').read_text()


def test_results_have_scores(trip):
    scores = np.linspace(.2, .9, 17).tolist()
    content = video(7, scores=scores)
    content['annotations'][1]['scores'] = scores[:3]
    poses = trip.open(
        content, target_names=['right_ankle', 'nose', 'left_wrist'])
    records = trip.read(poses)
    # the wrist at 0, 0 is absent in spite of its score
    np.testing.assert_array_equal(records[0].visible, [True, True, False])
    np.testing.assert_allclose(records[0].keypoint_scores, [.9, .2, 0])
    assert records[0].score == pytest.approx(.55)
    assert records[1].problem.code == 'keypoint_count'
    out = trip.write(poses, {0: [[30, 41], [10, 20], [0, 0]]})
    content['annotations'][0]['keypoints'][49] = 41
    assert json.loads(out.read_text()) == content


def test_problems(trip):
    content = video(7)
    content['annotations'] += [
        None,
        dict(image_id=5, keypoints=pose()),
        dict(image_id=700, keypoints=pose()[:-1]),
        dict(image_id=700, keypoints=pose()[:-3]),
        dict(image_id=700, keypoints=None),
        dict(image_id=700, keypoints=pose(), category_id=2),
        dict(image_id=700, keypoints=pose(), category_id='a'),
        dict(image_id=700, keypoints=[0] * 51),
        dict(image_id=[], keypoints=pose()),
    ]
    poses = trip.open(content)
    assert trip.codes(poses)[2:] == [
        'not_an_object', 'image_id', 'keypoint_count', 'keypoint_count',
        'keypoints', 'category', 'category', 'no_keypoint', 'image_id']
    trip.check_untouched(poses)


def test_without_names_the_joints_are_posetrack18s(trip):
    content = video(7)
    del content['categories']
    poses = trip.open(content, target_names=['right_ankle', 'head_top'])
    np.testing.assert_array_equal(
        trip.read(poses)[0].keypoints, [[30, 40], [0, 0]])


def test_annotations_have_empty_scores(trip):
    record, _ = trip.read(trip.open(video(7, scores=[])))
    assert (record.problem, record.score) == (None, 1)
