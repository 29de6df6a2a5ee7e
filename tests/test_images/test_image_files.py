"""Images that nobody vouches for: whole ones are loaded, others refused."""

import re
import struct
import zlib

import cv2
import mmcv
import numpy as np
import pytest
from PIL import Image, features

from posefix_mm.images import image_source as module
from posefix_mm.images.image_source import (
    ImageProblem,
    is_complete,
    load_image,
)

PICTURE = cv2.resize(
    np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8), (40, 30))


def save(path, **options):
    Image.fromarray(PICTURE[..., ::-1]).save(path, **options)
    return path.read_bytes()


def exif(orientation=1, thumbnail=b''):
    """EXIF data; a thumbnail is a whole JPEG within a segment."""
    data = Image.Exif()
    data[0x0112] = orientation
    raw = data.tobytes()
    return raw + thumbnail


@pytest.fixture
def jpegs(tmp_path):
    """Contents of whole JPEG files."""
    path = tmp_path / 'whole.jpg'
    plain = save(path, quality=90)
    return dict(
        plain=plain,
        progressive=save(path, quality=90, progressive=True),
        thumbnail=save(path, quality=60, exif=exif(thumbnail=plain)),
        restarts=save(path, quality=60, restart_marker_blocks=1),
        comment=save(path, quality=60, comment=b'\xff\xd9 is no end'),
        grey=cv2.imencode('.jpg', PICTURE[..., 0])[1].tobytes())


KINDS = ('plain', 'progressive', 'thumbnail', 'restarts', 'comment', 'grey')


def refused(path, code) -> str:
    with pytest.raises(ImageProblem, match=path.name) as caught:
        load_image(path)
    assert caught.value.problem.code == code
    return str(caught.value)


# ---------------------------------------------------------------------- whole
@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('behind', [b'', b'\0' * 7, b'\xff\xd8 more'])
def test_jpegs_as_mmcv_loads_them(jpegs, tmp_path, kind, behind) -> None:
    """Cameras write things behind the end."""
    data = jpegs[kind] + behind
    (tmp_path / 'a.jpg').write_bytes(data)
    image = load_image(tmp_path / 'a.jpg')
    assert (image.shape, image.dtype) == ((30, 40, 3), np.uint8)
    np.testing.assert_array_equal(image, mmcv.imfrombytes(data))
    assert np.abs(image.astype(int) - PICTURE).mean() < 40 or kind == 'grey'


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.webp', '.tiff'])
def test_turned_as_the_camera_was(tmp_path, orientation, suffix) -> None:
    """As mmpose's LoadImage turns them."""
    from mmpose.datasets.transforms import LoadImage
    path = tmp_path / f'a{suffix}'
    save(path, exif=exif(orientation))
    expected = LoadImage()(dict(img_path=str(path)))['img']
    np.testing.assert_array_equal(load_image(path), expected)
    if suffix == '.jpg':
        turned = orientation > 4
        assert expected.shape == ((40, 30, 3) if turned else (30, 40, 3))


@pytest.mark.parametrize(('suffix', 'array'), [
    ('.png', PICTURE),
    ('.png', PICTURE[..., 0]),
    ('.png', PICTURE.astype(np.uint16) * 256 + 7),
    ('.png', np.dstack((PICTURE, PICTURE[..., 0]))),
    ('.bmp', PICTURE),
    ('.tiff', PICTURE),
    ('.webp', PICTURE),
    ('.ppm', PICTURE),
])
def test_other_kinds(tmp_path, suffix, array) -> None:
    """Grey, 16 bits and transparent ones become BGR of 8 bits."""
    path = tmp_path / f'a{suffix}'
    assert cv2.imwrite(str(path), array)
    image = load_image(path)
    assert (image.shape, image.dtype) == ((30, 40, 3), np.uint8)
    if suffix != '.webp':
        expected = PICTURE if array.ndim == 3 else np.repeat(
            PICTURE[..., :1], 3, 2)
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(('mode', 'suffix'), [
    ('CMYK', '.jpg'), ('L', '.jpg'), ('1', '.png'), ('P', '.png'),
    ('LA', '.png'), ('I;16', '.png'), ('P', '.gif'), ('CMYK', '.tiff')])
def test_modes(tmp_path, mode, suffix) -> None:
    """Whatever OpenCV reads is loaded as mmcv loads it, GIF by Pillow."""
    path = tmp_path / f'a{suffix}'
    Image.fromarray(PICTURE[..., 0] if mode == 'I;16' else
                    PICTURE).convert(mode).save(path)
    expected = mmcv.imfrombytes(path.read_bytes())
    if suffix == '.gif':  # which not every OpenCV reads
        expected = np.asarray(Image.open(path).convert('RGB'))[..., ::-1]
    np.testing.assert_array_equal(load_image(path), expected)


@pytest.mark.parametrize(('suffix', 'several', 'tolerance', 'orientation'), [
    ('.gif', True, 12, 1), ('.tiff', True, 0, 1), ('.webp', True, 12, 1),
    ('.avif', False, 12, 1), ('.avif', False, 12, 6)])
def test_the_first_picture_of_a_file(tmp_path, suffix, several, tolerance,
                                     orientation) -> None:
    """Of several; AVIF turned as its EXIF data says."""
    if suffix == '.avif' and not features.check('avif'):
        pytest.skip('this Pillow does not read AVIF')
    options = dict(save_all=True, append_images=[
        Image.fromarray(255 - PICTURE)]) if several else {}
    path = tmp_path / f'a{suffix}'
    save(path, exif=exif(orientation), **options)
    expected = np.rot90(PICTURE, -1 if orientation == 6 else 0)
    image = load_image(path)
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() <= tolerance


@pytest.mark.parametrize('mode', ['F', 'I'])
def test_numbers_without_a_range_are_no_picture(tmp_path, mode) -> None:
    """From 0 to 1 or to 255 or to 65535: a guess may give a black image."""
    Image.fromarray(PICTURE).convert('L').convert(mode).save(
        tmp_path / 'a.tif')
    assert 'convert it to 8 bits' in refused(tmp_path / 'a.tif',
                                             'image_unreadable')


@pytest.mark.parametrize(('head', 'kind'), [
    (b'\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'HEIC.*pillow-heif'),
    (b'\0\0\0\x18ftypmif1\0\0\0\0mif1heic', 'HEIC.*pillow-heif'),
    (b'\0\0\0\x18ftypisom\0\0\0\0', 'a video'),
    (b'version https://git-lfs.github.com/spec/v1\n', 'Git LFS'),
    (b'<!DOCTYPE html><html>', 'HTML'), (b'%PDF-1.5', 'SVG or PDF'),
    (b'<svg xmlns="http://www.w3.org/2000/svg">', 'SVG or PDF'),
    (b'\xff\x0a' + bytes(9), 'JPEG XL'), (b'PK\3\4' + bytes(9), 'ZIP'),
    (b'II*\0\x10\0\0\0CR\x02\0' + bytes(9), "camera's raw image"),
    (b'', 'an empty file')])
def test_what_is_no_image_is_named(tmp_path, head, kind) -> None:
    (tmp_path / 'a.jpg').write_bytes(head + bytes(64) if head else head)
    assert re.search(kind, refused(tmp_path / 'a.jpg', 'image_unreadable'))


# -------------------------------------------------------------------- cut off
@pytest.mark.parametrize('kind', KINDS)
def test_jpegs_cut_off_anywhere(jpegs, kind) -> None:
    """OpenCV would fill the rest with grey, where joints would be made up."""
    data = jpegs[kind]
    assert is_complete(data)
    end = data.rindex(b'\xff\xd9') + 2
    assert not any(is_complete(data[:stop]) for stop in range(2, end))


@pytest.mark.parametrize('kind', ['plain', 'progressive', 'thumbnail'])
@pytest.mark.parametrize('share', [0, .001, .1, .4, .6, .9, .999])
def test_cut_off_jpeg_is_refused(jpegs, tmp_path, kind, share) -> None:
    path = tmp_path / 'a.jpg'
    path.write_bytes(jpegs[kind][:int(share * len(jpegs[kind]))])
    with pytest.raises(ImageProblem, match=r'a\.jpg') as caught:
        load_image(path)
    assert caught.value.problem.code in ('image_cut_off', 'image_unreadable')


def test_pngs_cut_off_anywhere(tmp_path) -> None:
    data = save(tmp_path / 'a.png')
    assert is_complete(data)
    assert is_complete(data + b'behind')
    assert not any(is_complete(data[:stop]) for stop in range(8, len(data)))
    (tmp_path / 'a.png').write_bytes(data[:-30])
    assert 'is cut off' in refused(tmp_path / 'a.png', 'image_cut_off')


def test_the_word_of_an_end_is_no_end(tmp_path) -> None:
    data = save(tmp_path / 'a.png')
    text = b'tEXt' + b'a\0IEND'
    chunk = struct.pack('>I', len(text) - 4) + text + struct.pack(
        '>I', zlib.crc32(text))
    begin = data.index(b'IDAT') - 4
    (tmp_path / 'a.png').write_bytes(data[:begin] + chunk + data[begin:])
    assert load_image(tmp_path / 'a.png').shape == (30, 40, 3)
    assert not is_complete(data[:begin] + chunk + data[begin:-20])


@pytest.mark.parametrize('data', [
    b'', b'x', b'BM', b'GIF89a', b'RIFF\0\0\0\0WEBP', b'\xff', b'\x89PN'])
def test_ends_of_other_kinds_are_their_decoders(data) -> None:
    assert is_complete(data)


@pytest.mark.parametrize('data', [
    b'\xff\xd8', b'\xff\xd8\xff', b'\xff\xd8\xff\xd8\xff\xd8',
    b'\xff\xd8\xff\xe0\0\0', b'\xff\xd8\xff\xe0\xff\xff\xff\xd9',
    b'\xff\xd8\xff\xda\0\x02' + b'\xff\0' * 9 + b'\xff\xd0\xff',
    b'\x89PNG\r\n\x1a\n', b'\x89PNG\r\n\x1a\n' + b'\xff' * 40,
])
def test_no_end(data) -> None:
    assert not is_complete(data)


def test_fill_bytes_before_the_end() -> None:
    assert is_complete(b'\xff\xd8\xff\xe0\0\x02\xff\xda\0\x02ab\xff\xff\xff'
                       b'\xd9')


@pytest.mark.parametrize('suffix', ['.webp', '.bmp', '.tiff'])
def test_other_kinds_cut_off(tmp_path, suffix) -> None:
    """Their decoders refuse what is not whole."""
    path = tmp_path / f'a{suffix}'
    assert cv2.imwrite(str(path), PICTURE)
    data = path.read_bytes()
    for stop in (20, len(data) // 2, len(data) - 9):
        path.write_bytes(data[:stop])
        refused(path, 'image_unreadable')


# ----------------------------------------------------------------- suspicious
@pytest.mark.parametrize('data', [
    b'', b'\0', b'text', b'\xff\xd8', b'\xff\xd8\xff\xe0' + b'\0' * 50,
    b'\x89PNG\r\n\x1a\n', b'GIF89a', b'BM' + b'\xff' * 60, b'P6\n-1 5\n255\n',
    b'II*\0' + b'\xff' * 20, b'%!PS-Adobe-3.0 EPSF-3.0\n', b'8BPS' + b'\0' * 30
])
def test_no_image(tmp_path, data) -> None:
    path = tmp_path / 'a.jpg'
    path.write_bytes(data)
    refused(path, 'image_unreadable')


def test_missing(tmp_path) -> None:
    refused(tmp_path / 'gone.jpg', 'image_unreadable')
    (tmp_path / 'folder.jpg').mkdir()
    refused(tmp_path / 'folder.jpg', 'image_unreadable')


@pytest.mark.parametrize(('width', 'height'), [(60000, 60000), (20000, 10000),
                                               (1 << 30, 1)])
@pytest.mark.filterwarnings('error')
def test_bombs(tmp_path, width, height) -> None:
    """A small file that says it is huge is not even decoded."""

    def chunk(kind, content):
        return struct.pack('>I', len(content)) + kind + content + struct.pack(
            '>I', zlib.crc32(kind + content))

    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    path = tmp_path / 'bomb.png'
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) +
                     chunk(b'IDAT', zlib.compress(b'')) + chunk(b'IEND', b''))
    assert 'more than 179 megapixels' in refused(path, 'image_too_large')


def test_pixels_at_the_limit(tmp_path, monkeypatch) -> None:
    save(tmp_path / 'a.png')
    monkeypatch.setattr(module, 'MAX_PIXELS', 1200)
    assert load_image(tmp_path / 'a.png').shape == (30, 40, 3)
    monkeypatch.setattr(module, 'MAX_PIXELS', 1199)
    refused(tmp_path / 'a.png', 'image_too_large')


def test_huge_file_is_not_opened(tmp_path, monkeypatch) -> None:
    path = tmp_path / 'huge.png'
    with open(path, 'wb') as file:
        file.truncate((1 << 29) + 1)
    monkeypatch.setattr(Image, 'open', None)
    assert 'has 512 MiB' in refused(path, 'image_too_large')


def test_no_memory(tmp_path, monkeypatch) -> None:

    def fail(*_, **__):
        raise MemoryError

    save(tmp_path / 'a.png')
    monkeypatch.setattr(mmcv, 'imfrombytes', fail)
    assert refused(tmp_path / 'a.png', 'image_unreadable').endswith(
        'a.png: MemoryError')
