"""COCO annotations as poses to refine."""

import json

import numpy as np
import pytest

from posefix_mm.formats.coco import read_annotations

NAMES = ['nose', 'tail']
CONTENT = dict(
    info=dict(year=2026),
    images=[dict(id=5, file_name='five.jpg', width=200, height=100),
            dict(id=6, file_name='sub/six.jpg')],
    annotations=[
        dict(id=1, image_id=6, category_id=1, keypoints=[1, 2, 2, 3, 4, 1],
             bbox=[0, 0, 9, 9], num_keypoints=2),
        dict(id=2, image_id=5, category_id=1, keypoints=[9, 9, 0, 5.5, 6, 2]),
        dict(id=3, image_id=5, category_id=1, keypoints=[0] * 6, iscrowd=1),
        dict(id=4, image_id=77, category_id=1, keypoints=[1, 2, 2, 3, 4, 1]),
        dict(id=5, image_id=5, category_id=2, keypoints=[1, 2, 2, 3, 4, 1]),
    ],
    categories=[dict(id=2, name='cup'),
                dict(id=1, name='person', keypoints=NAMES)],
    mine=[1.50, None])


@pytest.fixture
def file(trip):
    return trip.file(CONTENT, 'annotations.json', indent=2)


def test_reads_annotations(file, trip):
    poses = trip.open(file)
    assert poses.name == 'coco-annotations'
    assert [(i.image_id, i.file_name) for i in poses.images] == [
        (6, 'sub/six.jpg'), (5, 'five.jpg'), (77, None)]
    records = trip.read(poses)
    assert trip.codes(poses) == [None, None, 'no_keypoint', None, 'category']
    np.testing.assert_array_equal(records[1].keypoints, [[0, 0], [5.5, 6]])
    np.testing.assert_array_equal(records[1].visible, [False, True])
    assert records[0].score == 1


def test_flags_and_hidden_keypoints_stay(file, trip):
    poses = trip.open(file)
    out = trip.write(poses, {0: [[1.5, 2], [3, 4]], 1: [[50, 50], [5.5, 7]]})
    expected = json.loads(file.read_text())
    expected['annotations'][0]['keypoints'] = [1.5, 2, 2, 3, 4, 1]
    expected['annotations'][1]['keypoints'] = [9, 9, 0, 5.5, 7, 2]
    assert json.loads(out.read_text()) == expected


def test_all_else_is_byte_for_byte(file, trip):
    text = file.read_text()
    poses = trip.open(file)
    trip.check_untouched(poses)
    out = trip.write(poses, {3: [[1, 2], [3, 5]]}, dropped=[0, 2]).read_text()
    parsed = json.loads(out)
    assert [a['id'] for a in parsed['annotations']] == [2, 4, 5]
    start, end = text.index('"annotations"'), text.index('"categories"')
    assert out.startswith(text[:start]) and out.endswith(text[end:])


def test_joints_are_matched_by_their_names_in_the_file(file, trip):
    poses = trip.open(file, target_names=['tail', 'ear'])
    record = trip.read(poses)[0]
    np.testing.assert_array_equal(record.keypoints, [[3, 4], [0, 0]])
    out = trip.write(poses, {0: [[30, 40], [1, 1]]})
    written = json.loads(out.read_text())['annotations'][0]['keypoints']
    assert written == [1, 2, 2, 30, 40, 1]


def test_skeletons_that_do_not_meet(file, trip):
    with pytest.raises(ValueError, match=r'annotations.json: the skeletons '
                       r'have no joint in common: the file has nose, tail; '
                       r'the refiner has paw'):
        trip.open(file, target_names=['paw'])
    poses = trip.open(
        file, target_names=['Nose', 'Tail'], joint_map='identity')
    np.testing.assert_array_equal(
        trip.read(poses)[0].keypoints, [[1, 2], [3, 4]])


def test_nan_elsewhere_does_no_harm(file, trip):
    poses = trip.open(file.read_text().replace('1.5', 'NaN'))
    out = trip.write(poses, {0: [[7, 2], [3, 4]]}).read_text()
    assert 'NaN' in out and len(poses) == 5
    assert json.loads(out)['annotations'][0]['keypoints'][0] == 7


@pytest.mark.parametrize(('text', 'message'), [
    ('', 'is empty'),
    ('[1, 2', 'not valid JSON'),
    ('[1]', 'must hold an object, got a list'),
    ('{"images": []}', 'has no annotations'),
    ('{"annotations": 3}', 'must hold a list of .* at byte 16'),
    ('{"annotations": ' + '[' * 2000, 'not valid JSON'),
])
def test_other_files(text, message, trip):
    with pytest.raises(ValueError, match=f'poses.json.*{message}'):
        trip.open(text, format='coco-annotations')


@pytest.mark.parametrize('images', [
    [],
    [dict(id=1, file_name='a.jpg')],
    [dict(id='a', file_name='a.jpg', width=3, height=None)],
])
def test_lists_of_images(trip, images) -> None:
    content = dict(images=images, other=[1])
    assert read_annotations(trip.file(content)) == content


@pytest.mark.parametrize(('content', 'reason'), [
    ([], 'no list of images'),
    ('null', 'no list of images'),
    ('5', 'no list of images'),
    ({}, 'no list of images'),
    (dict(images={}), 'no list of images'),
    (dict(images=[1]), 'no list of images'),
    (dict(images=[dict(id=1)]), 'no list of images'),
    (dict(images=[dict(id=[1], file_name='a')]), 'no list of images'),
    (dict(images=[dict(id=7, file_name='a', width='3')]),
     'image 7 of .*ann.json must have numbers as width and height'),
])
def test_lists_that_are_refused(trip, content, reason) -> None:
    with pytest.raises(ValueError, match=reason):
        read_annotations(trip.file(content, 'ann.json'))
