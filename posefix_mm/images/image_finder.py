"""Find the picture behind an id, name, path or number of a frame.

However a tool or another machine writes it.
"""
import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ..structures.image_ref import ImageRef

#: How an image was found in a list, best first: by its very id, an id that
#: is written in another way, its file name, or the number in that.
EXACT, OTHER_TYPE, FILE_NAME, FILE_NUMBER, UNKNOWN = range(5)
IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff',
                  '.gif', '.avif', '.heic', '.heif')
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv', '.m4v', '.mpg', '.mpeg',
                  '.webm', '.wmv', '.gif')
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
    """Place of an image in a list, -1 if not there, and how it was found."""

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
        matches = [self.find(key) for key in keys]
        if any(match.kind == EXACT for match in matches):
            return matches
        return [match if match.kind != UNKNOWN else self.find_number(key)
                for match, key in zip(matches, keys, strict=True)]

    def find_frame(self, stem: str, frame: int) -> FoundImage:
        """Find a 0-based frame of a video by its name without the suffix.

        It is called such as ``clip_000012`` or ``000012.jpg``, or has the
        frame's number as id.
        """
        match = self.find_numbered(stem, frame)
        for key in (f'{frame:06d}.jpg', frame):
            if match.place < 0:
                match = self.find(key)
        return match

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


class Picture(NamedTuple):
    """Where pixels are.

    Attributes:
        path (Path): The file, which exists and lies in the folder.
        frame (int | None): 0-based frame of a video.
        size (tuple[int, int] | None): Width and height that annotations or
            poses claim, which need not be true.
    """

    path: Path
    frame: int | None = None
    size: tuple[int, int] | None = None


class ImageFinder:
    """The one way from what files call an image to the picture in a folder.

    With COCO's list of images through its ``file_name``. What is not in the
    list, or without one: a text is the name or path of the file below the
    folder, or the end of it, with or without suffix, slashes of Windows,
    letters composed or not; a number is looked for in the names: 42, 42.0 and
    '0042' find ``42.jpg`` or ``COCO_val2014_000000000042.jpg``. Of several
    files in sub-folders the one nearest to the top is meant. What is no image
    may be a frame: ``cam01_0012`` of ``cam01.mp4``, ``12`` of the only video
    of a folder without images.

    Args:
        img_dir (str | Path): Folder of the images. Files outside of it are
            never opened, whatever names say.
        images (Sequence[dict], optional): ``images`` of a COCO file.
        follow_links (bool): Open what links in the folder lead to, wherever
            that is. Defaults to False.

    Raises:
        NotADirectoryError: If ``img_dir`` is not a folder.
    """

    def __init__(self, img_dir: str | Path,
                 images: Sequence[dict] | None = None, *,
                 follow_links: bool = False) -> None:
        self.root = Path(img_dir).resolve()
        if not self.root.is_dir():
            raise NotADirectoryError(
                f'the image folder {img_dir} does not exist')
        self.follow_links = follow_links
        self._list = None if images is None else ImageList(images)
        self._by_number = False

    def note_ids(self, ids: Iterable[int | str | None]) -> None:
        """Note the ids that will be looked up.

        If not one is in the list of images, they are taken for the numbers in
        its file names.
        """
        self._by_number = self._list is not None and not any(
            self._list.find(i).place >= 0 for i in ids)

    def find(self, image_id: int | str) -> Path:
        """Find the file of an image by its id; see :meth:`locate`."""
        return self.locate(ImageRef(image_id=image_id)).path

    def locate(self, ref: ImageRef) -> Picture:
        """Find the picture of a reference of any format: a file, or a frame.

        Raises:
            LookupError: If there is none; the message says why.
        """
        key = '' if ref.name is None else ref.name
        if ref.frame is not None:
            named = Path(str(key)).suffix.lower() in VIDEO_SUFFIXES
            with suppress(_NotThereError):
                return Picture(self._find_video(str(key)), ref.frame, ref.size)
            if ref.image_id is not None:  # or the number of a picture
                picture = ImageRef(ref.image_id, size=ref.size)
                with suppress(LookupError):
                    return self.locate(picture)
                if not self._index.videos:
                    return self.locate(picture)  # says what is missing
            return Picture(
                self._find_video(str(key), only=not named), ref.frame,
                ref.size)
        size, listed = ref.size, False
        if self._list is not None:
            place, _ = self._list.find_number(key) if self._by_number \
                else self._list.find(key)
            if place >= 0:
                image, listed = self._list.images[place], True
                key, size = image['file_name'], size or size_of(image)
                if not isinstance(key, str):
                    raise LookupError(f'{key!r:.40} is not a file name')
            elif not isinstance(key, str):
                raise LookupError(f'image {key!r} is not in the annotation '
                                  'file')
        try:
            if not isinstance(key, str):
                path = self._find_number(key)
            else:
                path = self._find_stem(key) if key == ref.stem \
                    else self._find_name(key)
        except _NotThereError as error:
            frame = None if listed else self._find_frame(key, ref.first_frame)
            if frame is not None:
                return frame._replace(size=size)
            hint = '; it is not in the annotation file either' \
                if self._list is not None and not listed else ''
            if self._index.links:
                hint += (f'; {self._index.links[0]!r} in it is a link to '
                         'another folder: allow it with --follow-links')
            raise LookupError(f'{error}{hint}') from error
        return Picture(path, None, size)

    def _find_stem(self, stem: str,
                   suffixes: Sequence[str] = IMAGE_SUFFIXES) -> Path:
        """Find an image or video by its name without the suffix."""
        _check_name(stem)
        for tail in (*name_tails(stem), *name_tails(unmarked(stem))):
            names = _nearest([name for name in self._index.stems.get(tail, ())
                              if Path(name).suffix.lower() in suffixes])
            if len(names) > 1:
                raise LookupError('more than one file in the image folder has '
                                  f'the name {stem!r:.60} before its suffix')
            if names:
                return self._file(names[0])
        away = ' and leaves the image folder' if _climbs(stem) else ''
        kind = 'image' if suffixes is IMAGE_SUFFIXES else 'video'
        raise _NotThereError(f'no {kind} in the image folder has the name '
                             f'{stem!r:.60} before its suffix{away}')

    def _find_name(self, name: str) -> Path:
        """Find an image by its name or path, or what ends as it does."""
        _check_name(name)
        for tail in (*([] if _climbs(name) else [name]), *name_tails(name)):
            path = self._file(tail, missing_ok=True)
            if path is not None:
                return path
        for tail in name_tails(name):
            names = _nearest(self._index.names.get(tail, ()))
            if len(names) > 1:
                raise LookupError(f'both {names[0]} and {names[1]} in the '
                                  f'image folder are called {tail!r:.60}')
            if names:
                return self._file(names[0])
        if Path(name).suffix.lower() not in IMAGE_SUFFIXES:
            with suppress(_NotThereError):
                return self._find_stem(name)
        number = plain_id(name)
        if number.isdecimal():
            return self._find_number(int(number))
        if _climbs(name):
            raise _NotThereError(f'{name!r} leaves the image folder, and '
                                 'nothing in it is called so')
        raise _NotThereError(f'{name!r} is not in the image folder')

    def _file(self, name: str, missing_ok: bool = False) -> Path | None:
        """Resolve the very name of a file in the folder."""
        try:
            path = self.root / name
            target = path.resolve()
            exists = target.is_file()
        except (OSError, RuntimeError, ValueError) as error:
            # too long, circular links, no text of the file system
            raise LookupError(
                f'{name!r:.40} is not a usable file name') from error
        if not exists:
            if missing_ok:
                return None
            raise _NotThereError(f'{name!r} is not in the image folder')
        if target.is_relative_to(self.root):
            return target
        if self.follow_links:
            return path
        raise LookupError(f'{name!r} is a link out of the image folder; allow '
                          'it with --follow-links')

    def _find_number(self, number: int) -> Path:
        names = _nearest(self._index.numbers.get(number, ()))
        if len(names) > 1:
            raise LookupError(f'both {names[0]} and {names[1]} in the image '
                              f'folder have the number {number} in their name')
        if not names:
            raise _NotThereError('no file in the image folder has the number '
                                 f'{number} in its name')
        return self._file(names[0])

    def _find_video(self, name: str, only: bool = False) -> Path:
        """Find a video; the only one of the folder may be called otherwise."""
        try:
            if Path(name).suffix.lower() in VIDEO_SUFFIXES:
                return self._find_name(name)
            return self._find_stem(name, VIDEO_SUFFIXES)
        except _NotThereError:
            if only and len(self._index.videos) == 1:
                return self._file(self._index.videos[0])
            raise

    def _find_frame(self, key: int | str, first: int) -> Picture | None:
        """Read a name or number as that of a frame of a video."""
        name, number = frame_of(str(key), first)
        videos = self._index.videos
        if number is None or not videos:
            return None
        if name.strip('/'):
            with suppress(LookupError):
                return Picture(self._find_video(name), number)
        elif len(videos) == 1 and not self._index.numbers:
            return Picture(self._file(videos[0]), number)
        return None

    @cached_property
    def _index(self) -> '_Index':
        """Files of the folder, listed when a name alone does not find them."""
        return _Index(self.root, self.follow_links)


def frame_of(name: str, first: int = 0) -> tuple[str, int | None]:
    """Read a name such as ``'cam01_0012.jpg'`` as that of a frame of a video.

    Returns:
        tuple: Name of the video, which may be empty, and the 0-based frame,
        if the first one is numbered ``first``; the name itself and None if
        there is no number.
    """
    text = stem_of(name) if Path(name).suffix.lower() in IMAGE_SUFFIXES \
        else name
    match = _FRAME.fullmatch(text)
    return (name, None) if match is None else (match[1], int(match[2]) - first)


class _NotThereError(LookupError):
    """No file is called so; another way to find it may do."""


class _Index:
    """Files of a folder and its sub-folders, by what may find them."""

    def __init__(self, root: Path, follow_links: bool) -> None:
        self.names: dict[str, list[str]] = defaultdict(list)
        self.stems: dict[str, list[str]] = defaultdict(list)
        self.numbers: dict[int, list[str]] = defaultdict(list)
        self.videos: list[str] = []
        self.links: list[str] = []
        seen = set()
        for folder, folders, files in os.walk(root, followlinks=follow_links):
            real = os.path.realpath(folder)
            if real in seen:  # links may go in circles
                folders.clear()
                continue
            seen.add(real)
            folders.sort()
            if not follow_links:
                self.links += [name for name in folders if os.path.islink(
                    os.path.join(folder, name))]
            for file in sorted(files):
                suffix = os.path.splitext(file)[1].lower()
                if suffix in IMAGE_SUFFIXES or suffix in VIDEO_SUFFIXES:
                    name = os.path.relpath(os.path.join(folder, file), root)
                    self._add(name.replace(os.sep, '/'), suffix)
        # a GIF is meant as a video only where there is no other
        self.videos = [
            v for v in self.videos if not v.lower().endswith('.gif')
        ] or self.videos

    def _add(self, name: str, suffix: str) -> None:
        for tail in name_tails(name):
            self.names[tail].append(name)
            self.stems[stem_of(tail)].append(name)
        if suffix in VIDEO_SUFFIXES:
            self.videos.append(name)
        number = file_number(name)
        if suffix in IMAGE_SUFFIXES and number is not None:
            self.numbers[number].append(name)


def _nearest(names: Sequence[str]) -> list[str]:
    """Names in the folder nearest to the top that has any."""
    least = min((name.count('/') for name in names), default=0)
    return [name for name in names if name.count('/') == least]


def _check_name(name: str) -> None:
    """Refuse what names no file."""
    if not isinstance(name, str) or '\0' in name or not name.strip():
        raise LookupError(f'{name!r:.40} is not a file name')


def _climbs(name: str) -> bool:
    """Whether a path begins, or leads, outside of the folder."""
    name = name.replace('\\', '/')
    return name.startswith('/') or '..' in name.split('/')
