"""Load images that nobody vouches for."""
import re
from pathlib import Path
from typing import Union

import cv2
import mmcv
import numpy as np
from PIL import Image

from ..datasets.pose_records import Problem

#: More pixels are taken for a decompression bomb, as Pillow does.
MAX_PIXELS = 178_956_970
#: Larger files are not even opened.
MAX_FILE_BYTES = 1 << 29
# A marker in JPEG's compressed data, other than stuffing, padding and restarts
_JPEG_MARKER = re.compile(rb'\xff[^\x00\xff\xd0-\xd7]')
_SOI, _EOI, _TEM = 0xd8, 0xd9, 0x01
_PNG = b'\x89PNG\r\n\x1a\n'


class ImageProblem(Exception):
    """An image that can't be used.

    Args:
        problem (Problem): Why.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def load_image(path: Union[str, Path]) -> np.ndarray:
    """Load an image as mmpose's ``LoadImage`` does, with more suspicion.

    OpenCV allocates whatever the header claims, and pads a JPEG that is cut
    off with grey, where a refiner would make up joints.

    Args:
        path (str | Path): The file.

    Returns:
        np.ndarray: BGR, uint8 (H, W, 3), turned as its EXIF data says.

    Raises:
        ImageProblem: If it is no image, is cut off, or too large.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ImageProblem(
                Problem('image_too_large',
                        f'the image {path.name} has {size >> 20} MiB'))
        check_header(path)
        data = path.read_bytes()
        if not is_complete(data):
            raise ImageProblem(
                Problem('image_cut_off', f'the image {path.name} is cut off'))
        image = mmcv.imfrombytes(data, flag='color', backend='cv2')
    except (OSError, MemoryError, cv2.error) as error:
        raise ImageProblem(
            Problem('image_unreadable', f'unreadable image {path.name}: '
                    f'{str(error) or type(error).__name__:.200}')) from error
    if image is None:
        raise ImageProblem(
            Problem('image_unreadable',
                    f'unreadable image {path.name}: no image, or damaged'))
    return image


def check_header(path: Path) -> None:
    """Refuse what is no image, or claims to be a huge one.

    Args:
        path (Path): The file.

    Raises:
        ImageProblem: If it is refused.
        OSError: If it can't be opened.
    """
    try:
        with Image.open(path) as image:
            width, height = image.size
    except Image.UnidentifiedImageError as error:
        raise ImageProblem(
            Problem('image_unreadable',
                    f'unreadable image {path.name}: not an image')) from error
    except (Image.DecompressionBombError,
            Image.DecompressionBombWarning) as error:
        raise ImageProblem(_bomb(path)) from error
    # damaged headers raise nearly anything in Pillow's many parsers
    except (ValueError, TypeError, SyntaxError, LookupError, ArithmeticError,
            EOFError, AttributeError, NotImplementedError) as error:
        raise ImageProblem(
            Problem('image_unreadable', f'unreadable image {path.name}: '
                    f'{str(error):.200}')) from error
    if width * height > MAX_PIXELS:
        raise ImageProblem(_bomb(path))


def _bomb(path: Path) -> Problem:
    return Problem('image_too_large',
                   f'the image {path.name} claims to have more than '
                   f'{MAX_PIXELS / 1e6:.0f} megapixels')


def is_complete(data: bytes) -> bool:
    """Tell whether a JPEG or PNG file has an end.

    Args:
        data (bytes): Content of a file.

    Returns:
        bool: False if it is cut off; True for other kinds of files, whose
        decoders notice by themselves.
    """
    if data.startswith(_PNG):
        return _has_end_chunk(data)
    if data.startswith(b'\xff\xd8'):
        return _has_end_of_image(data)
    return True


def _has_end_chunk(data: bytes) -> bool:
    """Walk along the chunks of a PNG file."""
    place = len(_PNG)
    while place + 12 <= len(data):  # length, type and checksum
        if data[place + 4:place + 8] == b'IEND':
            return True
        place += 12 + int.from_bytes(data[place:place + 4], 'big')
    return False


def _has_end_of_image(data: bytes) -> bool:
    """Walk along the segments of a JPEG file."""
    place = 2
    while (found := _JPEG_MARKER.search(data, place)) is not None:
        marker, place = data[found.end() - 1], found.end()
        if marker == _EOI:
            return True
        if marker not in (_SOI, _TEM):
            # a segment with a length, which may hold a thumbnail's end; after
            # SOS the search goes on in the compressed data
            length = int.from_bytes(data[place:place + 2], 'big')
            place += max(length, 2)
    return False
