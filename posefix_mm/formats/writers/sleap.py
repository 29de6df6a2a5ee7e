"""Write SLEAP's files."""
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Hashable

import numpy as np

from ...fileio import atomic_write
from ...optional_packages import import_optional
from ..pose_list import NamedImage, PoseList
from .left_out import count_categories, count_fields

# Fields that say which animal or person a pose is of.
_TRACKS = ('track_id', 'individual')


def write_sleap(out: Path, poses: PoseList) -> Counter:
    """Write a ``.slp`` file by sleap-io.

    Poses are predicted instances if they have scores, else users'. Images
    become a video of images, frames those of their video; ``track_id`` or
    ``individual`` becomes a track.

    Raises:
        ImportError: If sleap-io is not installed.
        ValueError: If an image has no name.
    """
    sio = import_optional('sleap_io', 'formats')
    skeleton = sio.Skeleton(nodes=list(poses.joint_names))
    videos = _Videos(sio, poses)
    tracks: Dict[Hashable, Any] = {}
    frames = []
    for image, indices in zip(poses.images, poses.of_images(), strict=True):
        video, number = videos.place(image)
        instances = [
            _instance(sio, poses, i, skeleton, tracks) for i in indices
        ]
        if instances:
            frames.append(
                sio.LabeledFrame(
                    video=video, frame_idx=number, instances=instances))
    labels = sio.Labels(
        frames,
        videos=videos.all,
        skeletons=[skeleton],
        tracks=list(tracks.values()))
    with tempfile.TemporaryDirectory() as folder, atomic_write(out) as file:
        path = Path(folder, 'labels.slp')
        sio.save_slp(labels, str(path), verbose=False)
        file.write(path.read_bytes())
    return count_fields(poses, _TRACKS) + count_categories(poses)


class _Videos:
    """Videos of the images: one of all images, one for each video file."""

    def __init__(self, sio: Any, poses: PoseList) -> None:
        self.all = []
        self._sio = sio
        names = [
            image.need_name() for image in poses.images if image.frame is None
        ]
        self._numbers = {name: i for i, name in enumerate(names)}
        self._images = self._add(names) if names else None
        self._files: Dict[str, Any] = {}

    def _add(self, filename: Any) -> Any:
        backend = dict(type='ImageVideo', filename=filename[0],
                       filenames=filename) if isinstance(
                           filename, list) else {}
        # closed: the files need not be there
        video = self._sio.Video(
            filename=filename, open_backend=False, backend_metadata=backend)
        self.all.append(video)
        return video

    def place(self, image: NamedImage) -> tuple:
        """Video and frame of an image."""
        name = image.file_name or image.stem if image.frame is not None \
            else image.need_name()
        if image.frame is None:
            return self._images, self._numbers[name]
        if name not in self._files:
            self._files[name] = self._add(name)
        return self._files[name], image.frame


def _instance(sio: Any, poses: PoseList, index: int, skeleton: Any,
              tracks: Dict[Hashable, Any]) -> Any:
    points = np.where(poses.visible[index][:, None], poses.keypoints[index],
                      np.nan)
    track = next((str(poses.fields[index][name]) for name in _TRACKS
                  if name in poses.fields[index]), None)
    if track is not None:
        track = tracks.setdefault(track, sio.Track(track))
    if poses.has_flags and (poses.scores == 1).all():
        return sio.Instance.from_numpy(
            points, skeleton=skeleton, track=track)
    return sio.PredictedInstance.from_numpy(
        points,
        skeleton=skeleton,
        point_scores=poses.keypoint_scores[index],
        score=float(poses.scores[index]),
        track=track)
