"""Records of a results file and what can be wrong with them."""

import json

import numpy as np
import pytest

from posefix_mm.datasets.pose_records import (
    load_pose_records,
    parse_pose_record,
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
    (dict(category_id='1'), "category '1' is not refined"),
    (dict(keypoints=...), 'keypoints must be a list, got None'),
    (dict(keypoints='1 2 3'), "keypoints must be a list, got '1 2 3'"),
    (dict(keypoints=[1, 2]), 'keypoints must hold 6 numbers (x, y, score of '
     '2 keypoints), got 2'),
    (dict(keypoints=[[1, 2, 1], [3, 4, 1]]), 'keypoints must hold 6 numbers '
     '(x, y, score of 2 keypoints), got 2'),
    (dict(keypoints=[1, 2, 1, 3, 4, 'x']),
     'keypoints must hold numbers only'),
    (dict(keypoints=[1, 2, 1, 3, 4, None]),
     'keypoints must hold numbers only'),
    (dict(keypoints=[1, 2, 1, 3, 4, True]),
     'keypoints must hold numbers only'),
    (dict(keypoints=[1, 2, 1, 3, float('nan'), 1]),
     'keypoints must be finite'),
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
    ('', r'results.json is not valid JSON'),
    ('[1, 2', r'results.json is not valid JSON'),
    ('{"annotations": []}', r'results.json holds COCO annotations; a results'),
    ('{"a": 1}', r'must hold a list of records .*, got a dict'),
    ('3', r'must hold a list of records .*, got a int'),
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
