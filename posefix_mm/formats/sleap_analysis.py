"""SLEAP's analysis files, which it exports from its ``.slp`` files."""
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..structures.image_ref import ImageRef
from .base import (
    Categories,
    FilePose,
    ImageSizes,
    Joints,
    PoseFile,
    RefinedPoses,
    SourceSkeleton,
)
from .file_head import FileHead
from .folders import name_in_folder
from .hdf5_files import open_hdf5, read_dataset, write_changed_copy

_KIND = 'analysis file of SLEAP'
_REMEDY = '; name the .slp file that it was exported from'


class _Content(NamedTuple):
    """T tracks of J nodes in F frames, and what they are called."""

    places: np.ndarray  # (T, 2, J, F)
    point_scores: np.ndarray  # (T, J, F)
    scores: np.ndarray  # (T, F)
    joint_names: list[str]
    tracks: list[str]
    video: str


class SleapAnalysisFile(PoseFile):
    """An ``.h5`` file with all tracks of a video, frame by frame.

    A pose is a track in a frame where it has a point. Points without scores,
    by a user, have 1. A pose that NMS drops stays, without coordinates.

    Raises:
        ImportError: If h5py is not installed.
    """

    name = 'sleap-analysis'
    help = 'SLEAP: the .h5 of its analysis export'
    suffixes = ('.h5', '.hdf5')
    priority = 1

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        super().__init__(path, skeleton)
        self._content = content = _read(self.path)
        present = np.isfinite(content.places).all(1).any(1)
        self._places = np.argwhere(present.T).tolist()  # frame, track
        self.index_images(ImageRef(file_name=content.video, frame=frame)
                          for frame, _ in self._places)

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Recognise the data set that pandas' files have not."""
        if not super().matches(path, head):
            return False
        with suppress(ValueError, ImportError), open_hdf5(path, _KIND) as file:
            return 'track_occupancy' in file and 'tracks' in file
        return False  # as the reader of other files will report

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names of the nodes."""
        return _read(path).joint_names

    def pose_at(self, index: int) -> FilePose:
        """Find a track in a frame."""
        frame, track = self._places[index]
        names = self._content.tracks
        return FilePose(
            self.images[self.image_index[index]],
            dict(individual=names[track]) if track < len(names) else {},
            (track, frame))

    def read_joints(self, pose: FilePose) -> Joints:
        """Read the points of a track in a frame."""
        track, frame = pose.place
        content = self._content
        places = content.places[track, :, :, frame].T
        scores = content.point_scores[track, :, frame]
        scores = np.where(np.isfinite(scores) & (scores > 0), scores, 1)
        joints = np.column_stack((places, scores)).astype(np.float64)
        joints[~np.isfinite(places).all(1)] = 0
        score = float(content.scores[track, frame])
        return Joints(joints, score if score > 0 else None, category_id=None)

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write a changed copy; see :meth:`PoseFile.write`."""
        places = self._content.places.copy()
        for index in poses.changed:
            frame, track = self._places[index]
            if poses.dropped[index]:
                places[track, :, :, frame] = np.nan
                continue
            edit = self.edit_of(index, poses.keypoints[index], image_sizes)
            joints, axes = np.nonzero(edit.moved)
            places[track, axes, joints, frame] = edit.joints[edit.moved]
        changed = {} if np.array_equal(
            places, self._content.places, equal_nan=True) else {
                'tracks': places}
        write_changed_copy(self.path, out, changed)


def _read(path: Path) -> _Content:
    with open_hdf5(path, _KIND, _REMEDY) as file:
        places = read_dataset(file, 'tracks')
        names = _texts(read_dataset(file, 'node_names'))
        count, axes, joints, frames = places.shape
        if axes != 2 or joints != len(names):
            raise ValueError(f'its tracks are {places.shape}, not (tracks, 2, '
                             f'{len(names)} nodes, frames)')
        return _Content(
            places, _scores(file, 'point_scores', (count, joints, frames)),
            _scores(file, 'instance_scores', (count, frames)), names,
            _texts(read_dataset(file, 'track_names')),
            name_in_folder(''.join(_texts(
                np.atleast_1d(read_dataset(file, 'video_path'))))))


def _scores(file: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Scores of a shape, NaN in files that have none."""
    scores = read_dataset(file, name) if name in file else np.full(
        shape, np.nan)
    if scores.shape != shape:
        raise ValueError(f'its {name} are {scores.shape}, not {shape}')
    return scores


def _texts(values: np.ndarray) -> list[str]:
    return [v.decode() if isinstance(v, bytes) else str(v)
            for v in values.tolist()]
