"""Opening files of any format."""

import numpy as np
import pytest

from posefix_mm.formats import FORMATS, detect_format
from posefix_mm.structures.joint_map import JointMap

NAMES = ['nose']
RECORD = dict(image_id=3, keypoints=[1, 2, .5], score=1)


@pytest.mark.parametrize(('name', 'content', 'expected'), [
    ('a.json', [RECORD], 'coco-results'),
    ('a.json', [], 'coco-results'),
    ('a.json', [dict(RECORD, image_id='a.jpg')], 'coco-results'),
    ('a.json', [dict(RECORD, image_id='a.jpg', idx=[0.0])], 'alphapose'),
    ('a.json', [dict(keypoints=dict(x=[1]))], 'ultralytics-json'),
    ('a.json', dict(images=[], annotations=[]), 'coco-annotations'),
    ('a.json', dict(annotations=[]), 'coco-annotations'),
    ('a.json', dict(images=[dict(vid_id='1')], annotations=[]),
     'posetrack18'),
    ('a.json', dict(people=[]), 'openpose'),
    ('a.json', dict(landmark=[]), 'mediapipe'),
    ('a.txt', '', 'ultralytics-txt'),
    ('a.csv', '', 'deeplabcut'),
    ('a.slp', '', 'sleap'),
    ('a.h5', '', 'deeplabcut-h5'),
    ('a_keypoints.json', dict(people=[]), 'openpose'),
    ('d/a_keypoints.json', [], 'openpose'),
    ('d/a.json', dict(annotations=[]), 'posetrack18'),
    ('d/a.json', [dict(keypoints=dict(x=[1]))], 'ultralytics-json'),
    ('d/a.json', dict(pose_landmarks=[]), 'mediapipe'),
    ('d/sub/a.txt', '', 'ultralytics-txt'),
])
def test_the_format_is_told_by_the_content(name, content, expected, trip):
    path = trip.file(content, name)
    if '/' in name:
        trip.file([], 'd/0.json')  # of an image without anybody
        path = trip.file('', 'd/readme.md').parent
    assert detect_format(path) == expected
    assert expected in FORMATS


def test_formats_that_cant_be_told(trip):
    trip.file('3', 'a.json')
    with pytest.raises(ValueError, match="can't tell the format of .*; "
                       'name it with --format'):
        trip.open(trip.folder)
    with pytest.raises(ValueError, match="can't tell the format of .*a.xml"):
        trip.open('', 'a.xml')


@pytest.mark.parametrize(('name', 'remedy'), [
    ('results.pkl', 'write its poses as JSON'),
    ('poses.npy', 'posefix_mm.refine'),
    ('poses.json.gz', 'unpack it'),
    ('d/000001_pose.yml', '--write_json'),
    ('d/a.JPG', 'belong to --img-dir'),
    ('d/cam01.mp4', 'belong to --img-dir'),
    ('d/results.json', 'one of its files'),
])
def test_what_is_no_format_has_a_remedy(trip, name, remedy):
    path = trip.file([RECORD] if name.endswith('.json') else b'\x80', name)
    with pytest.raises(ValueError, match=f"can't tell.*{remedy}"):
        detect_format(path.parent if '/' in name else path)


def test_an_empty_folder(trip):
    with pytest.raises(ValueError, match='it is empty'):
        detect_format(trip.folder)


@pytest.mark.parametrize('content', ['3', '{"a": 1}', ''])
def test_other_json_is_said_to_be_no_results(content, trip):
    with pytest.raises(ValueError, match='a.json must hold a list'):
        trip.open(content, 'a.json')


def test_options_are_checked(trip):
    with pytest.raises(ValueError, match="no format 'yolo'; use one of auto, "
                       'coco-results'):
        trip.open([RECORD], format='yolo')
    with pytest.raises(FileNotFoundError, match='b.json does not exist'):
        trip.open(trip.folder / 'b.json')
    with pytest.raises(ValueError, match='a.json does not name its joints'):
        trip.open([RECORD], 'a.json', target_names=None)


def test_a_map_may_be_given(trip):
    poses = trip.open([dict(RECORD, keypoints=[1, 2, 1, 3, 4, 1])],
                      joint_map=JointMap([1], 2), target_names=None)
    np.testing.assert_array_equal(poses.read([0])[0].keypoints, [[3, 4]])


def test_whole_body_results(trip):
    pose = np.arange(399.) + 1
    poses = trip.open(
        [dict(RECORD, keypoints=pose.tolist())], joint_map='coco_wholebody',
        target_names=['left_wrist', 'right_heel'])
    np.testing.assert_array_equal(
        poses.read([0])[0].keypoints, [[28, 29], [67, 68]])


@pytest.mark.parametrize(('categories', 'code'), [
    ((1, ), 'category'), ((2, ), None), (None, None)])
def test_categories_are_chosen(trip, categories, code):
    poses = trip.open([dict(RECORD, category_id=2)], categories=categories)
    assert trip.codes(poses) == [code]


@pytest.mark.parametrize(('content', 'tool'), [
    (dict(version='5', shapes=[], imagePath='a.jpg'), 'labelme'),
    (dict(item={}, annotations=[dict(skeleton={})]), 'Darwin'),
    (dict(description='', size={}, objects=[dict(nodes={})]), 'Supervisely'),
    ([dict(id=1, data={}, annotations=[dict(result=[])])], 'Label Studio'),
    (dict(samples=[dict(filepath='a.jpg')]), 'FiftyOne'),
])
def test_tools_that_export_coco(trip, content, tool):
    trip.file(content, 'd/a.json')
    for path in (trip.folder / 'd', trip.folder / 'd' / 'a.json'):
        with pytest.raises(ValueError, match=f'a.json is a file of {tool}.*'
                           '(COCO|FiftyOne)'):
            detect_format(path)
