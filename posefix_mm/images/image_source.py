"""Load images of any origin and kind, and those that files of poses name.

Annotations, or poses, claim sizes of them, which need not be true.
"""
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import mmcv
import numpy as np
from PIL import Image, ImageOps

from ..structures.image_ref import ImageRef
from ..structures.pose_records import Problem
from .image_finder import ImageFinder, Picture

# References that are sampled to know whether a file is of videos.
_SAMPLED = 100
#: More pixels are taken for a decompression bomb, as Pillow does.
MAX_PIXELS = 178_956_970
#: Larger files are not even opened.
MAX_FILE_BYTES = 1 << 29
# A marker in JPEG's compressed data, other than stuffing, padding and restarts
_JPEG_MARKER = re.compile(rb'\xff[^\x00\xff\xd0-\xd7]')
_SOI, _EOI, _TEM = 0xd8, 0xd9, 0x01
# EXIF orientations that swap width and height
_TURNED = (5, 6, 7, 8)
_ORIENTATION = 0x0112
_PNG, _JPEG = b'\x89PNG\r\n\x1a\n', b'\xff\xd8'
_HEIC = ('heic', 'heix', 'hevc', 'heim', 'heis', 'mif1', 'msf1')
# Damaged headers raise nearly anything in Pillow's many parsers.
_PILLOW_ERRORS = (ValueError, TypeError, SyntaxError, LookupError,
                  ArithmeticError, EOFError, AttributeError,
                  NotImplementedError)
# How files begin that people mistake for images, in lower case.
_KINDS = (
    (b'version https://git-lfs',
     'a pointer of Git LFS; fetch the file itself'),
    ((b'<html', b'<!doc'), 'a page of HTML; the download failed'),
    ((b'<svg', b'<?xml', b'%pdf'),
     'a drawing (SVG or PDF); export it as PNG'),
    ((b'\xff\x0a', b'\0\0\0\x0cjxl'),
     'a JPEG XL image; convert it to JPEG or PNG'),
    ((b'ii*\0\x10\0\0\0cr', b'iiu\0', b'iiro', b'fujifilm'),
     "a camera's raw image; develop it to JPEG or PNG"),
    (b'pk\x03\x04', 'a ZIP archive; unpack it'))

with suppress(ImportError):  # reads HEIC where it is installed
    import pillow_heif
    pillow_heif.register_heif_opener()


class ImageProblem(Exception):
    """An image that can't be used, and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def load_image(path: str | Path, *, as_stored: bool = False) -> np.ndarray:
    """Load an image as mmpose's ``LoadImage`` does, with more suspicion.

    OpenCV allocates whatever the header claims, and pads a JPEG that is cut
    off with grey, where a refiner would make up joints. What it does not read
    (GIF, of which the first picture is loaded; AVIF, HEIC) is read by Pillow.

    ``as_stored`` does not turn it as its EXIF data says.

    Returns:
        np.ndarray: BGR, uint8 (H, W, 3).

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
        flag = 'color_ignore_orientation' if as_stored else 'color'
        image = mmcv.imfrombytes(data, flag=flag, backend='cv2')
        # what OpenCV refuses of a JPEG or PNG is bad
        if image is None and not data.startswith((_PNG, _JPEG)):
            image = load_by_pillow(path, as_stored=as_stored)
    except (OSError, MemoryError, cv2.error) as error:
        raise _unreadable(
            path, f'{str(error) or type(error).__name__:.200}') from error
    if image is None:
        raise _unreadable(path, 'no image, or damaged')
    return image


def load_by_pillow(path: Path, *, as_stored: bool = False
                   ) -> np.ndarray | None:
    """Load what OpenCV does not read; None if that is damaged."""
    try:
        with Image.open(path) as image:
            if image.mode in ('F', 'I'):
                raise ImageProblem(
                    Problem('image_unreadable', f'the image {path.name} has '
                            '32-bit numbers, whose range is not known; '
                            'convert it to 8 bits'))
            image = image if as_stored else ImageOps.exif_transpose(image)
            if image.mode.startswith('I;16'):
                return np.repeat(
                    (np.asarray(image) >> 8).astype(np.uint8)[..., None], 3, 2)
            return np.ascontiguousarray(
                np.asarray(image.convert('RGB'))[..., ::-1])
    except (*_PILLOW_ERRORS, OSError):
        return None


def check_header(path: Path) -> tuple[int, int]:
    """Refuse what is no image, or claims to be a huge one.

    Returns:
        tuple: Width and height as stored.

    Raises:
        ImageProblem: If it is refused.
        OSError: If it can't be opened.
    """
    too_large = ImageProblem(
        Problem('image_too_large', f'the image {path.name} claims to have '
                f'more than {MAX_PIXELS / 1e6:.0f} megapixels'))
    try:
        with Image.open(path) as image:
            width, height = image.size
    except Image.UnidentifiedImageError as error:
        raise _unreadable(path, f'it is {_kind_of(path)}') from error
    except (Image.DecompressionBombError,
            Image.DecompressionBombWarning) as error:
        raise too_large from error
    except _PILLOW_ERRORS as error:
        raise _unreadable(path, f'{str(error):.200}') from error
    if width * height > MAX_PIXELS:
        raise too_large
    return width, height


def _unreadable(path: Path, reason: str) -> ImageProblem:
    return ImageProblem(
        Problem('image_unreadable', f'unreadable image {path.name}: {reason}'))


def _kind_of(path: Path) -> str:
    """Name what Pillow does not know, and the remedy."""
    with open(path, 'rb') as file:
        head = file.read(32)
    if head[4:8] == b'ftyp':
        brand = head[8:12].decode('latin-1')
        if brand in _HEIC:
            return ('a HEIC image; install pillow-heif, or convert it to JPEG '
                    'or PNG')
        if brand in ('avif', 'avis'):
            return ('an AVIF image, which this Pillow does not read; convert '
                    'it to JPEG or PNG')
        return 'a video; name frames of it, or take them out as images'
    start = head.lstrip().lower()
    return next((kind for magic, kind in _KINDS if start.startswith(magic)),
                'not an image' if head else 'an empty file')


def is_complete(data: bytes) -> bool:
    """Whether a JPEG or PNG file has an end.

    True for other kinds of files, whose decoders notice by themselves.
    """
    if data.startswith(_PNG):
        return _has_end_chunk(data)
    return not data.startswith(_JPEG) or _has_end_of_image(data)


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
    while (match := _JPEG_MARKER.search(data, place)) is not None:
        marker, place = data[match.end() - 1], match.end()
        if marker == _EOI:
            return True
        if marker not in (_SOI, _TEM):
            # a segment with a length, which may hold a thumbnail's end; after
            # SOS the search goes on in the compressed data
            length = int.from_bytes(data[place:place + 2], 'big')
            place += max(length, 2)
    return False


def load_as_claimed(path: Path,
                    claimed: tuple[int, int] | None) -> np.ndarray:
    """Load a picture the way round in which its size was written down.

    As :func:`load_image`, which turns it as its EXIF data says; the other way
    round if the claimed width and height, or a multiple of them, are that.
    """
    image = load_image(path)
    size = image.shape[1], image.shape[0]
    if claimed is None or not _fits_turned(claimed, size) \
            or not is_turned(path):
        return image
    stored = load_image(path, as_stored=True)
    if stored.shape != image.shape:
        return stored
    with Image.open(path) as opened:  # not turned by OpenCV
        turned = ImageOps.exif_transpose(opened).convert('RGB')
        return np.ascontiguousarray(np.asarray(turned)[..., ::-1])


def common_factor(claimed: tuple[int, int] | None,
                  size: tuple[int, int]) -> float | None:
    """Compute how many times larger a picture is than its claimed size.

    ``size`` is its width and height as it was loaded.

    Returns:
        float | None: 1 where nothing is claimed; None if width and height
        differ by other factors, beyond the rounding of a resizing.
    """
    if claimed is None or claimed == size:
        return 1.
    pairs = [*zip(size, claimed, strict=True)]
    factors = [side / claim for side, claim in pairs]
    factor = max(factors)
    if all(abs(claim * factor - side) <= 1 + factor for side, claim in pairs):
        return (factors[0] * factors[1])**.5
    return None


def is_turned(path: Path) -> bool:
    """Whether EXIF data swaps width and height; False if it is damaged."""
    with suppress(*_PILLOW_ERRORS, OSError), Image.open(path) as image:
        return image.getexif().get(_ORIENTATION) in _TURNED
    return False


def _fits_turned(claimed: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether a size, or a multiple of it, is that of a turned picture."""
    turned = size[::-1]
    return claimed != size and (claimed == turned or (
        common_factor(claimed, size) is None
        and common_factor(claimed, turned) is not None))


class ImageSource:
    """Images, and frames of videos, of one folder; for several threads.

    ``num_kept`` frames are kept: more than threads that load in turn are
    apart.
    """

    def __init__(self, finder: ImageFinder, num_kept: int = 5) -> None:
        self.finder = finder
        self.num_kept = num_kept
        self._wanted: dict[Path, set[int]] = {}
        self._videos: dict[Path, VideoFrames] = {}
        self._lock = threading.Lock()

    def plan(self, images: Sequence[ImageRef]) -> np.ndarray | None:
        """Find the order in which frames of videos are best loaded.

        Of all ``images`` that will be loaded, video by video and frame by
        frame, int64 (N, ); None if they may be loaded as they come.
        """
        places = np.linspace(0, len(images) - 1, min(len(images), _SAMPLED))
        if not any(self._place(images[int(p)])[1] for p in places):
            return None
        wanted = [self._place(ref) for ref in images]
        for path, frame in wanted:
            self._wanted.setdefault(Path(path), set()).add(frame - 1)
        order = np.array(
            sorted(range(len(images)), key=wanted.__getitem__), np.int64)
        return None if (order[1:] > order[:-1]).all() else order

    def _place(self, ref: ImageRef) -> tuple[str, int]:
        """Path, and frame counted from 1 or 0 for an image."""
        try:
            picture = self.find(ref)
        except ImageProblem:
            return '', 0
        return str(picture.path), \
            0 if picture.frame is None else picture.frame + 1

    def find(self, ref: ImageRef) -> Picture:
        """Find the picture of a reference.

        Raises:
            ImageProblem: If there is none.
        """
        try:
            return self.finder.locate(ref)
        except LookupError as error:
            raise ImageProblem(Problem('image_missing', str(error))) from error

    def load(self, ref: ImageRef) -> np.ndarray:
        """Load an image or a frame as :func:`load_as_claimed`.

        Raises:
            ImageProblem: If there is none, or it can't be used.
        """
        path, frame, claimed = self.find(ref)
        if frame is not None:
            with self._lock:
                return self._frames(path).read(frame)
        return load_as_claimed(path, claimed)

    def scale(self, ref: ImageRef, size: tuple[int, int]) -> float | None:
        """Compute how many times larger a picture is than its claimed size.

        As :func:`common_factor`; ``size`` is its width and height as loaded.
        """
        return common_factor(self.find(ref).size, size)

    def size(self, ref: ImageRef) -> tuple[int, int]:
        """Width and height of a loaded image, seldom by decoding it."""
        path, frame, _ = self.find(ref)
        if frame is not None:
            with self._lock:
                return self._frames(path).size
        try:
            width, height = check_header(path)
        except OSError as error:  # a header that is cut off
            raise _unreadable(path, f'{str(error):.200}') from error
        if is_turned(path):
            height, width = self.load(ref).shape[:2]
        return width, height

    def size_or_none(self, ref: ImageRef) -> tuple[int, int] | None:
        """Width and height of an image; None if it can't be used."""
        with suppress(ImageProblem):
            return self.size(ref)
        return None

    def _frames(self, path: Path) -> 'VideoFrames':
        """Keep two videos open: at the end of one, threads share them."""
        if path not in self._videos:
            if len(self._videos) > 1:
                del self._videos[next(iter(self._videos))]
            self._videos[path] = VideoFrames(path, self._wanted.get(path),
                                             self.num_kept)
        return self._videos[path]


@dataclass(eq=False)
class VideoFrames:
    """Frames of a video file, best read in order.

    Frame n is the n-th one that the decoder gives from the start: to jump by
    a number is a guess from the frame rate, and wrong in files with irregular
    time stamps. Threads that ask for neighbours find them among the last
    ``num_kept`` of the ``wanted`` frames, so that nothing is decoded twice.

    Raises:
        ImageProblem: If it is no video.
    """

    path: Path
    wanted: set[int] | None = None
    num_kept: int = 5

    def __post_init__(self) -> None:
        self._kept: dict[int, np.ndarray] = {}
        self._end: int | None = None
        self._open()

    def _open(self) -> None:
        self._next = 0
        self._capture = cv2.VideoCapture(str(self.path))
        if not self._capture.isOpened():
            raise ImageProblem(
                Problem('video_unreadable', f'{self.path.name} is no video '
                        'that OpenCV can read'))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        image = next(iter(self._kept.values()), None)
        height, width = (self.read(0) if image is None else image).shape[:2]
        return width, height

    def read(self, frame: int) -> np.ndarray:
        """Read a frame, counted from 0: BGR, uint8 (H, W, 3).

        Raises:
            ImageProblem: If the video has no such frame.
        """
        image = self._kept.get(frame)
        if image is None and 0 <= frame < (self._end or frame + 1):
            image = self._decode(frame)
        if image is None:
            count = '' if self._end is None else f': it ends after {self._end}'
            raise ImageProblem(
                Problem('frame_missing', f'{self.path.name} has no frame '
                        f'{frame}, or it is damaged{count}'))
        return image

    def _decode(self, frame: int) -> np.ndarray | None:
        """Decode up to a frame, and keep the last ones."""
        if frame < self._next:  # kept ones would be older than they look
            self._kept.clear()
            self._open()
        while self._next <= frame:
            if not self._capture.grab():
                self._end = self._next
                return None
            if frame == self._next or (
                    frame - self._next < self.num_kept
                    if self.wanted is None else self._next in self.wanted):
                decoded, image = self._capture.retrieve()
                if not decoded:
                    return None
                self._kept[self._next] = image
            self._next += 1
        for old in sorted(self._kept)[:-self.num_kept]:
            del self._kept[old]
        return self._kept.get(frame)
