"""Images of whatever a user names: files, folders, videos, cameras, arrays."""
import glob
import logging
import mimetypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from mmengine.logging import print_log

from ..structures.pose_records import Problem
from .image_finder import IMAGE_SUFFIXES, ImageList, size_of
from .image_source import ImageProblem, common_factor, load_as_claimed

InputType = str | Path | np.ndarray
#: One image, a folder, a pattern, a video, ``'webcam[:id]'`` or the number of
#: a camera, or any iterable of images.
InputsType = InputType | int | Iterable[InputType]


@dataclass
class Frame:
    """One image.

    Attributes:
        index (int): Its place in the input.
        name (str): File name; made up as in mmpose where there is none.
        path (Path | None): The file.
        video (str | None): Name of the video that it is a frame of.
        image (np.ndarray | None): BGR, uint8 (H, W, 3); None if the image has
            a problem.
        scale (float | None): By how much it is larger than annotations say,
            1 where they say nothing; None if it has another shape.
        problem (Problem | None): Why the image can't be used.
    """

    index: int
    name: str
    path: Path | None = None
    video: str | None = None
    image: np.ndarray | None = None
    scale: float | None = 1.
    problem: Problem | None = None

    def place_in(self, listed: ImageList) -> int:
        """Find its place in a list of images, -1 if it is not there."""
        match = listed.find_frame(
            Path(self.video).stem, self.index) if self.video else listed.find(
                self.name if self.path is None else self.path.as_posix())
        return match.place

    def read_as_listed(self, listed: ImageList | None) -> None:
        """Read its file, or take its array, as annotations describe it.

        Raises:
            ImageProblem: If it can't be used.
        """
        place = -1 if listed is None else self.place_in(listed)
        claimed = size_of(listed.images[place]) if place >= 0 else None
        if self.path is not None:
            self.image = load_as_claimed(self.path, claimed)
        self.scale = common_factor(claimed, self.image.shape[1::-1])


class VideoInfo(NamedTuple):
    """Name of a video, its path, None for a camera, and frames per second."""

    name: str
    path: Path | None
    fps: float


class InputFrames(NamedTuple):
    """The images of an input.

    Attributes:
        frames (Iterator[Callable[[], Frame]]): Each gives one image when it
            is called, from any thread.
        count (int | None): How many there are, if that is known.
        video (VideoInfo | None): Of a video or camera.
        live (bool): Whether it comes from a camera.
        names (Sequence[str] | None): File names, if they are known.
    """

    frames: Iterator[Callable[[], Frame]]
    count: int | None = None
    video: VideoInfo | None = None
    live: bool = False
    names: Sequence[str] | None = None


def open_inputs(inputs: InputsType,
                listed: ImageList | None = None) -> InputFrames:
    """Open an input of any kind.

    Args:
        inputs (str | Path | np.ndarray | int | Iterable): One image (file or
            array, BGR), a folder, a pattern such as ``'images/*.jpg'``, a
            video file, ``'webcam'``, ``'webcam:1'`` or the number of a
            camera, or a list or iterator of images.
        listed (ImageList, optional): Images of annotations, whose sizes tell
            which way round pictures are, and how large.

    Returns:
        InputFrames: The images. Files in an iterable need not exist: that is
        a problem of the image alone.

    Raises:
        FileNotFoundError: If there is no such file, or a folder or a pattern
            has no images.
        OSError: If a camera can't be opened.
        ValueError: If the input is neither of these.
    """
    if isinstance(inputs, np.ndarray):
        return _from_items([inputs], listed)
    if isinstance(inputs, int) and not isinstance(inputs, bool):
        return _open_camera(inputs)
    if isinstance(inputs, str) and inputs.lower().startswith('webcam'):
        return _open_camera(_camera_number(inputs))
    if isinstance(inputs, (str, Path)):
        return _open_path(str(inputs), listed)
    if isinstance(inputs, Iterable) and not isinstance(inputs, (bytes, dict)):
        return _from_items(inputs, listed)
    raise ValueError('the input must be an image, folder, pattern, video, '
                     'camera, array, or an iterable of images; got '
                     f'{type(inputs).__name__}')


def _open_path(inputs: str, listed: ImageList | None) -> InputFrames:
    path = Path(inputs)
    if path.is_dir():
        return _from_files(path.iterdir(), f'the folder {inputs}', listed)
    if not path.exists() and glob.has_magic(inputs):
        return _from_files(map(Path, glob.glob(inputs, recursive=True)),
                           f'the pattern {inputs}', listed)
    if not path.is_file():
        raise FileNotFoundError(f'the input {inputs} does not exist')
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return _from_items([path], listed)
    kind = mimetypes.guess_type(path.name)[0] or ''
    if kind.startswith('video/'):
        return _open_video(path, listed)
    raise ValueError(f'{inputs} is neither an image ('
                     f'{", ".join(IMAGE_SUFFIXES)}) nor a video')


def _from_files(files: Iterable[Path], where: str,
                listed: ImageList | None) -> InputFrames:
    images = sorted(f for f in files if f.suffix.lower() in IMAGE_SUFFIXES)
    if not images:
        raise FileNotFoundError(f'there are no images in {where}')
    return _from_items(images, listed)


def _from_items(items: Iterable[InputType],
                listed: ImageList | None) -> InputFrames:
    """Go through images one by one; files are read when they are needed."""
    known = isinstance(items, Sequence)
    names = None
    if known and all(isinstance(item, (str, Path)) for item in items):
        names = [Path(item).name for item in items]
    return InputFrames(
        (partial(_read_frame, index, item, listed)
         for index, item in enumerate(items)),
        count=len(items) if known else None,
        names=names)


def _read_frame(index: int, item: Any, listed: ImageList | None) -> Frame:
    # mmpose names arrays in this way
    frame = Frame(index, f'{index}.jpg'.rjust(10, '0'))
    try:
        if isinstance(item, (str, Path)):
            frame.path = Path(item)
            frame.name = frame.path.name
        else:
            frame.image = check_array(item)
        frame.read_as_listed(listed)
    except ImageProblem as error:
        frame.problem = error.problem
    return frame


def check_array(image: Any) -> np.ndarray:
    """Check that an image is a BGR array, uint8 (H, W, 3).

    Raises:
        ImageProblem: If it is anything else.
    """
    if isinstance(image, np.ndarray) and image.dtype == np.uint8 \
            and image.ndim == 3 and image.shape[2] == 3 and image.size:
        return np.ascontiguousarray(image)
    got = type(image).__name__
    if isinstance(image, np.ndarray):
        got = f'{image.dtype} {image.shape}'
    raise ImageProblem(
        Problem('image_array', 'an image must be a file, or a BGR array, '
                f'uint8 (H, W, 3); got {got}'))


def _camera_number(text: str) -> int:
    name, _, number = text.partition(':')
    if name.lower() != 'webcam' or (number and not number.isdigit()):
        raise ValueError(f"a camera is named 'webcam' or 'webcam:1', got "
                         f'{text!r}')
    return int(number or 0)


def _open_camera(number: int) -> InputFrames:
    capture = cv2.VideoCapture(number)
    if not capture.isOpened():
        raise OSError(f'camera {number} can not be opened: is it connected, '
                      'and not used by another program?')
    fps = capture.get(cv2.CAP_PROP_FPS) or 30.
    info = VideoInfo('webcam.mp4', None, fps)
    return InputFrames(_frames_of(capture, info), video=info, live=True)


def _open_video(path: Path, listed: ImageList | None) -> InputFrames:
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise ValueError(f'{path} is no video that OpenCV can read')
    info = VideoInfo(path.name, path, capture.get(cv2.CAP_PROP_FPS) or 25.)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    return InputFrames(
        _frames_of(capture, info, listed, count),
        count=count if count > 0 else None,
        video=info)


def _frames_of(capture: cv2.VideoCapture,
               info: VideoInfo,
               listed: ImageList | None = None,
               count: int = 0) -> Iterator[Callable[[], Frame]]:
    """Read frames in order until there are no more."""
    index = 0
    try:
        while True:
            decoded, image = capture.read()
            if not decoded:
                break
            frame = Frame(
                index,
                f'{index}.jpg'.rjust(10, '0'),
                video=info.name,
                image=image)
            frame.read_as_listed(listed)
            index += 1
            yield lambda frame=frame: frame
    finally:
        capture.release()
    if index < count:
        print_log(
            f'{info.name} ends after {index} of {count} frames: the file may '
            'be damaged',
            logger='current',
            level=logging.WARNING)
