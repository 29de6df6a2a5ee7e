"""Opening files of any format."""

import json

import numpy as np
import pytest

from posefix_mm.formats import FORMATS, detect_format, open_pose_file
from posefix_mm.structures.joint_map import JointMap

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
def test_the_format_is_told_by_the_content(name, content, expected, tmp_path):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str)
                    else json.dumps(content))
    if '/' in name:
        path = tmp_path / 'd'
        (path / '0.json').write_text('[]')  # of an image without anybody
        (path / 'readme.md').write_text('')
    assert detect_format(path) == expected
    assert expected in FORMATS


def test_formats_that_cant_be_told(tmp_path):
    (tmp_path / 'a.json').write_text('3')
    (tmp_path / 'a.xml').write_text('')
    with pytest.raises(ValueError, match="can't tell the format of .*; "
                       'name it with --format'):
        open_pose_file(tmp_path, target_names=['nose'])
    with pytest.raises(ValueError, match="can't tell the format of .*a.xml"):
        open_pose_file(tmp_path / 'a.xml', target_names=['nose'])


@pytest.mark.parametrize('content', ['3', '{"a": 1}', ''])
def test_other_json_is_said_to_be_no_results(content, tmp_path):
    path = tmp_path / 'a.json'
    path.write_text(content)
    with pytest.raises(ValueError, match='a.json must hold a list'):
        open_pose_file(path, target_names=['nose'])


def test_options_are_checked(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text(json.dumps([RECORD]))
    with pytest.raises(ValueError, match="no format 'yolo'; use one of auto, "
                       'coco-results'):
        open_pose_file(path, format='yolo', target_names=['nose'])
    with pytest.raises(FileNotFoundError, match='b.json does not exist'):
        open_pose_file(tmp_path / 'b.json', target_names=['nose'])
    with pytest.raises(ValueError, match='a.json does not name its joints'):
        open_pose_file(path)


def test_a_map_may_be_given(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text(json.dumps([dict(RECORD, keypoints=[1, 2, 1, 3, 4, 1])]))
    poses = open_pose_file(path, joint_map=JointMap([1], 2))
    np.testing.assert_array_equal(poses.read([0])[0].keypoints, [[3, 4]])


def test_whole_body_results(tmp_path):
    path = tmp_path / 'a.json'
    pose = np.arange(399.) + 1
    path.write_text(json.dumps([dict(RECORD, keypoints=pose.tolist())]))
    poses = open_pose_file(path, joint_map='coco_wholebody', target_names=[
        'left_wrist', 'right_heel'])
    np.testing.assert_array_equal(
        poses.read([0])[0].keypoints, [[28, 29], [67, 68]])


def test_categories_are_chosen(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text(json.dumps([dict(RECORD, category_id=2)]))
    poses = open_pose_file(path, target_names=['nose'])
    assert poses.read([0])[0].problem.code == 'category'
    poses = open_pose_file(path, target_names=['nose'], categories=None)
    assert poses.read([0])[0].problem is None
