"""Label files and JSON of ultralytics."""

import json

import numpy as np
import pytest

from posefix_mm.formats.ultralytics_labels import label_layout

NAMES = ['nose', 'hand', 'foot']
LINE = '0 0.5 0.5 0.2 0.4 0.1 0.25 2 0.3 0.5 1 0 0 0'


def labels(trip, *lines, end='\n'):
    trip.file(end.join((*lines, '')), 'labels/img_1.txt')
    trip.file('', 'labels/img_2.txt')
    trip.file('person', 'labels/classes.names')
    return trip.open(trip.folder / 'labels')


def test_labels_are_fractions_of_the_image(trip):
    poses = labels(trip, LINE)
    assert poses.name == 'ultralytics-txt'
    assert [image.stem for image in poses.images] == ['img_1']
    record, = trip.read(poses)
    np.testing.assert_allclose(record.keypoints, [[20, 25], [60, 50], [0, 0]])
    np.testing.assert_array_equal(record.visible, [True, True, False])
    np.testing.assert_array_equal(record.keypoint_scores, [2, 1, 0])
    assert poses.read([0])[0].problem.code == 'image_size'


@pytest.mark.parametrize(('names', 'first'), [
    (['cam_1', 'cam_12'], 1), (['cam_12'], 1), (['cam_0', 'cam_12'], 0),
    (['cam_0012'], 0), (['cam'], 0), (['cam_0', 'b_12'], 1)])
def test_frames_are_counted_from_1(trip, names, first):
    """As ultralytics does; not if there is a frame 0."""
    for name in names:
        trip.file(LINE, f'{name}.txt')
    poses = trip.open(trip.folder)
    ref, = (r for r in poses.images if r.stem == names[-1])
    assert ref.first_frame == first


def test_a_visibility_of_zero_is_absent(trip):
    line = LINE.replace('0.3 0.5 1', '0.3 0.5 0')
    poses = labels(trip, line)
    record, = trip.read(poses)
    np.testing.assert_array_equal(record.visible, [True, False, False])
    out = trip.write(poses, {0: [[20, 50], [70, 50], [9, 9]]})
    assert (out / 'img_1.txt').read_text() == line.replace(
        '0.1 0.25', '0.1 0.5') + '\n'


@pytest.mark.parametrize('end', ['\n', '\r\n'])
def test_only_fields_of_moved_joints_change(trip, end):
    odd = '0  .50 0.5 2e-1 0.40 0.1 0.25 0.9 0.3 0.5 .7 0 0 0  0.88 17'
    poses = labels(trip, LINE, '', odd, end=end)
    assert trip.read(poses)[1].score == pytest.approx(.88)
    out = trip.write(poses, {1: [[20, 25], [70.5, 50], [9, 9]]})
    text = end.join(
        (LINE, '', odd.replace('0.3 0.5 .7', '0.3525 0.5 .7'), ''))
    assert (out / 'img_1.txt').read_bytes() == text.encode()
    assert (out / 'img_2.txt').read_bytes() == b''
    assert (out / 'classes.names').read_text() == 'person'


def test_dropped_lines_vanish(trip):
    poses = labels(trip, LINE, LINE[:-1] + '2')
    out = trip.write(poses, dropped=[0])
    assert (out / 'img_1.txt').read_text() == LINE[:-1] + '2\n'


@pytest.mark.parametrize(('fields', 'joints', 'layout'), [
    (56, 17, (3, None)), (57, 17, (3, 56)), (58, 17, (3, 56)),
    (39, 17, (2, None)), (40, 17, (2, 39)), (41, 17, (2, 39)),
    (55, 17, None), (59, 17, None), (42, 17, None), (5, 17, None),
])
def test_how_a_line_is_read(fields, joints, layout):
    assert label_layout(fields, joints) == layout


@pytest.mark.parametrize(('line', 'code'), [
    ('0 0.5', 'keypoint_count'),
    (LINE.replace('0.3', 'x'), 'keypoints'),
    (LINE.replace('0.3', 'nan'), None),  # one joint is absent
    ('1' + LINE[1:], 'category'),
    ('.5' + LINE[1:], 'category'),
    (LINE + ' -1', 'score_not_positive'),
    ('0 0.5 0.5 0.2 0.4' + ' 0' * 9, 'no_keypoint'),
])
def test_problems_of_lines(trip, line, code):
    poses = labels(trip, LINE, line)
    assert trip.codes(poses) == [None, code]
    trip.check_untouched(poses)


def test_points_without_visibility(trip):
    line = '0 0.5 0.5 0.2 0.4 0.1 0.25 0.3 0.5 0 0'
    poses = labels(trip, line)
    record, = trip.read(poses)
    np.testing.assert_array_equal(record.visible, [True, True, False])
    out = trip.write(poses, {0: [[20, 25], [60, 60], [9, 9]]})
    assert (out / 'img_1.txt').read_text() == line.replace(
        '0.3 0.5', '0.3 0.6') + '\n'


def detection(scale=(1, 1), **fields):
    x, y = np.array([20., 60, 0]) / scale[0], np.array([25., 50, 0]) / scale[1]
    return dict(
        name='person', track_id=4, confidence=.88, **{'class': 0},
        box=dict(x1=10 / scale[0], y1=5 / scale[1], x2=70 / scale[0],
                 y2=60 / scale[1]),
        keypoints=dict(x=x.tolist(), y=y.tolist(), visible=[.9, .8, .2],
                       **fields))


def results(trip, *detections):
    trip.file([], 'json/empty.json')
    trip.file(detections, 'json/img_1.json', indent=2)
    return trip.open(trip.folder / 'json')


@pytest.mark.parametrize('scale', [(1, 1), (200, 100)])
def test_json_in_pixels_and_normalised(trip, scale):
    poses = results(trip, detection(scale), detection(scale))
    assert poses.name == 'ultralytics-json' and len(poses) == 2
    record = trip.read(poses)[1]
    np.testing.assert_allclose(record.keypoints, [[20, 25], [60, 50], [0, 0]])
    # its models write a confidence for joints that they leave out
    np.testing.assert_allclose(record.keypoint_scores, [.9, .8, 0])
    assert record.score == .88 and record.category_id == 1
    assert (poses.read([0])[0].problem is None) == (scale == (1, 1))

    out = trip.write(poses, {1: [[20, 25], [60, 57.5], [9, 9]]})
    expected = [detection(scale), detection(scale)]
    expected[1]['keypoints']['y'][1] = 57.5 / scale[1]
    assert json.loads((out / 'img_1.json').read_text()) == expected
    assert (out / 'empty.json').read_text() == '[]'


@pytest.mark.parametrize(('change', 'code'), [
    (dict(keypoints=None), 'keypoints'),
    (dict(keypoints=dict(x=[1, 2, 3])), 'keypoints'),
    (dict(keypoints=dict(x=[1, 2, 3], y=[1, 2])), 'keypoint_count'),
    (dict(keypoints=dict(x=[1, 2], y=[1, 2])), 'keypoint_count'),
    (dict(keypoints=dict(x=[0] * 3, y=[0] * 3)), 'no_keypoint'),
    (dict(confidence='high'), 'score'),
    ({'class': None}, 'score'),
    ({'class': 1}, 'category'),
    (dict(keypoints=dict(x=[9, 2, 3], y=[1, 2, 3])), None),
])
def test_problems_of_detections(trip, change, code):
    poses = results(trip, detection(), dict(detection(), **change), 3)
    assert trip.codes(poses) == [None, code, 'keypoints']
