"""Write pictures and videos of refined poses."""
import os
from pathlib import Path
from typing import Any, Optional, Union

import cv2
import mmcv
import numpy as np

from ...fileio import disk_errors
from .input_frames import Frame, InputFrames, VideoInfo
from .prediction_files import NameCounter


class VisualizationFiles:
    """A picture for each image, or a video of a video.

    Args:
        target (str | Path): Folder; it is made. For a video or a single image
            a file name does as well.
        inputs (InputFrames): What is shown.

    Raises:
        ValueError: If a file is named for several images, or the video would
            overwrite the input.

    Note:
        Use it in a ``with`` block: a video appears at its end.
    """

    def __init__(self, target: Union[str, Path], inputs: InputFrames) -> None:
        target = Path(target)
        self._file = target if target.suffix else None
        if self._file and inputs.video is None and inputs.count != 1:
            raise ValueError(f'{target} is a file name, but the pictures of '
                             'several images need a folder')
        self.folder = target.parent if self._file else target
        self._names = NameCounter()
        self._video: Optional[VideoFile] = None
        if inputs.video is not None:
            name = Path(inputs.video.name).with_suffix('.mp4')
            path = self._file or self.folder / name
            _refuse_overwriting(inputs.video.path, path)
            self._video = VideoFile(path, inputs.video)

    def __enter__(self) -> 'VisualizationFiles':
        """Nothing is opened before there is a picture."""
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        """Finish the video; after an error there is none."""
        if self._video is not None:
            self._video.close(keep=kind is None)

    def write(self, frame: Frame, picture: np.ndarray) -> None:
        """Write the picture of an image.

        Args:
            frame (Frame): The image.
            picture (np.ndarray): RGB, uint8 (H, W, 3).

        Raises:
            OSError: If it can't be written.
            ValueError: If it would overwrite the image.
        """
        picture = np.ascontiguousarray(picture[..., ::-1])
        if self._video is not None:
            self._video.write(picture)
            return
        name = Path(frame.name)
        path = self._file or self.folder / (
            self._names.unique(name.stem) + name.suffix)
        _refuse_overwriting(frame.path, path)
        with disk_errors(path):
            if not mmcv.imwrite(picture, str(path)):
                raise OSError(f'no picture could be written to {path}')


class VideoFile:
    """A video that appears as a whole or not at all.

    Args:
        path (Path): The file; its folder is made.
        info (VideoInfo): For the rate of the frames.
    """

    def __init__(self, path: Path, info: VideoInfo) -> None:
        self.path = path
        self.fps = info.fps
        # OpenCV chooses the container by the suffix
        self._unfinished = path.with_name(f'.{path.stem}.part{path.suffix}')
        self._writer: Optional[cv2.VideoWriter] = None
        self._size = (0, 0)

    def write(self, picture: np.ndarray) -> None:
        """Write a frame.

        Args:
            picture (np.ndarray): BGR, uint8 (H, W, 3); frames of another size
                than the first are resized to it.

        Raises:
            OSError: If OpenCV can't write such a file.
        """
        if self._writer is None:
            self._open(picture)
        if picture.shape[1::-1] != self._size:
            picture = cv2.resize(picture, self._size)
        self._writer.write(picture)

    def _open(self, picture: np.ndarray) -> None:
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._size = picture.shape[1::-1]
        self._writer = cv2.VideoWriter(
            str(self._unfinished), cv2.VideoWriter_fourcc(*'mp4v'), self.fps,
            self._size)
        if not self._writer.isOpened():
            raise OSError(f'OpenCV can not write the video {self.path}; name '
                          'an .mp4 file in a folder that can be written')

    def close(self, *, keep: bool) -> None:
        """End the video.

        Args:
            keep (bool): Whether it is to appear.
        """
        if self._writer is None:
            return
        self._writer.release()
        if keep:
            os.replace(self._unfinished, self.path)
        else:
            self._unfinished.unlink(missing_ok=True)


def _refuse_overwriting(source: Optional[Path], target: Path) -> None:
    if source is not None and source.resolve() == target.resolve():
        raise ValueError(f'the output {target} would overwrite the input; '
                         'name another folder')
