"""Image names and image files that nobody should trust."""

import os
import struct
import zlib
from pathlib import Path
from typing import Dict, Optional

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from refine_fuzzing import GOOD, NAMES, read_codes

FUZZ = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture])


def encode(picture: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, picture)[1].tobytes()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be huge."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack('>I', len(data)) + kind + data + struct.pack(
            '>I', zlib.crc32(kind + data))

    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(
        b'IDAT', zlib.compress(bytes(1000))) + chunk(b'IEND', b'')


def bmp_bomb(picture: np.ndarray) -> bytes:
    data = bytearray(encode(picture, '.bmp'))
    data[18:26] = struct.pack('<ii', 100000, 100000)
    return bytes(data)


MISSING, UNREADABLE = 'image_missing', 'image_unreadable'
#: What each file is, and the code it gives; None where it is refined.
EXPECTED: Dict[str, Optional[str]] = {
    'grey.png': None, 'alpha.png': None, '16bit.png': None, 'cmyk.jpg': None,
    'pixel.png': 'outside_image', 'palette.png': None, 'really_png.jpg': None,
    'photo.webp': None, 'photo.bmp': None, 'photo.tif': None,
    'no_suffix': None, 'sub/photo.png': None, 'link_inside.jpg': None,
    'ünïcode ☂.png': None,
    'cut.jpg': 'image_cut_off', 'cut.png': 'image_cut_off',
    'empty.jpg': UNREADABLE, 'text.jpg': UNREADABLE, 'zeros.png': UNREADABLE,
    'svg.jpg': UNREADABLE, 'half.bmp': UNREADABLE,
    'bomb.png': 'image_too_large', 'bomb.bmp': 'image_too_large',
    'wide.png': 'image_too_large',
    'folder.jpg': MISSING, 'link_out.jpg': MISSING, 'link_loop.jpg': MISSING,
    'link_nowhere.jpg': MISSING, 'pipe.jpg': MISSING, '/etc/passwd': MISSING,
    # what lies below the folder in the end
    'sub/../good.jpg': None, '../images/good.jpg': None,
    'a' * 5000: MISSING, 'a\0b': MISSING, '': 'image_id', '.': MISSING,
    '..': MISSING, 'no.jpg': MISSING, 'link_dir/good.jpg': MISSING,
}


def write_zoo(images: Path, picture: np.ndarray) -> None:
    """Write every file of :data:`EXPECTED` that exists."""
    jpg, png, bmp = (encode(picture, s) for s in ('.jpg', '.png', '.bmp'))
    deep = picture.astype(np.uint16) * 257
    files = {
        'grey.png': encode(picture[..., 0], '.png'),
        'alpha.png': encode(np.dstack((picture, picture[..., :1])), '.png'),
        '16bit.png': encode(deep, '.png'), 'pixel.png': encode(
            picture[:1, :1], '.png'), 'really_png.jpg': png,
        'photo.webp': encode(picture, '.webp'), 'photo.bmp': bmp,
        'photo.tif': encode(picture, '.tif'), 'no_suffix': jpg,
        'ünïcode ☂.png': png, 'cut.jpg': jpg[:-200], 'cut.png': png[:-200],
        'empty.jpg': b'', 'text.jpg': b'no image', 'zeros.png': bytes(4096),
        'svg.jpg': b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        'half.bmp': bmp[:30], 'bomb.png': bomb(60000, 60000),
        'wide.png': bomb(2**31 - 1, 1), 'bomb.bmp': bmp_bomb(picture),
    }
    for name, data in files.items():
        (images / name).write_bytes(data)
    rgb = Image.fromarray(picture[..., ::-1])
    rgb.convert('CMYK').save(images / 'cmyk.jpg')
    rgb.convert('P').save(images / 'palette.png')
    (images / 'folder.jpg').mkdir()
    (images / 'sub').mkdir()
    (images / 'sub' / 'photo.png').write_bytes(png)
    outside = images.parent / 'outside'
    outside.mkdir()
    (outside / 'good.jpg').write_bytes(jpg)
    (images / 'link_out.jpg').symlink_to(outside / 'good.jpg')
    (images / 'link_dir').symlink_to(outside)
    (images / 'link_loop.jpg').symlink_to('link_loop.jpg')
    (images / 'link_nowhere.jpg').symlink_to('nowhere.jpg')
    (images / 'link_inside.jpg').symlink_to('good.jpg')
    os.mkfifo(images / 'pipe.jpg')


@pytest.fixture
def zoo(fuzz, picture):
    write_zoo(fuzz.images, picture)
    return fuzz


def test_every_kind(zoo) -> None:
    """All in one file; those that can be used are refined all the same."""
    codes = zoo.run([dict(GOOD, image_id=name) for name in EXPECTED])
    found = dict(zip(EXPECTED, map(codes.get, range(len(EXPECTED))),
                     strict=True))
    assert found == EXPECTED


@settings(FUZZ, max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4), st.sampled_from(list(EXPECTED))
            | NAMES.filter(str.isprintable) | st.text(max_size=8) | st.none()
            | st.integers(-2**63, 2**63)),
        min_size=1, max_size=4))
def test_names_in_annotations(zoo, pairs) -> None:
    """A name is as little trusted where the annotations give it."""
    images = [dict(id=i, file_name=name) for i, name in pairs]
    codes = zoo.run([dict(GOOD, image_id=i) for i in (1, 2, 3, 4)],
                    ann=dict(images=images))
    names = dict(pairs)
    for place, image_id in enumerate((1, 2, 3, 4)):
        name = names.get(image_id)
        if name in EXPECTED:
            # a record without a name names no image; here it has a number
            assert codes.get(place) == (EXPECTED[name] if name else MISSING)
        elif image_id not in names or not isinstance(name, str):
            assert codes[place] == MISSING


@settings(FUZZ, max_examples=250)
@given(
    st.sampled_from(['.jpg', '.png', '.bmp', '.webp', '.tif', '.gif']),
    st.lists(
        st.tuples(
            st.floats(0, 1), st.integers(0, 40), st.binary(max_size=6)),
        min_size=1, max_size=3))
def test_damaged_images(fuzz, picture, suffix, edits) -> None:
    """Bytes of a file that are lost, changed or put in between."""
    path = fuzz.images / 'damaged.gif'
    if suffix == '.gif':
        Image.fromarray(picture[..., ::-1]).save(path)
        data = path.read_bytes()
    else:
        data = encode(picture, suffix)
    for share, length, new in edits:
        place = int(share * len(data))
        data = data[:place] + new + data[place + length:]
    path.write_bytes(data)
    code = read_codes(fuzz.run([dict(GOOD, image_id=path.name)]))
    assert code in (None, UNREADABLE, 'image_cut_off', 'image_too_large')


@settings(FUZZ, max_examples=60)
@given(st.binary(max_size=60), st.sampled_from(
    [b'', b'\xff\xd8\xff', b'\x89PNG\r\n\x1a\n', b'BM', b'GIF89a', b'II*\0',
     b'RIFF\x10\0\0\0WEBP', b'#?RADIANCE\n', b'P6\n', b'\0\0\0\x0cjP  ']))
def test_files_of_any_bytes(fuzz, data, magic) -> None:
    """Few bytes are no image, whatever they begin with."""
    (fuzz.images / 'any.jpg').write_bytes(magic + data)
    code = read_codes(fuzz.run([dict(GOOD, image_id='any.jpg')]))
    assert code in (UNREADABLE, 'image_cut_off', 'image_too_large')
