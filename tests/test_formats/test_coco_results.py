"""COCO results: read by place, and written byte for byte but coordinates."""

import itertools
import json

import numpy as np
import pytest

from posefix_mm.formats import ImageRef, SourceSkeleton, json_scanner
from posefix_mm.formats.coco_results import (
    put_keypoints,
    put_score,
    read_header,
)
from posefix_mm.structures.joint_map import JointMap

NAMES = ['nose', 'tail']
TEXT = (b' [ {"image_id":7 ,"keypoints" : [1.50,2,0.90, 3,4e0,1],"score":0.5}'
        b'\n,\t{"image_id": "b.jpg", "keypoints": [5, 6, 2, 0, 0, 0], '
        b'"x\\u00e4": {"y": [null, 1.50]}, "category_id": 1}  , 5,'
        b'{"keypoints":[1,2,3,4,5,6]},\r\n {"image_id":7,"keypoints":[NaN]} ] '
        b'\n')


@pytest.fixture
def open_text(trip):
    """Open the text of a file."""
    return lambda text=TEXT, **options: trip.open(
        text, format='coco-results', **options)


@pytest.mark.parametrize('block', [8, 60, 1 << 20])
def test_images_in_order_of_appearance(open_text, monkeypatch, block) -> None:
    monkeypatch.setattr(json_scanner, '_BLOCK', block)
    poses = open_text()
    assert len(poses) == 5
    # what is no JSON names no image
    assert poses.image_index.tolist() == [0, 1, -1, -1, 0]
    assert list(poses.images) == [ImageRef(7), ImageRef('b.jpg')]


def test_poses(open_text) -> None:
    """In the order that is asked for."""
    second, first = open_text().read([1, 0])
    assert (second.index, first.index) == (1, 0)
    assert first.problem is second.problem is None
    np.testing.assert_array_equal(first.keypoints, [[1.5, 2], [3, 4]])
    np.testing.assert_array_equal(
        first.keypoint_scores, np.array([.9, 1], np.float32))
    np.testing.assert_array_equal(second.visible, [True, False])
    assert (first.score, second.score) == (.5, 1.)


def test_problems(open_text, trip) -> None:
    assert trip.codes(open_text()) == [
        None, None, 'not_an_object', 'image_id', 'keypoint_count']


@pytest.mark.parametrize(('name', 'end'), [
    ('poses.jsonl', '\n'), ('poses.json', ''), ('poses.NDJSON', '\r\n\n')])
def test_a_record_a_line(trip, name, end) -> None:
    records = [dict(image_file=f'{image}.jpg', keypoints=[1, 2, 1, 3, 4, 1])
               for image in (7, 7, 8)]
    text = (end or '\n').join(map(json.dumps, records)) + end
    poses = trip.open(text, name)
    assert poses.name == 'coco-results'
    assert poses.image_index.tolist() == [0, 0, 1]
    assert list(poses.images) == [ImageRef('7.jpg'), ImageRef('8.jpg')]
    trip.check_untouched(poses)
    out = trip.write(poses, {2: [[1, 2], [5, 6]]}, dropped=[0])
    expected = [records[1], dict(records[2], keypoints=[1, 2, 1, 5., 6., 1])]
    assert [json.loads(line) for line in out.read_text().splitlines()
            if line] == json.loads(json.dumps(expected))


@pytest.mark.parametrize('around', ['[%s]', '{"results": [%s]}', '%s\n%s'])
def test_a_byte_order_mark_of_utf_8(trip, around) -> None:
    record = '{"image_id": 1, "keypoints": [1, 2, 1, 3, 4, 1]}'
    text = around % ((record, ) * around.count('%s'))
    poses = trip.open(b'\xef\xbb\xbf' + text.encode())
    assert trip.codes(poses) == [None] * around.count('%s')
    trip.check_untouched(poses)
    out = trip.write(poses, {0: [[1, 2], [5, 6]]}).read_bytes()
    assert out.decode('utf-8-sig') == text.replace(
        '[1, 2, 1, 3, 4, 1]', '[1,2,1,5.0,6.0,1]', 1)


def test_a_bad_line_is_one_record(trip) -> None:
    good = '{"image_id": 1, "keypoints": [1, 2, 1, 3, 4, 1]}\n'
    poses = trip.open(good + '{"image_id": 2, "keyp\n' + good, 'a.jsonl')
    assert trip.codes(poses) == [None, 'not_json', None]


def test_a_single_line(trip) -> None:
    text = '{"image_id": 1, "keypoints": [1, 2, 1, 3, 4, 1]}'
    assert trip.codes(trip.open(text, 'a.jsonl')) == [None]
    poses = trip.open(text, 'a.json')  # one person, no list
    assert (poses.name, poses.images[0].image_id) == ('instances', 1)
    assert trip.codes(poses) == [None]
    with pytest.raises(ValueError, match='must hold a list of records'):
        trip.open(text, 'a.json', format='coco-results')


@pytest.mark.parametrize(('keypoints', 'written'), [
    ([1, 2, 0, 0], [1, 5., 0, 0]),
    ([[1, 2], [-1, -1]], [[1, 5.], [-1, -1]]),
])
def test_pairs_without_scores(trip, keypoints, written) -> None:
    """Absent at 0, 0 and -1, -1, where they stay."""
    poses = trip.open([dict(image_id=1, keypoints=keypoints)])
    [record] = poses.read([0])
    assert record.keypoints.tolist() == [[1, 2], [0, 0]]
    assert record.keypoint_scores.tolist() == [1, 0]
    out = json.loads(trip.write(poses, {0: [[1, 5], [0, 0]]}).read_text())
    assert out[0]['keypoints'] == written


def test_scores_beside_pairs(trip) -> None:
    poses = trip.open([dict(image_id=1, keypoints=[[1, 2], [3, 4]],
                            keypoint_scores=[.5, 0]),
                       dict(image_id=1, keypoints=[1, 2, 3, 4],
                            keypoint_scores=[.5])])
    first, second = poses.read([0, 1])
    assert first.keypoint_scores.tolist() == [.5, 0]
    assert first.visible.tolist() == [True, False]
    assert second.problem.code == 'keypoint_count'


@pytest.mark.parametrize(('raw', 'image_id'), [
    (b'{"image_id": 3}', 3),
    (b'{"a": {"image_id": 4}, "image_id": "x"}', 'x'),
    (b'{"image_id": 1, "image_id": 2}', 2),
    (b'{"image_id": true}', None),
    (b'{"image_id": 1.5}', None),
    (b'{"image_id": null}', None),
    (b'{"image_id": [1]}', None),
    (b'{}', None),
    (b'[1]', None),
    (b'5', None),
    (b'{"image_id": NaN}', None),
    (b'{"image_id": "\xff"}', None),
    (b'{"image_id": 1' + b'0' * 30 + b'}', 10**30),
])
def test_image_id(raw, image_id) -> None:
    found, _ = read_header(raw)
    assert found == image_id
    assert type(found) is type(image_id)


@pytest.mark.parametrize('block', [8, 1 << 20])
def test_nothing_changed_is_the_same_file(open_text, trip, monkeypatch,
                                          block) -> None:
    monkeypatch.setattr(json_scanner, '_BLOCK', block)
    trip.check_untouched(open_text())


def test_only_coordinates_change(open_text, trip) -> None:
    """All else is byte for byte the same, numbers' digits and spaces too."""
    out = trip.write(
        open_text(), {0: [[1.5, 2.25], [3, 4]], 1: [[9.12345, 6], [7, 8]]})
    given = b'[5, 6, 2, 0, 0, 0]'
    assert out.read_bytes() == TEXT.replace(
        b'[1.50,2,0.90, 3,4e0,1]',
        b'[1.5,2.25,0.9,3,4.0,1]').replace(given, b'[9.123,6,2,7.0,8.0,0]')


def test_the_last_of_equal_keys_is_the_pose(open_text, trip) -> None:
    """As every JSON reader has it; the others stay."""
    text = (b'[{"image_id": 1, "a": 1, "keypoints": [9], "a": [2], '
            b'"\\u006beypoints": [1,2,1,3,4,1], "b": {"keypoints": [7]}}]')
    poses = open_text(text)
    assert poses.read([0])[0].problem is None
    out = trip.write(poses, {0: [[1, 2], [5, 6]]})
    assert out.read_bytes() == text.replace(
        b'[1,2,1,3,4,1]', b'[1,2,1,5.0,6.0,1]')


LAYOUTS = [b'[%s,%s,%s,%s]', b' [ %s\n,\n%s , %s\t,%s\n]\n',
           b'[\n  %s,\n  %s,\n  %s,\n  %s\n]']


@pytest.mark.parametrize('layout', LAYOUTS)
@pytest.mark.parametrize('gone', [
    gone for n in range(5) for gone in itertools.combinations(range(4), n)
])
def test_dropped_records(open_text, trip, layout, gone) -> None:
    """What is left is valid JSON, the first and the last dropped or not."""
    records = [
        dict(image_id=i, keypoints=[1, 2, 1, 3, 4, 1], text='},{ ,')
        for i in range(4)
    ]
    text = layout % tuple(json.dumps(r).encode() for r in records)
    poses = open_text(text)
    moved = {1: [[1, 2], [5, 6]], 2: [[1, 2], [5, 6]]}
    out = trip.write(poses, moved, gone)
    for index in moved:
        records[index]['keypoints'] = [1, 2, 1, 5., 6., 1]
    kept = [r for i, r in enumerate(records) if i not in gone]
    assert json.loads(out.read_bytes()) == kept
    assert out.read_bytes().count(b'\n') <= text.count(b'\n')
    edges = text.split(b'{')[0], text.split(b'}')[-1]
    assert out.read_bytes().startswith(edges[0])
    assert out.read_bytes().endswith(edges[1])


def test_dropped_last_lines_leave_no_empty_ones(open_text, trip) -> None:
    text = LAYOUTS[2] % tuple(b'{"image_id": %d}' % i for i in range(4))
    out = trip.write(open_text(text), dropped=[0, 2, 3])
    assert out.read_bytes() == b'[\n  {"image_id": 1}\n]'


def test_empty_list(open_text, trip) -> None:
    poses = open_text(b' [ ] ')
    assert len(poses) == len(poses.images) == 0
    trip.check_untouched(poses)


def test_joints_that_the_refiner_does_not_know(open_text, trip) -> None:
    """The refiner's keypoints 0 and 2 are joints 2 and 0; 1 is absent."""
    text = b'[{"image_id":1,"keypoints":[1,2,0.1,3,4,0.2,5,6,0.3]}]'
    poses = open_text(text, joint_map=JointMap([2, -1, 0], 3))
    [record] = poses.read([0])
    np.testing.assert_array_equal(record.keypoints, [[5, 6], [0, 0], [1, 2]])
    np.testing.assert_array_equal(record.visible, [True, False, True])
    out = trip.write(poses, {0: [[50, 60], [70, 80], [10, 20]]})
    assert json.loads(out.read_bytes())[0]['keypoints'] == [
        10, 20, .1, 3, 4, .2, 50, 60, .3]


def test_digits() -> None:
    """What float32 can't tell apart did not move."""
    given = [12.34567890123456, 1000000, .1, 7, 8, 2]
    refined = np.array([[12.3456789, 1e6], [7.0004, 8.0006]], np.float32)
    new = put_keypoints(given, refined, SourceSkeleton(JointMap.identity(2)))
    assert new == [12.34567890123456, 1000000, .1, 7., 8.001, 2]
    assert [type(v) for v in new] == [float, int, float, float, float, int]
    assert given[3] == 7  # a copy


def test_digest_tells_contents_apart(open_text) -> None:
    first = open_text().digest()
    assert open_text(TEXT).digest() == first
    assert open_text(TEXT + b' ').digest() != first


NAN_TEXT = (b'{"info": 1, "predictions": [{"image_name": "a.jpg", '
            b'"keypoints": [[1.5, 2, 0.9], [NaN, null, NaN]], "score": 1}, '
            b'{"image_id": 7.0, "keypoints": [NaN, NaN, NaN, 3, 4, 1]}]}')


def test_nan_nested_keypoints_and_an_object_around(open_text, trip):
    """NaN and null stay, bytes around them too."""
    poses = open_text(NAN_TEXT)
    assert [i.image_id for i in poses.images] == ['a.jpg', 7]
    first, second = poses.read([0, 1])
    assert first.problem is second.problem is None
    assert first.visible.tolist() == [True, False]
    assert second.visible.tolist() == [False, True]
    written = trip.write(poses, {
        0: [[1, 2], [9, 9]], 1: [[9, 9], [3, 5]]}).read_bytes()
    assert b'"image_name": "a.jpg"' in written
    assert written.startswith(b'{"info": 1, "predictions": [')
    found = json.loads(written)['predictions']
    assert str(found[0]['keypoints']) == '[[1.0, 2, 0.9], [nan, None, nan]]'
    assert str(found[1]['keypoints']) == '[nan, nan, nan, 3, 5.0, 1]'


def test_categories_are_counted(open_text):
    poses = open_text(b'[{"category_id": 0}, {"category_id": 2.0}, '
                      b'{"category_id": "2"}, {}, {"category_id": "x"}]')
    assert poses.category_counts == {0: 1, 2: 2, 1: 1, None: 1}


@pytest.mark.parametrize(('before', 'after'), [
    (b'{"keypoints": [], "image_id": 1, "score": 0.50, "b": 1}',
     b'{"keypoints": [], "image_id": 1, "score": 0.12500, "b": 1'
     b',"score_before":0.50,"predicted_oks":0.25000}'),
    (b'{"predicted_oks": 1, "score_before": 0.8, "score": 3, "a": {}}',
     b'{"predicted_oks": 0.25000, "score_before": 0.8, "score": 0.20000, '
     b'"a": {}}'),
    (b'{"score_before": {"x": "}"}, "score": 0.5}',
     b'{"score_before": {"x": "}"}, "score": 0.12500'
     b',"predicted_oks":0.25000}'),
    (b'{"keypoints": [] }',
     b'{"keypoints": [] ,"score":0.25000,"score_before":1'
     b',"predicted_oks":0.25000}')])
def test_scores_are_multiplied_and_kept(before, after) -> None:
    """Every other byte stays, and the first score of all."""
    assert put_score(before, .25) == after


def test_scores_are_written_where_there_are_any(open_text, trip) -> None:
    one = b'{"image_id": 1, "keypoints": [1,2,1,3,4,1], "score": 0.5}'
    poses = open_text(b'[' + one + b',' + one + b']')
    same = [[1, 2], [3, 4]]
    out = trip.write(poses, {0: same, 1: same},
                     scores=np.array([.75, np.nan], np.float32))
    found = json.loads(out.read_bytes())
    assert [(f['score'], f.get('score_before')) for f in found] == [
        (.375, .5), (.5, None)]
