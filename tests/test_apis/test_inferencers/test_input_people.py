"""Boxes and poses that are given with the images."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posefix_mm.apis.inferencers.input_people import (
    InputPeople,
    NoPoseRefinedError,
    fit_boxes,
    fit_poses,
    name_of,
    parse_boxes,
    parse_poses,
)
from posefix_mm.images.image_finder import ImageList, file_number
from posefix_mm.images.input_frames import Frame, InputFrames, VideoInfo
from posefix_mm.inference import PoseArrays
from posefix_mm.structures.image_ref import ImageRef

POSE = [[1., 2., .5], [4., 8., .9]]
RECORD = dict(image_id=1, keypoints=[1, 2, .5, 4, 8, .9], score=.7)


@pytest.mark.parametrize('given', [
    np.array([POSE]),
    [POSE],
    [RECORD],
    PoseArrays(
        np.array([POSE], np.float32)[..., :2], np.ones((1, 2), bool),
        np.array([[.5, .9]], np.float32)),
])
def test_poses(given: Any) -> None:
    poses = parse_poses(given, 2, pytest.fail)
    np.testing.assert_allclose(poses.keypoints, [[[1, 2], [4, 8]]])
    np.testing.assert_allclose(poses.keypoint_scores, [[.5, .9]])
    np.testing.assert_allclose(poses.bboxes, [[1, 2, 4, 8]])


def test_scores_of_records_are_kept() -> None:
    poses = parse_poses([RECORD], 2, pytest.fail)
    assert poses.bbox_scores[0] == np.float32(.7)


def test_poses_without_scores() -> None:
    poses = parse_poses(np.array([POSE])[..., :2], 2, pytest.fail)
    assert poses.keypoint_scores.tolist() == [[1, 1]]
    assert poses.bbox_scores.tolist() == [1]


@pytest.mark.parametrize('given', [None, [], np.zeros((0, 2, 3))])
def test_nobody(given: Any) -> None:
    assert parse_poses(given, 2, pytest.fail).keypoints.shape == (0, 2, 2)


def test_absent_joints_do_not_stretch_the_box() -> None:
    poses = parse_poses([[[5, 6, .1], [0, 0, 0]]], 2, pytest.fail)
    assert poses.bboxes.tolist() == [[5, 6, 5, 6]]


def test_bad_records_are_reported() -> None:
    problems = []
    records = [dict(RECORD, keypoints=[1, 2, 3]), RECORD]
    poses = parse_poses(records, 2, problems.append)
    assert len(poses.keypoints) == 1
    assert [p.code for p in problems] == ['keypoint_count']


@pytest.mark.parametrize('given', [np.zeros((2, 3)), np.zeros((1, 5, 3))])
def test_wrong_shape(given: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r'must be \(N, 2, 2\) or'):
        parse_poses(given + 1, 2, pytest.fail)


@pytest.mark.parametrize(('given', 'score'), [
    ([[1, 2, 11, 22]], 1.),
    (np.array([[1, 2, 11, 22, .5]]), .5),
    ([dict(bbox=[1, 2, 10, 20], score=.25)], .25),
])
def test_boxes(given: Any, score: float) -> None:
    boxes = parse_boxes(given, pytest.fail)
    assert boxes.bboxes.tolist() == [[1, 2, 11, 22]]
    assert boxes.bbox_scores.tolist() == [score]


@pytest.mark.parametrize(('given', 'message'), [
    ([[1, 2, 3]], r'must be \(N, 4\) or \(N, 5\)'),
    ([[1, 2, np.nan, 4]], 'must be finite'),
    ([[9, 2, 3, 4]], 'x1 < x2'),
])
def test_bad_boxes(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_boxes(given, pytest.fail)


@pytest.mark.parametrize(('bad', 'code'), [
    (dict(bbox=None), 'bbox'),
    (dict(bbox=[1, 2, 3]), 'bbox'),
    (dict(bbox=[1, 2, float('nan'), 4]), 'bbox'),
    (dict(bbox=[10**400, 2, 3, 4]), 'bbox'),
    (dict(bbox=[1, 2, -3, 4]), 'bbox'),
    (dict(score='0.5'), 'score'),
    (dict(score=0), 'score_not_positive'),
    (dict(category_id=3), 'category'),
])
def test_one_bad_record_leaves_the_other_boxes(bad: dict, code: str) -> None:
    problems: list = []
    good = dict(bbox=[1, 2, 10, 20], category_id='1', score=.5)
    boxes = parse_boxes([dict(good, **bad), good], problems.append, [1])
    assert boxes.bboxes.tolist() == [[1, 2, 11, 22]]
    assert [p.code for p in problems] == [code]


def test_nobody_is_not_the_same_as_unknown() -> None:
    assert parse_boxes(None, pytest.fail) is None
    assert len(parse_boxes([], pytest.fail).bboxes) == 0


@pytest.mark.parametrize('image_id', [7, 'a_007', 'a_007.jpg'])
def test_records_find_their_image(image_id: Any) -> None:
    given = InputPeople([dict(image_id=image_id, x=1)], 'poses')
    assert given.next_of(Frame(0, 'b_008.jpg')) == []
    assert [r['x'] for r in given.next_of(Frame(1, 'a_007.jpg'))] == [1]
    assert not given.leftover()


def test_records_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / 'poses.json').write_text(json.dumps([RECORD]))
    given = InputPeople(tmp_path / 'poses.json', 'poses')
    assert given.next_of(Frame(0, '1.jpg')) == [RECORD]


def test_what_belongs_to_no_image_is_told() -> None:
    given = InputPeople([RECORD, dict(RECORD, image_id=2)], 'poses')
    assert given.leftover() == (
        'the poses of 2 image_ids, such as 1, belong to no image of the input')


def test_an_item_for_each_image() -> None:
    given = InputPeople([[POSE]], 'poses')
    with pytest.raises(ValueError, match='poses for 1 images, but 2 images'):
        given.check_count(2)
    given.next_of(Frame(0, 'a.jpg'))
    with pytest.raises(ValueError, match='poses for 1 images only'):
        given.next_of(Frame(1, 'b.jpg'))


def test_an_array_of_one_image_needs_no_list() -> None:
    given = InputPeople(np.array([POSE]), 'poses')
    given.check_count(1)
    assert given.next_of(Frame(0, 'a.jpg')).shape == (1, 2, 3)


@pytest.mark.parametrize('content', ['{}', '[1]'])
def test_a_file_of_something_else(tmp_path: Path, content: str) -> None:
    (tmp_path / 'poses.json').write_text(content)
    with pytest.raises(ValueError, match='poses.json must hold a list'):
        InputPeople(tmp_path / 'poses.json', 'poses')


def test_records_without_image_id() -> None:
    with pytest.raises(ValueError, match='must have an image_id'):
        InputPeople([dict(keypoints=[])], 'poses')


@pytest.mark.parametrize(('name', 'number'), [('000042.jpg', 42),
                                              ('a_7.png', 7), ('a.jpg', None),
                                              ('7a.jpg', None)])
def test_image_number(name: str, number: Any) -> None:
    assert file_number(name) == number


@pytest.mark.parametrize('absent', [(0, 0), (-1, -1), (np.nan, 5)])
def test_absent_joints_of_arrays_without_scores(absent) -> None:
    """As in posefix_mm.refine: no joint at the origin with a score of 1."""
    poses = np.full((1, 17, 2), 50.)
    poses[0, 3] = absent
    found = parse_poses(poses, 17, None)
    assert found.keypoint_scores[0].tolist() == [1] * 3 + [0] + [1] * 13
    assert found.keypoints[0, 3].tolist() == [0, 0]
    np.testing.assert_array_equal(found.bboxes, [[50, 50, 50, 50]])


@pytest.mark.parametrize('image_id', [
    3, 3., '3', '0003', 'b/7.jpg', '7.jpg', '7', 'C:\\x\\b\\7.jpg'])
def test_ids_of_annotations(image_id) -> None:
    """Not the image with the number 3 in its name, which is another's id."""
    images = [dict(id=3, file_name='b/7.jpg'), dict(id=9, file_name='3.jpg')]
    given = InputPeople([dict(image_id=image_id, keypoints=[])], 'poses',
                        ImageList(images))
    assert given.next_of(Frame(0, '3.jpg', Path('a/3.jpg'))) == []
    assert len(given.next_of(Frame(1, '7.jpg', Path('b/7.jpg')))) == 1
    assert not given.leftover()


def test_results_with_nan_are_read(tmp_path) -> None:
    (tmp_path / 'poses.json').write_text(
        '[{"image_id": 3.0, "keypoints": [NaN, 2, 1], "score": 1}]')
    given = InputPeople(tmp_path / 'poses.json', 'poses')
    assert len(given.next_of(Frame(0, '000003.jpg'))) == 1


def test_ids_that_are_numbers_of_listed_files() -> None:
    """As in `refine`: not one is an id of the annotations."""
    images = [dict(id=1, file_name='000139.jpg'),
              dict(id=2, file_name='000285.jpg')]
    given = InputPeople([dict(image_id=285, x=1)], 'poses',
                        ImageList(images))
    assert given.next_of(Frame(0, '000139.jpg')) == []
    assert [r['x'] for r in given.next_of(Frame(1, '000285.jpg'))] == [1]


def test_records_without_image_among_others() -> None:
    given = InputPeople([RECORD, dict(RECORD, image_id=None), 'a'], 'poses')
    assert given.malformed == (
        '2 of the poses are left out: record 1 of the poses must have an '
        'image_id: a number or name; got None')
    assert len(given.next_of(Frame(0, '1.jpg'))) == 1


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / 'boxes.json').write_text('[]')
    with pytest.raises(NoPoseRefinedError, match='boxes.json holds no boxes'):
        InputPeople(tmp_path / 'boxes.json', 'boxes')


def test_a_folder_is_not_missing(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match='is a folder; name a file'):
        InputPeople(tmp_path, 'boxes')


@pytest.mark.parametrize(('boxes', 'expected'), [
    ([(5, 6, 20, 30), (0, 0, 1, 1)], [1, 1]),
    ([(100, 3, 300, 9), (-20, -20, -1, 9)], [0, 0]),
    ([(3, 77, 9, 300), (-20, -20, 9, 9)], [0, 1]),
])
def test_boxes_off_the_picture_are_left_out(boxes: list,
                                            expected: list) -> None:
    """Of 48 x 36 pixels where the picture has 96 x 72."""
    problems: list = []
    frame = Frame(0, 'a.jpg', image=np.zeros((72, 96, 3), np.uint8), scale=2.)
    fitted = fit_boxes(parse_boxes(boxes, pytest.fail), frame, problems.append)
    assert fitted.bboxes.tolist() == [
        [2. * v for v in box] for box, on in zip(boxes, expected, strict=True)
        if on]
    assert [p.code for p in problems] == ['outside_image'] * expected.count(0)


@pytest.mark.parametrize(('scale', 'codes'), [
    (1., ['outside_image', 'coordinates_normalised', 'no_keypoint']),
    (.25, ['coordinates_normalised', 'no_keypoint']),
    (None, ['image_size_differs'] * 3 + ['no_keypoint']),
])
def test_poses_that_do_not_fit_stay(scale: Any, codes: list) -> None:
    """As `posefix refine` judges them."""
    problems: list = []
    poses = np.array([POSE, [[300, 10], [280, 20]], [[.2, .3], [.5, .7]],
                      [[0, 0], [0, 0]]], object)
    poses = np.array([[p[:2] for p in pose] for pose in poses.tolist()], float)
    frame = Frame(0, 'a.jpg', image=np.zeros((72, 96, 3), np.uint8),
                  scale=scale)
    fitted = fit_poses(
        parse_poses(poses, 2, pytest.fail), frame, problems.append)
    assert [p.code for p in problems] == codes
    assert fitted.usable.sum() == 4 - len(codes)
    np.testing.assert_allclose(fitted.keypoints, poses * (scale or 1))


@pytest.mark.parametrize(('ref', 'name'), [
    (ImageRef(image_id=3), 3),
    (ImageRef(image_id='a.jpg'), 'a.jpg'),
    (ImageRef(image_id=3, file_name='b/3.jpg'), 'b/3.jpg'),
    (ImageRef(file_name='clip.mp4', frame=12), 'clip_000012'),
    (ImageRef(stem='clip_13', first_frame=1), 'clip_000012'),
    (ImageRef(stem='13', first_frame=1), 12),
    (ImageRef(stem='clip_12'), 'clip_12'),
])
def test_names_of_frames(ref: ImageRef, name: Any) -> None:
    """As a video's frames are looked for, counted from 0."""
    video = InputFrames(iter([]), video=VideoInfo('clip.mp4', None, 1.))
    assert name_of(ref, video) == name
