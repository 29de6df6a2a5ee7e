"""Load the images that files of poses name."""
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from ..structures.image_ref import ImageRef
from ..structures.pose_records import Problem
from .image_files import (
    ImageProblem,
    check_header,
    common_factor,
    is_turned,
    load_as_claimed,
)
from .image_finder import ImageFinder, Picture

# References that are sampled to know whether a file is of videos.
_SAMPLED = 100


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
        """Tell by how much a picture is larger than is claimed for it.

        As :func:`common_factor`; ``size`` is its width and height as loaded.
        """
        return common_factor(self.find(ref).size, size)

    def size(self, ref: ImageRef) -> tuple[int, int]:
        """Width and height of a loaded image, seldom by decoding it."""
        path, frame, _ = self.find(ref)
        if frame is not None:
            with self._lock:
                return self._frames(path).size
        width, height = check_header(path)
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


class VideoFrames:
    """Frames of a video file, best read in order.

    Frame n is the n-th one that the decoder gives from the start: to jump by
    a number is a guess from the frame rate, and wrong in files with irregular
    time stamps. Threads that ask for neighbours find them among the last
    ``num_kept`` of the ``wanted`` frames, so that nothing is decoded twice.

    Raises:
        ImageProblem: If it is no video.
    """

    def __init__(self, path: Path, wanted: set[int] | None = None,
                 num_kept: int = 5) -> None:
        self.path = path
        self.wanted = wanted
        self.num_kept = num_kept
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
