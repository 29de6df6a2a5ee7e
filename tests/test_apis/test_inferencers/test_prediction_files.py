"""Files that are written as results come."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.structures import InstanceData

from posefix_mm.apis.inferencers.output_files import (
    choose_image_ids,
    coco_records,
    json_list,
    prediction_files,
    video_file,
    visualization_files,
)
from posefix_mm.formats.coco import read_annotations
from posefix_mm.images.image_finder import ImageList
from posefix_mm.images.input_frames import (
    Frame,
    InputFrames,
    VideoInfo,
    open_inputs,
)


@pytest.mark.parametrize('items', [[], [1], [{'a': 1}, 'b']])
def test_json_list(tmp_path: Path, items: list) -> None:
    with json_list(tmp_path / 'new' / 'a.json') as append:
        for item in items:
            append(item)
    assert json.loads((tmp_path / 'new' / 'a.json').read_text()) == items


def test_a_list_that_fails_does_not_appear(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match='stop'), \
            json_list(tmp_path / 'a.json') as append:
        append(1)
        raise RuntimeError('stop')
    assert list(tmp_path.iterdir()) == []


def test_score_is_the_boxs_times_the_sure_keypoints() -> None:
    instances = InstanceData(
        keypoints=np.array([[[1., 2.], [3., 4.], [5., 6.]]] * 2),
        keypoint_scores=np.array([[.8, .6, .1], [.1, .2, .1]]),
        bboxes=np.array([[1., 2., 11., 22.]] * 2),
        bbox_scores=np.array([.5, .5]))
    first, second = coco_records(instances, 7)
    assert first == dict(
        image_id=7,
        category_id=1,
        keypoints=[1, 2, .8, 3, 4, .6, 5, 6, .1],
        bbox=[1, 2, 10, 20],
        score=pytest.approx(.5 * .7))
    assert second['score'] == 0


def test_names_that_come_twice_are_numbered(tmp_path: Path) -> None:
    with prediction_files(tmp_path, InputFrames(iter([]))) as write:
        for number, name in enumerate(('a.jpg', 'b.jpg', 'a.png')):
            write(Frame(number, name), [dict(number=number)])
    assert {p.name: json.loads(p.read_text())[0]['number']
            for p in tmp_path.iterdir()
            } == {'a.json': 0, 'b.json': 1, 'a_2.json': 2}


@pytest.mark.parametrize(('names', 'expected'), [
    (['0010.jpg', 'x_2.jpg'], [10, 2]),
    (['a_1.jpg', 'b_1.jpg'], ['a_1.jpg', 'b_1.jpg']),
    (['1.jpg', 'b.jpg'], ['1.jpg', 'b.jpg']),
])
def test_numbers_are_ids_where_all_differ(names: list,
                                          expected: list) -> None:
    image_id = choose_image_ids(open_inputs(names))
    frames = [Frame(i, n, Path(n)) for i, n in enumerate(names)]
    assert [image_id(frame) for frame in frames] == expected


def test_ids_of_arrays_and_frames_are_their_places() -> None:
    frame = Frame(3, '000003.jpg')
    for inputs in (open_inputs([np.zeros((2, 2, 3), np.uint8)]),
                   InputFrames(iter([]), video=VideoInfo('a.mp4', None, 1.))):
        assert choose_image_ids(inputs)(frame) == 3


def test_ids_of_an_annotation_file(tmp_path: Path) -> None:
    (tmp_path / 'ann.json').write_text(
        json.dumps(dict(images=[dict(file_name='d/a.jpg', id=99)])))
    image_id = choose_image_ids(
        open_inputs(['a.jpg']),
        ImageList(read_annotations(tmp_path / 'ann.json')['images']))
    assert image_id(Frame(0, 'a.jpg', Path('a.jpg'))) == 99


def test_a_file_without_images(tmp_path: Path) -> None:
    (tmp_path / 'ann.json').write_text('{"images": [{"id": 1}]}')
    with pytest.raises(ValueError, match='has no list of images'):
        read_annotations(tmp_path / 'ann.json')['images']


@pytest.mark.parametrize('name', ['clip_000003.png', '000003.jpg', 'x/a.jpg'])
def test_ids_of_listed_frames(name: str) -> None:
    """By the name of a frame, or its number as id."""
    number = 3 if name == 'x/a.jpg' else 71
    image_id = choose_image_ids(
        InputFrames(iter([]), video=VideoInfo('clip.mp4', None, 1.)),
        ImageList([dict(id=number, file_name=name)]))
    frame = Frame(3, '000003.jpg', video='clip.mp4')
    assert image_id(frame) == number
    assert image_id(Frame(4, '000004.jpg', video='clip.mp4')) == '000004.jpg'


def test_records_in_pixels_of_the_annotations() -> None:
    instances = InstanceData(
        keypoints=np.array([[[2., 4.]]]),
        keypoint_scores=np.array([[.5]]),
        bboxes=np.array([[2., 4., 12., 24.]]),
        bbox_scores=np.array([1.]))
    [record] = coco_records(instances, 7, 2.)
    assert record['keypoints'] == [1, 2, .5]
    assert record['bbox'] == [1, 2, 5, 10]


def test_a_video_that_the_disk_did_not_take(tmp_path: Path,
                                            monkeypatch) -> None:
    """OpenCV says nothing where frames are lost."""
    picture = np.zeros((48, 64, 3), np.uint8)
    with video_file(tmp_path / 'a.mp4', 10.) as append:
        for _ in range(5):
            append(picture)
    assert [p.name for p in tmp_path.iterdir()] == ['a.mp4']
    whole = (tmp_path / 'a.mp4').read_bytes()

    class Lossy:

        def __init__(self, path: str, *_) -> None:
            self.path = path

        def isOpened(self) -> bool:  # noqa: N802  OpenCV's name
            return True

        def write(self, _) -> None:
            pass

        def release(self) -> None:
            Path(self.path).write_bytes(whole[:200])

    monkeypatch.setattr(cv2, 'VideoWriter', Lossy)
    with pytest.raises(OSError, match='of 2 frames 0 are there; free some'), \
            video_file(tmp_path / 'b.mp4', 10.) as append:
        append(picture)
        append(picture)
    assert [p.name for p in tmp_path.iterdir()] == ['a.mp4']


@pytest.mark.parametrize(('name', 'written'), [
    ('a.jpg', 'a.jpg'), ('b.heic', 'b.png'), ('c', 'c.png')])
def test_names_of_pictures(tmp_path: Path, name: str, written: str) -> None:
    """PNG where OpenCV writes nothing else, and nothing but the pictures."""
    picture = np.full((4, 4, 3), (250, 20, 20), np.uint8)
    with visualization_files(tmp_path, InputFrames(iter([]))) as write:
        write(Frame(0, name), picture)
    assert [p.name for p in tmp_path.iterdir()] == [written]
    blue, _, red = cv2.imread(str(tmp_path / written))[2, 2].tolist()
    assert (blue < 40, red > 230) == (True, True)


def test_a_picture_that_opencv_does_not_write(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'a.xyz; name a .jpg or .png'), \
            visualization_files(tmp_path / 'a.xyz', InputFrames(
                iter([]), count=1)):
        pass
