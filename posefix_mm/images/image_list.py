"""Names of images, however a tool or another machine writes them."""
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff',
                  '.gif', '.avif', '.heic', '.heif')
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv', '.m4v', '.mpg', '.mpeg',
                  '.webm', '.wmv', '.gif')
#: How an image was found in a list, best first: by its very id, an id that
#: is written in another way, its file name, or the number in that.
EXACT, OTHER_TYPE, FILE_NAME, FILE_NUMBER, UNKNOWN = range(5)
# `cam01_000000000012`, `cam01.0012`, `frame 12` and `12`
_FRAME = re.compile(r'(.*?)[._ -]*(?:frame)?[._ -]*([0-9]{1,15})', re.I)
# What tools add to the name of the picture: mmpose's demos; easy_ViTPose and
# Sports2D.
_MARKS = re.compile(r'(?<![^/])results_|_(?:result|Sports2D)$')


def name_tails(name: str) -> Iterator[str]:
    """Shorten a path of any machine from the left.

    Yields:
        str: With forward slashes and composed letters (NFC), never climbing:
        for ``/data/a/1.jpg`` that is ``data/a/1.jpg``, ``a/1.jpg`` and
        ``1.jpg``.
    """
    text = unicodedata.normalize('NFC', str(name)).replace('\\', '/')
    parts = [p for p in re.sub('^[A-Za-z]:', '', text).split('/')
             if p not in ('', '.')]
    if '..' in parts:  # what lies above is another machine's
        parts = parts[len(parts) - parts[::-1].index('..'):]
    for start in range(len(parts)):
        yield '/'.join(parts[start:])


def stem_of(name: str) -> str:
    """Name without its suffix, with its folders."""
    return str(PurePosixPath(name).with_suffix('')) if name else name


def unmarked(name: str) -> str:
    """Name of a picture without what a tool has added to it."""
    return _MARKS.sub('', name)


def frame_of(name: str, first: int = 0) -> tuple[str, int | None]:
    """Read a name as that of a frame of a video.

    Args:
        name (str): Such as ``'cam01_0012.jpg'``.
        first (int): What the first frame is numbered. Defaults to 0.

    Returns:
        tuple: Name of the video, which may be empty, and the 0-based frame;
        the name itself and None if there is no number.
    """
    text = stem_of(name) if Path(name).suffix.lower() in IMAGE_SUFFIXES \
        else name
    match = _FRAME.fullmatch(text)
    return (name, None) if match is None else (match[1], int(match[2]) - first)


def file_number(name: str) -> int | None:
    """Read the number at the end of a file name: COCO's ids are such."""
    stem = Path(name).stem
    digits = stem[len(stem.rstrip('0123456789')):]
    return int(digits) if digits and digits.isascii() else None


def plain_id(image_id: Any) -> str | None:
    """Write an id plainly, None if it is none: 42.0 and '0042' are '42'."""
    if isinstance(image_id, float) and image_id.is_integer():
        image_id = int(image_id)
    if type(image_id) not in (int, str):
        return None
    text = re.sub(r'^([0-9]+)\.0+$', r'\1', str(image_id).strip())
    return text.lstrip('0') or '0' if text.isdecimal() else text


class FoundImage(NamedTuple):
    """An image of a list.

    Attributes:
        place (int): Its place, -1 if it is not there.
        kind (int): How it was found, :data:`EXACT` to :data:`UNKNOWN`.
    """

    place: int
    kind: int


class ImageList:
    """Finds images in the ``images`` of a COCO file, by anything.

    Args:
        images (Sequence[dict]): With ``id`` and ``file_name``.

    Attributes:
        images (Sequence[dict]): The same.
    """

    def __init__(self, images: Sequence[dict]) -> None:
        self.images = images
        self._ids: dict[Any, int] = {}
        self._texts: dict[str, int] = {}
        names = defaultdict(set)
        self._numbers: dict[int, int] = {}
        for place, image in enumerate(images):
            if type(image.get('id')) in (int, str):
                self._ids[image['id']] = place  # the last one, as COCO's index
            self._texts[plain_id(image.get('id'))] = place
            name = str(image.get('file_name') or '')
            for tail in name_tails(name):
                names[tail].add(place)
                names[stem_of(tail)].add(place)
            number = file_number(name)
            if number is not None:
                self._numbers.setdefault(number, place)
        # of two images of one name none is meant, unless it is a whole name
        self._names = {n: p for n, (p, *more) in names.items() if not more}
        for place, image in enumerate(images):
            whole = next(name_tails(str(image.get('file_name') or '')), None)
            if whole is not None:
                self._names[whole] = place

    def find(self, key: int | float | str | None) -> FoundImage:
        """Find an image by its id, name or path."""
        if type(key) in (int, str) and key in self._ids:
            return FoundImage(self._ids[key], EXACT)
        text = plain_id(key)
        place = self._texts.get(text, -1)
        # '000001' is rather 000001.jpg than the id 1 of another file
        if place >= 0 and (key == text
                           or self._names.get(key, place) == place):
            return FoundImage(place, OTHER_TYPE)
        if isinstance(key, str):
            for tail in (*name_tails(key), *name_tails(unmarked(key))):
                for name in (tail, stem_of(tail)):
                    if name in self._names:
                        return FoundImage(self._names[name], FILE_NAME)
        return FoundImage(-1, UNKNOWN)

    def find_all(self, keys: Sequence[Any]) -> list[FoundImage]:
        """Find images by the ids of records.

        If not one is the very id of an image, those that are nothing else in
        the list are taken for the numbers in its file names: a number may be
        both, an id and that of another file.
        """
        found = [self.find(key) for key in keys]
        if any(one.kind == EXACT for one in found):
            return found
        return [one if one.kind != UNKNOWN else self.find_number(key)
                for one, key in zip(found, keys, strict=True)]

    def find_frame(self, stem: str, frame: int) -> FoundImage:
        """Find a frame of a video, which may be listed in several ways.

        Args:
            stem (str): Name of the video without its suffix.
            frame (int): 0-based.

        Returns:
            FoundImage: One called such as ``clip_000012`` or ``000012.jpg``,
            or with the frame's number as id.
        """
        found = self.find_numbered(stem, frame)
        for key in (f'{frame:06d}.jpg', frame):
            if found.place < 0:
                found = self.find(key)
        return found

    def find_numbered(self, name: str, number: int | None) -> FoundImage:
        """Find an image by what its name is before a number, and that.

        Without a name, it is that of all images, if they have the same.
        """
        if not name and len(self._videos) == 1:
            name, = self._videos
        place = self._frames.get((unmarked(name), number), -1)
        return FoundImage(place, FILE_NAME if place >= 0 else UNKNOWN)

    @cached_property
    def _frames(self) -> dict[tuple[str, int | None], int]:
        """Places by name and number, where no other image has both."""
        frames = defaultdict(set)
        for place, image in enumerate(self.images):
            for tail in name_tails(str(image.get('file_name') or '')):
                frames[frame_of(tail)].add(place)
        return {f: p for f, (p, *more) in frames.items()
                if not more and f[1] is not None}

    @cached_property
    def _videos(self) -> set[str]:
        """What names of files are before their numbers."""
        return {frame_of(Path(str(image.get('file_name') or '')).name)[0]
                for image in self.images}

    def find_number(self, key: int | float | str | None) -> FoundImage:
        """Find an image by the number in its file's name."""
        text = plain_id(key)
        place = self._numbers.get(int(text), -1) \
            if text is not None and text.isdecimal() and len(text) < 19 else -1
        return FoundImage(place, FILE_NUMBER if place >= 0 else UNKNOWN)


def size_of(image: dict) -> tuple[int, int] | None:
    """Width and height of one of COCO's ``images``, None if not known."""
    sides = image.get('width'), image.get('height')
    known = all(type(side) in (int, float) and side > 0 for side in sides)
    return tuple(map(int, sides)) if known else None
