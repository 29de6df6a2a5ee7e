"""Images and frames of videos behind the references of a file of poses."""

import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from posefix_mm.formats import ImageRef
from posefix_mm.images.image_finder import ImageFinder
from posefix_mm.images.image_source import ImageSource, VideoFrames
from posefix_mm.inference import ImageProblem
from posefix_mm.inference.stream import run_ahead

FRAMES = 160
SIZE = 64, 48
# enough of a step that a codec does not blur it
LEVELS = np.random.default_rng(0).permutation(FRAMES)


def draw(frame: int) -> np.ndarray:
    """A frame that tells its number by the grey of eight stripes."""
    bits = (LEVELS[frame] >> np.arange(8)) & 1
    row = np.repeat(bits * 255, SIZE[0] // 8).astype(np.uint8)
    return np.repeat(np.tile(row, (SIZE[1], 1))[..., None], 3, 2)


def number(image: np.ndarray) -> int:
    """Tell the number of a frame."""
    bits = image.mean((0, 2)).reshape(8, -1).mean(1) > 127
    level = int((bits << np.arange(8)).sum())
    return int(np.flatnonzero(LEVELS == level)[0])


def write_video(path: Path, codec: str, count: int = FRAMES) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), 10,
                             SIZE)
    if not writer.isOpened():
        pytest.skip(f'OpenCV can not write {codec} here')
    for frame in range(count):
        writer.write(draw(frame))
    writer.release()


def make_irregular(path: Path) -> None:
    """Give the frames of an MP4 file durations from 1 to 8 of a unit."""
    data = path.read_bytes().replace(b'edts', b'free')  # tells the end
    place = data.index(b'stts') - 4
    durations = np.random.default_rng(2).integers(1, 9, FRAMES) * 512
    entries = np.stack((np.ones(FRAMES, np.int64), durations), 1)
    body = struct.pack('>II', 0, FRAMES) + entries.astype('>u4').tobytes()
    more = len(body) - 16  # it had one entry
    assert place > data.index(b'mdat')  # offsets into that stay
    data = bytearray(data[:place + 8] + body + data[place + 24:])
    for box in (b'moov', b'trak', b'mdia', b'minf', b'stbl', b'stts'):
        at = data.index(box) - 4
        size, = struct.unpack_from('>I', data, at)
        struct.pack_into('>I', data, at, size + more)
    path.write_bytes(data)


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('source') / 'images'
    root.mkdir()
    write_video(root / 'walk.avi', 'MJPG')
    write_video(root / 'run.mp4', 'mp4v')
    write_video(root / 'irregular.mp4', 'mp4v')
    make_irregular(root / 'irregular.mp4')
    for name in ('a.png', 'twice.jpg', 'twice.PNG', 'upper.JPG'):
        cv2.imwrite(str(root / name), draw(3)[:40])
    (root / 'sub.dir').mkdir()
    cv2.imwrite(str(root / 'sub.dir' / 'b.1.bmp'), draw(4))
    (root / 'text.avi').write_text('no video')
    cv2.imwrite(str(root.parent / 'secret.png'), draw(5))
    (root / 'out.png').symlink_to(root.parent / 'secret.png')
    write_video(root.parent / 'secret.avi', 'MJPG', 2)
    (root / 'out.avi').symlink_to(root.parent / 'secret.avi')
    return root


@pytest.fixture
def source(folder) -> ImageSource:
    return ImageSource(ImageFinder(folder))


def problem(source, ref, method='load') -> str:
    with pytest.raises(ImageProblem, match='.') as caught:
        getattr(source, method)(ref)
    return caught.value.problem.code


# --------------------------------------------------------------------- videos
@pytest.mark.parametrize('name', ['walk.avi', 'run.mp4', 'irregular.mp4'])
@pytest.mark.parametrize('order', [
    range(FRAMES),
    [0, 1, 5, 6, 60, 61],
    [150, 3, 3, 2, 149, 20, 0, 159],
    [5, 130, 131, 10],
])
def test_frames(source, name, order) -> None:
    """In order, in leaps, and back."""
    found = [number(source.load(ImageRef(file_name=name, frame=frame)))
             for frame in order]
    assert found == list(order)


def test_never_seeks_and_decodes_once(folder, opened) -> None:
    """Back by a few from what was kept, back further from the start."""
    frames = VideoFrames(folder / 'walk.avi')
    opened.clear()
    for frame in (0, 2, 1, 51, 50, 52, 103, 102, 104, 159):
        assert number(frames.read(frame)) == frame
    assert opened == []
    assert number(frames.read(99)) == 99
    assert opened == [1]


@pytest.fixture
def opened(monkeypatch) -> list:
    """A mark for each time that a video is opened."""
    marks = []
    monkeypatch.setattr(
        VideoFrames, '_open', lambda self, real=VideoFrames._open: (
            marks.append(1), real(self)))
    return marks


@pytest.mark.parametrize('num_workers', [0, 1, 2, 6])
@pytest.mark.parametrize('step', [1, 7])
def test_each_video_is_decoded_once(folder, opened, step, num_workers) -> None:
    """Whatever the order in the file, and though threads overtake others."""
    frames = np.random.default_rng(3).permutation(range(0, FRAMES, step))
    refs = [ImageRef(image_id=f'{name}_{frame:04d}') for frame in frames
            for name in ('irregular', 'walk')]
    source = ImageSource(ImageFinder(folder), num_kept=2 * num_workers + 1)
    order = source.plan(refs)
    with ThreadPoolExecutor(num_workers or 1) as pool:
        loads = (partial(source.load, refs[place]) for place in order)
        found = [number(image) for image in run_ahead(
            loads, 2 * num_workers, pool if num_workers else None)]
    assert found == [int(refs[p].image_id[-4:]) for p in order]
    assert found == 2 * sorted(frames)
    assert len(opened) == 2


def test_images_are_loaded_as_they_come(folder) -> None:
    names = ['a.png', 'upper.JPG', 'a.png', 'gone.png']
    refs = [ImageRef(file_name=name) for name in names]
    assert ImageSource(ImageFinder(folder)).plan(refs) is None
    refs = [ImageRef(file_name='run.mp4', frame=f) for f in range(3)]
    assert ImageSource(ImageFinder(folder)).plan(refs) is None


@pytest.mark.parametrize('name', ['walk.avi', 'run.mp4'])
@pytest.mark.parametrize('frame', [FRAMES, FRAMES + 50, 10**6, -1, -200])
def test_frames_that_are_not_there(source, name, frame) -> None:
    """The frames around are still found."""
    ref = ImageRef(file_name=name, frame=frame)
    good = ref._replace(frame=7)
    assert number(source.load(good)) == 7
    assert problem(source, ref) == 'frame_missing'
    assert problem(source, ref) == 'frame_missing'
    assert number(source.load(good)) == 7
    assert number(source.load(good._replace(frame=FRAMES - 1))) == FRAMES - 1
    assert problem(source, ref) == 'frame_missing'
    assert number(source.load(good._replace(frame=8))) == 8
    # within reach, so that it is looked for frame by frame
    assert number(source.load(good._replace(frame=100))) == 100
    assert problem(source, ref) == 'frame_missing'
    assert number(source.load(good._replace(frame=140))) == 140


def test_two_videos_by_turns(source) -> None:
    for frame in (0, 1, 40):
        for name in ('walk.avi', 'run.mp4'):
            ref = ImageRef(file_name=name, frame=frame)
            assert number(source.load(ref)) == frame


def test_threads(source) -> None:
    """Each gets the frame that it asked for."""
    order = np.random.default_rng(1).permutation(FRAMES)[:60].tolist()
    barrier = threading.Barrier(4)

    def load(part):
        barrier.wait()
        return [number(source.load(ImageRef(file_name='walk.avi', frame=f)))
                for f in part]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(load, [order[i::4] for i in range(4)]))
    assert found == [order[i::4] for i in range(4)]


@pytest.mark.parametrize(('name', 'code'), [
    ('text.avi', 'video_unreadable'), ('gone.avi', 'image_missing'),
    ('out.avi', 'image_missing'), ('../secret.avi', 'image_missing')])
@pytest.mark.parametrize('method', ['load', 'size'])
def test_no_video(source, name, code, method) -> None:
    assert problem(source, ImageRef(file_name=name, frame=0), method) == code


# --------------------------------------------------------------------- images
@pytest.mark.parametrize(('ref', 'name'), [
    (ImageRef(file_name='a.png'), 'a.png'),
    (ImageRef(image_id='a.png'), 'a.png'),
    (ImageRef(stem='a'), 'a.png'),
    (ImageRef(stem='upper'), 'upper.JPG'),
    (ImageRef(stem='sub.dir/b.1'), 'sub.dir/b.1.bmp'),
    (ImageRef(image_id=3, file_name='a.png'), 'a.png'),
])
def test_references(source, folder, ref, name) -> None:
    assert source.find(ref).path == folder / name
    np.testing.assert_array_equal(
        source.load(ref), cv2.imread(str(folder / name)))


@pytest.mark.parametrize(('ref', 'reason'), [
    (ImageRef(stem='twice'), "more than one .* the name 'twice'"),
    (ImageRef(stem='gone'), "no image .* the name 'gone'"),
    (ImageRef(stem='walk'), "no image .* the name 'walk'"),
    (ImageRef(stem='out'), 'is a link out of the image folder'),
    (ImageRef(stem='../secret'), 'leaves the image folder'),
    (ImageRef(stem='a\0'), 'is not a file name'),
    (ImageRef(file_name='out.png'), 'is a link out of the image folder'),
    (ImageRef(file_name='../secret.png'), 'leaves the image folder'),
    (ImageRef(file_name='sub.dir'), 'is not in the image folder'),
    (ImageRef(image_id=9), 'has the number 9 in its name'),
])
def test_what_is_not_found(source, ref, reason) -> None:
    """The reason is plain text, without the quotes of a KeyError."""
    for method in (source.find, source.load, source.size):
        with pytest.raises(ImageProblem, match=reason) as caught:
            method(ref)
        assert caught.value.problem.code == 'image_missing'
        assert not str(caught.value).startswith('"')


@pytest.mark.parametrize('ref', [
    ImageRef(file_name='walk.avi', frame=9), ImageRef(stem='a'),
    ImageRef(file_name='run.mp4', frame=0), ImageRef(stem='sub.dir/b.1')])
def test_size_is_that_of_the_image(source, ref) -> None:
    height, width = source.load(ref).shape[:2]
    assert source.size(ref) == (width, height)


@pytest.mark.parametrize('orientation', range(9))
@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp', '.tiff'])
def test_size_of_turned_images(tmp_path, orientation, suffix) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(draw(0)).save(tmp_path / f'a{suffix}', exif=exif)
    source = ImageSource(ImageFinder(tmp_path))
    height, width = source.load(ImageRef(stem='a')).shape[:2]
    assert source.size(ImageRef(stem='a')) == (width, height)


@pytest.mark.parametrize('orientation', range(9))
@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp'])
def test_the_size_that_is_claimed(tmp_path, orientation, suffix) -> None:
    """As stored or turned: what the poses were found in."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(draw(0)).save(tmp_path / f'a{suffix}', exif=exif)
    source = ImageSource(ImageFinder(tmp_path))
    for size in (SIZE, SIZE[::-1] if orientation > 4 else SIZE):
        image = source.load(ImageRef(stem='a', size=size))
        assert image.shape[1::-1] == size
        ref = ImageRef(stem='a', size=(3 * size[0], 3 * size[1]))
        assert source.load(ref).shape[1::-1] == size
        assert source.scale(ref, source.size(ref)) == pytest.approx(1 / 3)


def test_size_of_no_image(folder, source) -> None:
    ref = ImageRef(file_name='text.avi')
    assert problem(source, ref, 'size') == 'image_unreadable'
    assert problem(source, ref) == 'image_unreadable'


@pytest.mark.parametrize(('suffix', 'kept', 'size'), [
    ('.bmp', 40, None),  # within the header
    ('.png', 60, (24, 16)),  # behind it, before EXIF data could come
])
def test_size_of_a_file_that_is_cut_off(tmp_path, suffix, kept, size) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (16, 24, 3), np.uint8)
    data = cv2.imencode(suffix, picture)[1].tobytes()
    (tmp_path / f'a{suffix}').write_bytes(data[:kept])
    source = ImageSource(ImageFinder(tmp_path))
    if size is None:
        assert problem(source, ImageRef(stem='a'), 'size') == (
            'image_unreadable')
    else:
        assert source.size(ImageRef(stem='a')) == size
    assert problem(source, ImageRef(stem='a')) in (
        'image_unreadable', 'image_cut_off')
