"""Load the images that files of poses name."""
import threading
from pathlib import Path
from typing import Optional, Tuple

import cv2
import numpy as np
from PIL import Image

from ..datasets.pose_records import Problem
from ..formats import ImageRef
from ..refinement.images import ImageProblem, check_header, load_image
from .image_finder import ImageFinder

# EXIF orientations that swap width and height
_TURNED = (5, 6, 7, 8)
_ORIENTATION = 0x0112
# So many frames are read and left out rather than to seek, which is slow.
_SKIPPED = 100


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

    def find(self, ref: ImageRef) -> Path:
        """Find the file of a reference.

        Raises:
            ImageProblem: If there is none.
        """
        try:
            return self.finder.resolve(ref)
        except LookupError as error:
            # str() of a KeyError would be quoted; these are plain
            raise ImageProblem(Problem('image_missing',
                                       str(error))) from error

    def load(self, ref: ImageRef) -> np.ndarray:
        """Load an image or a frame.

        Args:
            ref (ImageRef): Which.

        Returns:
            np.ndarray: BGR, uint8 (H, W, 3).

        Raises:
            ImageProblem: If there is none, or it can't be used.
        """
        path = self.find(ref)
        if ref.frame is None:
            return load_image(path)
        with self._lock:
            return self._frames(path).read(ref.frame)

    def size(self, ref: ImageRef) -> Tuple[int, int]:
        """Tell width and height of an image, as a rule without decoding it.

        Args:
            ref (ImageRef): Which.

        Returns:
            tuple: Width and height as :meth:`load` gives them.

        Raises:
            ImageProblem: If there is none, or it can't be used.
        """
        path = self.find(ref)
        if ref.frame is not None:
            with self._lock:
                return self._frames(path).size
        check_header(path)
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION) in _TURNED
        if turned:  # which formats are turned depends on OpenCV's version
            height, width = load_image(path).shape[:2]
        return width, height

    def _frames(self, path: Path) -> 'VideoFrames':
        """Keep the video that was used last open."""
        if self._video is None or self._video.path != path:
            self._video = VideoFrames(path)
        return self._video


class VideoFrames:
    """Frames of a video file, best read in order.

    Args:
        path (Path): The file.

    Raises:
        ImageProblem: If it is no video.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise ImageProblem(
                Problem('video_unreadable', f'{path.name} is no video that '
                        'OpenCV can read'))
        # the frame that comes next; None where nobody knows
        self._next: Optional[int] = 0

    @property
    def size(self) -> Tuple[int, int]:
        """Width and height."""
        return (int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
                int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))

    def read(self, frame: int) -> np.ndarray:
        """Read one frame.

        Args:
            frame (int): 0-based.

        Returns:
            np.ndarray: BGR, uint8 (H, W, 3).

        Raises:
            ImageProblem: If the video has no such frame.
        """
        image = self._read(frame) if frame >= 0 else None
        if image is None:
            self._next = None
            raise ImageProblem(
                Problem('frame_missing', f'{self.path.name} has no frame '
                        f'{frame}, or it is damaged'))
        self._next = frame + 1
        return image

    def _read(self, frame: int) -> Optional[np.ndarray]:
        if self._next is None or not 0 <= frame - self._next <= _SKIPPED:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, frame)
            self._next = frame
        for _ in range(frame - self._next):
            if not self._capture.grab():
                return None
        found, image = self._capture.read()
        return image if found else None
