"""Inputs of all kinds."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path
from typing import Any, List

import cv2
import numpy as np
import pytest

from posefix_mm.apis.inferencers.pose_refine_inferencer import read_ahead
from posefix_mm.images.input_frames import Frame, open_inputs


def read(inputs: Any) -> List[Frame]:
    return [frame() for frame in open_inputs(inputs).frames]


@pytest.fixture
def folder(tmp_path: Path, pictures: List[Path]) -> Path:
    for name in ('b.jpg', 'a.PNG', 'notes.txt'):
        shutil.copy(pictures[0], tmp_path / name)
    return tmp_path


def test_folder_in_order_without_other_files(folder: Path) -> None:
    frames = read(folder)
    assert [f.name for f in frames] == ['a.PNG', 'b.jpg']
    assert [f.index for f in frames] == [0, 1]
    assert all(f.image.shape == (88, 112, 3) for f in frames)


@pytest.mark.parametrize(('pattern', 'expected'), [
    ('*.jpg', ['b.jpg']),
    ('*', ['a.PNG', 'b.jpg']),
    ('[ab].*', ['a.PNG', 'b.jpg']),
])
def test_pattern(folder: Path, pattern: str, expected: list) -> None:
    opened = open_inputs(f'{folder}/{pattern}')
    assert opened.names == expected
    assert opened.count == len(expected)


def test_a_name_may_look_like_a_pattern(folder: Path) -> None:
    (folder / 'b.jpg').rename(folder / '[1].jpg')
    assert [f.name for f in read(str(folder / '[1].jpg'))] == ['[1].jpg']


def test_arrays_and_files_may_be_mixed(folder: Path) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    frames = read([image, folder / 'b.jpg'])
    assert [f.name for f in frames] == ['000000.jpg', 'b.jpg']
    np.testing.assert_array_equal(frames[0].image, image)


def test_an_endless_iterator_is_read_as_it_goes() -> None:
    taken = []

    def images():
        for i in count():
            taken.append(i)
            yield np.full((4, 5, 3), i, np.uint8)

    with ThreadPoolExecutor(2) as pool:
        frames = read_ahead(open_inputs(images()), 3, pool)
        values = [frame.image[0, 0, 0] for frame in islice(frames, 6)]
        frames.close()
    assert values == [0, 1, 2, 3, 4, 5]
    assert len(taken) <= 9  # three ahead


def test_video(video: Path) -> None:
    opened = open_inputs(str(video))
    frames = [frame() for frame in opened.frames]
    assert [f.index for f in frames] == [0, 1, 2, 3, 4]
    assert frames[0].image.shape == (48, 64, 3)
    assert opened.video.name == 'clip.mp4'
    assert opened.video.fps == pytest.approx(12)
    assert opened.count == 5


@pytest.mark.parametrize(('inputs', 'number'), [('webcam', 0), ('webcam:3', 3),
                                                (2, 2)])
def test_camera(camera: list, inputs: Any, number: int) -> None:
    opened = open_inputs(inputs)
    with ThreadPoolExecutor(2) as pool:
        frames = read_ahead(opened, 8, pool)
        first, second = next(frames), next(frames)
    assert opened.live
    assert (first.index, second.index) == (0, 1)
    assert camera == [number, 'read', 'read']  # nothing is read ahead


def test_missing_camera(camera: list) -> None:
    with pytest.raises(OSError, match='camera 7 can not be opened'):
        open_inputs('webcam:7')


@pytest.mark.parametrize(('inputs', 'error', 'message'), [
    ('no.jpg', FileNotFoundError, 'no.jpg does not exist'),
    ('no.mp4', FileNotFoundError, 'no.mp4 does not exist'),
    ('*.jpeg', FileNotFoundError, r'no images in the pattern \*.jpeg'),
    ('empty', FileNotFoundError, 'no images in the folder empty'),
    ('notes.txt', ValueError, 'notes.txt is neither an image'),
    ('fake.mp4', ValueError, 'fake.mp4 is no video that OpenCV can read'),
    ('webcam:x', ValueError, "named 'webcam' or 'webcam:1', got 'webcam:x'"),
    (2.5, ValueError, 'got float'),
    ({}, ValueError, 'got dict'),
])
def test_what_is_no_input(tmp_path: Path, monkeypatch, inputs: Any, error,
                          message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'empty').mkdir()
    for name in ('notes.txt', 'fake.mp4'):
        (tmp_path / name).write_text('text')
    with pytest.raises(error, match=message):
        open_inputs(inputs)


@pytest.mark.parametrize(('item', 'message'), [
    ('missing.jpg', 'unreadable image missing.jpg'),
    (np.zeros((4, 5), np.uint8), r'got uint8 \(4, 5\)'),
    (np.zeros((4, 5, 3)), r'got float64 \(4, 5, 3\)'),
    (np.zeros((0, 5, 3), np.uint8), r'got uint8 \(0, 5, 3\)'),
    (None, 'got NoneType'),
])
def test_a_bad_image_has_a_problem(item: Any, message: str) -> None:
    good = np.zeros((4, 5, 3), np.uint8)
    bad, other = read([item, good])
    assert bad.image is None
    with pytest.raises(ValueError, match=message):
        raise ValueError(bad.problem)
    assert other.problem is None


def test_a_truncated_video_is_reported(video: Path, monkeypatch) -> None:
    real = cv2.VideoCapture(str(video))

    class Capture:
        """Says that there are more frames; OpenCV's can't be subclassed."""

        def __init__(self, _: str) -> None:
            self.isOpened, self.read = real.isOpened, real.read  # noqa: N815
            self.release = real.release

        def get(self, key: int) -> float:
            return 9. if key == cv2.CAP_PROP_FRAME_COUNT else real.get(key)

    monkeypatch.setattr(cv2, 'VideoCapture', Capture)
    messages = []
    monkeypatch.setattr(
        'posefix_mm.images.input_frames.print_log',
        lambda text, **_: messages.append(text))
    assert len(read(str(video))) == 5
    assert messages == [
        'clip.mp4 ends after 5 of 9 frames: the file may be damaged'
    ]
