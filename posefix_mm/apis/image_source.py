"""Load the images that files of poses name."""
import threading
from pathlib import Path
from typing import Dict, Optional, Tuple

import cv2
import numpy as np
from PIL import Image

from ..datasets.pose_records import Problem
from ..formats import ImageRef
from ..refinement.images import ImageProblem, check_header, load_image
from .image_finder import ImageFinder, Picture

# EXIF orientations that swap width and height
_TURNED = (5, 6, 7, 8)
_ORIENTATION = 0x0112
# So many frames are kept: more than threads are apart that load in turn.
_KEPT = 4


class ImageSource:
    """Images, and frames of videos, of one folder.

    Safe to be used by several threads.

    Args:
        finder (ImageFinder): Finds the files.
    """

    def __init__(self, finder: ImageFinder) -> None:
        self.finder = finder
        self._video: Optional[VideoFrames] = None
        self._lock = threading.Lock()

    def find(self, ref: ImageRef) -> Picture:
        """Find the picture of a reference.

        Raises:
            ImageProblem: If there is none.
        """
        try:
            return self.finder.locate(ref)
        except LookupError as error:
            raise ImageProblem(Problem('image_missing',
                                       str(error))) from error

    def load(self, ref: ImageRef) -> np.ndarray:
        """Load an image or a frame.

        Args:
            ref (ImageRef): Which.

        Returns:
            np.ndarray: BGR, uint8 (H, W, 3), turned as its EXIF data says; as
            it is stored if the size that is claimed for it is that.

        Raises:
            ImageProblem: If there is none, or it can't be used.
        """
        picture = self.find(ref)
        if picture.frame is not None:
            with self._lock:
                return self._frames(picture.path).read(picture.frame)
        image = load_image(picture.path)
        size = image.shape[1], image.shape[0]
        if picture.size == size[::-1] != size and _is_turned(picture.path):
            return load_image(picture.path, as_stored=True)
        return image

    def scale(self, ref: ImageRef,
              size: Tuple[int, int]) -> Optional[float]:
        """Tell by how much a picture is larger than is claimed for it.

        Args:
            ref (ImageRef): Which.
            size (Tuple[int, int]): Width and height as it was loaded.

        Returns:
            float | None: 1 where nothing is claimed; None if width and height
            differ by other factors, beyond the rounding of a resizing.
        """
        claimed = self.find(ref).size
        if claimed is None or claimed == size:
            return 1.
        factors = [real / given for real, given in zip(
            size, claimed, strict=True)]
        factor = max(factors)
        if all(abs(given * factor - real) <= 1 + factor for real, given in zip(
                size, claimed, strict=True)):
            return (factors[0] * factors[1])**.5
        return None

    def size(self, ref: ImageRef) -> Tuple[int, int]:
        """Tell width and height of an image, as a rule without decoding it.

        Args:
            ref (ImageRef): Which.

        Returns:
            tuple: Width and height as :meth:`load` gives them.

        Raises:
            ImageProblem: If there is none, or it can't be used.
        """
        picture = self.find(ref)
        if picture.frame is not None:
            with self._lock:
                return self._frames(picture.path).size
        width, height = check_header(picture.path)
        if _is_turned(picture.path):
            height, width = self.load(ref).shape[:2]
        return width, height

    def _frames(self, path: Path) -> 'VideoFrames':
        """Keep the video that was used last open."""
        if self._video is None or self._video.path != path:
            self._video = VideoFrames(path)
        return self._video


def _is_turned(path: Path) -> bool:
    """Whether EXIF data swaps width and height."""
    with Image.open(path) as image:
        return image.getexif().get(_ORIENTATION) in _TURNED


class VideoFrames:
    """Frames of a video file, best read in order.

    Frame n is the n-th one that the decoder gives from the start: to jump by
    a number is a guess from the frame rate, and wrong in files with irregular
    time stamps. Threads that ask for neighbours find them among the last
    frames, so that nothing is decoded twice.

    Args:
        path (Path): The file.

    Raises:
        ImageProblem: If it is no video.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: Dict[int, np.ndarray] = {}
        self._end: Optional[int] = None
        self._open()

    def _open(self) -> None:
        self._next = 0
        self._capture = cv2.VideoCapture(str(self.path))
        if not self._capture.isOpened():
            raise ImageProblem(
                Problem('video_unreadable', f'{self.path.name} is no video '
                        'that OpenCV can read'))

    @property
    def size(self) -> Tuple[int, int]:
        """Width and height."""
        image = next(iter(self._kept.values()), None)
        height, width = (self.read(0) if image is None else image).shape[:2]
        return width, height

    def read(self, frame: int) -> np.ndarray:
        """Read one frame.

        Args:
            frame (int): 0-based.

        Returns:
            np.ndarray: BGR, uint8 (H, W, 3).

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

    def _decode(self, frame: int) -> Optional[np.ndarray]:
        """Decode up to a frame, and keep the last ones."""
        if frame < self._next:  # kept ones would be older than they look
            self._kept.clear()
            self._open()
        while self._next <= frame:
            if not self._capture.grab():
                self._end = self._next
                return None
            if frame - self._next < _KEPT:
                found, image = self._capture.retrieve()
                if not found:
                    return None
                self._kept[self._next] = image
            self._next += 1
        for old in sorted(self._kept)[:-_KEPT]:
            del self._kept[old]
        return self._kept.get(frame)
