"""Records of a results file and what can be wrong with them."""

import json

import numpy as np
import pytest

from posefix_mm.formats.coco import load_pose_records, read_results
from posefix_mm.structures.pose_records import (
    image_id_of,
    parse_pose_record,
    with_scores,
)

POSE = [1., 2., .5, 0., 0., 0.]  # the second keypoint is absent
RECORD = dict(image_id=7, category_id=1, keypoints=POSE, score=.9)


def parse(**changes):
    raw = dict(RECORD, **changes)
    return parse_pose_record(
        4, {key: value for key, value in raw.items() if value is not ...}, 2)


def test_a_good_record():
    record = parse()
    assert record.problem is None
    assert (record.index, record.image_id, record.score) == (4, 7, .9)
    assert record.raw == RECORD
    np.testing.assert_array_equal(record.keypoints, [[1, 2], [0, 0]])
    np.testing.assert_array_equal(record.visible, [True, False])
    np.testing.assert_array_equal(record.keypoint_scores,
                                  np.array([.5, 0], np.float32))
    assert record.keypoints.dtype == record.keypoint_scores.dtype == 'float32'


@pytest.mark.parametrize('changes', [
    dict(score=...),
    dict(category_id=...),
    dict(image_id='img.png'),
    dict(image_id=0),
    dict(score=1),
    dict(category_id=1.),
    dict(keypoints=[-5, 2, 1, 0, 0, 0]),
    dict(keypoints=[5, 2, 0, 0, 0, 0]),
    dict(keypoints=[0, 0, .1, 0, 0, 0]),
    dict(keypoints=[1e6, -1e6, 1, 3, 4, -.5]),
    dict(bbox='unused'),
])
def test_accepted(changes):
    assert parse(**changes).problem is None


@pytest.mark.parametrize(('changes', 'problem'), [
    (dict(image_id=...), 'image_id must be a number or name, got None'),
    (dict(image_id=True), 'image_id must be a number or name, got True'),
    (dict(image_id=1.5), 'image_id must be a number or name, got 1.5'),
    (dict(score=0), 'score 0 is not above 0'),
    (dict(score=-.5), 'score -0.5 is not above 0'),
    (dict(score='high'), "score must be a finite number, got 'high'"),
    (dict(score=None), 'score must be a finite number, got None'),
    (dict(score=True), 'score must be a finite number, got True'),
    (dict(score=float('nan')), 'score must be a finite number, got nan'),
    (dict(score=float('inf')), 'score must be a finite number, got inf'),
    (dict(category_id=2), 'category 2 is not refined'),
    (dict(category_id='2'), "category '2' is not refined"),
    (dict(keypoints=...), 'keypoints must be a list, got None'),
    (dict(keypoints='1 2 3'), "keypoints must be a list, got '1 2 3'"),
    (dict(keypoints=[1, 2]), 'keypoints must hold 6 numbers (x, y, score of '
     '2 keypoints), got 2'),
    (dict(keypoints=[[1, 2, 1], [3]]), 'keypoints must hold 6 numbers '
     '(x, y, score of 2 keypoints), got 2'),
    (dict(keypoints=[1, 2, 1, 3, 4, 'x']),
     'keypoints must hold numbers only'),
    (dict(keypoints=[None] * 6), 'no keypoint is present'),
    (dict(keypoints=[1, 2, 1, 3, 4, True]),
     'keypoints must hold numbers only'),
    (dict(keypoints=[1, 2, 1, 3, 2e6, 1]),
     'a coordinate lies beyond 1e+06 pixels'),
    (dict(keypoints=[0] * 6), 'no keypoint is present'),
])
def test_problems(changes, problem):
    assert parse(**changes).problem == problem


@pytest.mark.parametrize('raw', [None, 3, 'pose', [1, 2, 3]])
def test_a_record_must_be_an_object(raw):
    problem = parse_pose_record(0, raw, 2).problem
    assert problem == f'a record must be an object, got {raw!r}'


@pytest.mark.parametrize('number', ['1e400', '1' + '0' * 400])
def test_numbers_that_no_float_holds(number, tmp_path):
    path = tmp_path / 'results.json'
    path.write_text(json.dumps([RECORD]).replace('0.9', number))
    try:
        record, = load_pose_records(path, 2)
    except ValueError as error:  # which of the two is the JSON library's
        assert 'is not valid JSON' in str(error)
    else:
        assert 'finite' in record.problem


def test_file_keeps_the_order_and_the_bad_ones(tmp_path):
    path = tmp_path / 'results.json'
    path.write_text(json.dumps([RECORD, 3, dict(RECORD, image_id=8)]))
    records = load_pose_records(path, 2)
    assert [r.index for r in records] == [0, 1, 2]
    assert [r.problem is None for r in records] == [True, False, True]
    assert [r.image_id for r in records] == [7, None, 8]


@pytest.mark.parametrize(('text', 'message'), [
    ('', r'results.json must hold a list of records, found nothing'),
    ('[1, 2', r'results.json is not valid JSON'),
    ('{"images": []}', r"annotations, .*; found an object with 'images'"),
    ('{"results": 1}', r"must hold a list of records, found '1' at byte"),
    ('3', r"must hold a list of records, found '3' at byte 0"),
])
def test_files_that_hold_something_else(text, message, tmp_path):
    (tmp_path / 'results.json').write_text(text)
    with pytest.raises(ValueError, match=message):
        load_pose_records(tmp_path / 'results.json', 2)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere.json'):
        load_pose_records(tmp_path / 'nowhere.json', 2)


@pytest.mark.parametrize(('categories', 'category', 'refined'), [
    ((1, ), 1, True),
    ((1, ), 2, False),
    ((2, 5), 5, True),
    ((2, 5), 1, False),
    (None, 54, True),
    (None, 'cat', False),
    (None, 1.5, False),
])
def test_categories(categories, category, refined):
    """Nothing makes people special but the release's default."""
    record = parse_pose_record(0, dict(RECORD, category_id=category), 2,
                               categories)
    if refined:
        assert record.problem is None
        assert record.category_id == category
    else:
        assert record.problem == f'category {category!r} is not refined'


NAN = float('nan')


@pytest.mark.parametrize(('keypoints', 'visible'), [
    ([5, 6, .5, -1, -1, 0], [True, False]),
    ([5, 6, .5, 7, 8, 0], [True, False]),  # a made-up place
    ([5, 6, .5, NAN, NAN, NAN], [True, False]),
    ([5, 6, .5, 7, 8, NAN], [True, False]),
    ([5, 6, .5, None, None, 0], [True, False]),
    ([5, 6, .5, -1, -1, .5], [True, True]),
    ([5, 6, 0, 7, 8, 0], [True, True]),  # no scores at all
    ([5, 6, 0, -1, -1, 0], [True, False]),
    ([[5, 6, .5], [7, 8, 0]], [True, False]),
    ([[5, 6], [7, 8]], [True, True]),
])
def test_absent_joints(keypoints, visible):
    record = parse(keypoints=keypoints)
    assert record.problem is None
    assert record.visible.tolist() == visible
    assert record.keypoints[~record.visible].tolist() == [[0, 0]] * (
        2 - sum(visible))


def test_flags_of_0_are_absent_even_if_all_are():
    record = parse_pose_record(
        0, dict(RECORD, keypoints=[5, 6, 0, 7, 8, 0]), 2, flags=True)
    assert record.problem == 'no keypoint is present'


@pytest.mark.parametrize(('joints', 'expected'), [
    ([[5, 6], [0, 0]], [[5, 6, 1], [0, 0, 0]]),
    ([[5, 6], [-1, -1]], [[5, 6, 1], [0, 0, 0]]),
    ([[5, 6], [NAN, 3]], [[5, 6, 1], [0, 0, 0]]),
    ([[5, 6, .5], [7, 8, 0]], [[5, 6, .5], [0, 0, 0]]),
])
def test_the_same_rule_in_memory(joints, expected):
    assert with_scores(np.array(joints)).tolist() == expected


@pytest.mark.parametrize(('fields', 'image_id'), [
    (dict(image_id=139.), 139),
    (dict(image_id='000139'), '000139'),
    (dict(image_name='a.jpg'), 'a.jpg'),
    (dict(image_id=None, file_name='b/a.jpg'), 'b/a.jpg'),
    (dict(image_id=.5), None),
])
def test_names_of_images(fields, image_id):
    assert image_id_of(fields) == image_id


@pytest.mark.parametrize('text', [
    '[{"image_id": 1}, {"image_id": NaN}]',
    '{"info": 1, "predictions": [{"image_id": 1}, {"image_id": NaN}]}',
    '\ufeff[{"image_id": 1}, {"image_id": NaN}]',
])
def test_results_in_a_list_or_an_object(text, tmp_path):
    (tmp_path / 'r.json').write_text(text, encoding='utf-8')
    first, second = read_results(tmp_path / 'r.json')
    assert first == dict(image_id=1)
    assert np.isnan(second['image_id'])
