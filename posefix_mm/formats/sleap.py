"""SLEAP's ``.slp`` files."""
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson

from .._compat import import_optional
from ..fileio import atomic_write
from ..structures.image_ref import ImageRef
from .base import (
    BadPose,
    Categories,
    FilePose,
    ImageSizes,
    Joints,
    PoseFile,
    RefinedPoses,
    SourceSkeleton,
)
from .folders import name_in_folder
from .hdf5_files import open_hdf5, read_dataset, write_changed_copy
from .pose_list import PoseList

# SLEAP's kinds of instances and the data sets with their points.
_POINTS = ('points', 'pred_points')
# Until this version of the format the corner of the first pixel was the
# origin, since then its centre is.
_CENTRED_FORMAT = 1.1
# Fields that say which animal or person a pose is of.
_TRACKS = ('track_id', 'individual')


class _Content(NamedTuple):
    """Tables of a file; columns as SLEAP names them."""

    frames: np.ndarray
    instances: np.ndarray
    points: tuple[np.ndarray, np.ndarray]
    offset: float
    frame_of: np.ndarray
    joint_names: list[str]
    videos: list[str | list]
    tracks: list[str]


class SleapFile(PoseFile):
    """A ``.slp`` file; each instance of a frame, by a user or predicted.

    The skeleton is read by sleap-io, the tables by h5py. Writing copies the
    file and changes the coordinates in the copy, so videos, tracks, sessions
    and embedded images stay as they are. An instance that NMS drops keeps its
    row, without coordinates. Images are frames of the videos, or the images
    that a video consists of; embedded ones are not read.

    Raises:
        ImportError: If sleap-io is not installed.
    """

    name = 'sleap'
    help = 'SLEAP: .slp'
    suffixes = ('.slp', )

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        super().__init__(path, skeleton)
        self._content = _read_content(self.path)
        frames = self._content.frames[self._content.frame_of]
        self.index_images(map(self._image, frames['video'].tolist(),
                              frames['frame_idx'].tolist()))

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names of the nodes of the first skeleton."""
        return _read_content(Path(path)).joint_names

    def _image(self, video: int, frame: int) -> ImageRef:
        videos = self._content.videos
        names = videos[video] if 0 <= video < len(videos) else []
        if isinstance(names, str):
            return ImageRef(file_name=name_in_folder(names), frame=frame)
        if 0 <= frame < len(names):
            return ImageRef(file_name=name_in_folder(names[frame]))
        return ImageRef(frame=frame)

    def pose_at(self, index: int) -> FilePose:
        """Find an instance: its kind, and where its points are."""
        row, tracks = self._content.instances[index], self._content.tracks
        track = int(row['track'])
        return FilePose(
            self.images[self.image_index[index]],
            dict(individual=tracks[track]) if 0 <= track < len(tracks) else {},
            (index, int(row['instance_type']),
             slice(int(row['point_id_start']), int(row['point_id_end']))))

    def read_joints(self, pose: FilePose) -> Joints:
        """Read the points of an instance."""
        index, kind, rows = pose.place
        instance = self._content.instances[index]
        if kind >= len(_POINTS) or int(instance['skeleton']) != 0:
            raise BadPose('skeleton', 'only instances of the first skeleton '
                          'are refined')
        points = self._content.points[kind][rows]
        joints = np.ones((len(points), 3))
        joints[:, 0] = points['x'] - self._content.offset
        joints[:, 1] = points['y'] - self._content.offset
        if kind:
            joints[:, 2] = points['score']
        # a score of 0 at the origin would mean absent
        joints[:, 2] = np.where(joints[:, 2] == 0, 1e-6, joints[:, 2])
        joints[np.isnan(joints).any(1) | ~points['visible']] = 0
        return Joints(joints, float(instance['score']) if kind else 1., None)

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Copy the file and change its points; see :meth:`PoseFile.write`."""
        points = [part.copy() for part in self._content.points]
        for index in poses.changed:
            _, kind, rows = self.pose_at(index).place
            if poses.dropped[index]:
                points[kind]['x'][rows] = points[kind]['y'][rows] = np.nan
                points[kind]['visible'][rows] = False
                continue
            edit = self.edit_of(index, poses.keypoints[index], image_sizes)
            for axis, name in enumerate('xy'):
                moved = edit.moved[:, axis]
                points[kind][name][rows][moved] = (
                    edit.joints[moved, axis] + self._content.offset)
        changed = {
            name: new for name, old, new in zip(
                _POINTS, self._content.points, points, strict=True)
            if old.tobytes() != new.tobytes()  # NaN equals NaN in bytes only
        }
        write_changed_copy(self.path, out, changed)

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a ``.slp`` file by sleap-io.

        Poses are predicted instances if they have scores, else users'.
        ``track_id`` or ``individual`` becomes a track.

        Raises:
            ImportError: If sleap-io is not installed.
            ValueError: If an image has no name.
        """
        sio = import_optional('sleap_io', 'formats')
        skeleton = sio.Skeleton(nodes=list(poses.joint_names))
        videos, places = _videos(sio, poses.images)
        tracks: dict[str, Any] = {}
        frames = []
        for (video, number), (_, indices) in zip(places, poses.by_image(),
                                                 strict=True):
            instances = [_instance(sio, poses, i, skeleton, tracks)
                         for i in indices]
            if instances:
                frames.append(sio.LabeledFrame(
                    video=video, frame_idx=number, instances=instances))
        labels = sio.Labels(frames, videos=videos, skeletons=[skeleton],
                            tracks=list(tracks.values()))
        with tempfile.TemporaryDirectory() as folder, \
                atomic_write(out) as file:
            path = Path(folder, 'labels.slp')
            sio.save_slp(labels, str(path), verbose=False)
            file.write(path.read_bytes())
        return poses.count_lost(_TRACKS, scores=True)


def _read_content(path: Path) -> _Content:
    import_optional('sleap_io', 'formats')
    with open_hdf5(path, 'SLEAP file') as file:
        return _parse(path, file)


def _parse(path: Path, file: Any) -> _Content:
    from sleap_io.io.slp import read_skeletons
    frames, instances, *points = (
        read_dataset(file, name)
        for name in ('frames', 'instances', *_POINTS))
    skeletons = read_skeletons(str(path))
    if not skeletons:
        raise ValueError('it has no skeleton')
    starts, ends = (
        frames[f'instance_id_{end}'].astype(np.int64)
        for end in ('start', 'end'))
    # as SLEAP writes them: frame by frame, one after the other
    bounds = np.append(starts, len(instances))
    if bounds[0] != 0 or (bounds[1:] != ends).any() or (ends < starts).any():
        raise ValueError('its frames do not list its instances in order')
    frame_of = np.repeat(np.arange(len(frames)), ends - starts)
    version = float(file['metadata'].attrs['format_id'])
    tracks = file['tracks_json'][:] if 'tracks_json' in file else ()
    return _Content(
        frames, instances, tuple(points),
        0.5 if version < _CENTRED_FORMAT else 0., frame_of,
        [str(name) for name in skeletons[0].node_names],
        # texts are of a fixed length, or not
        [_video(file, orjson.loads(bytes(text)))
         for text in file['videos_json'][:]],
        [str(orjson.loads(bytes(text))[1]) for text in tracks])


def _video(file: Any, video: dict) -> str | list:
    """Name of a video, or names of the images that it consists of."""
    backend = video.get('backend') or {}
    names = backend.get('filenames') or backend.get('filename') \
        or video.get('filename')
    if names == '.':  # embedded; where the frames are from is noted
        group = file[backend['dataset']].parent
        source = orjson.loads(group['source_video'].attrs['json'])
        names = source.get('filename') or source['backend']['filename']
    return names if isinstance(names, list) else str(names)


def _videos(sio: Any, images: list[ImageRef]
            ) -> tuple[list[Any], list[tuple[Any, int]]]:
    """Videos, one of them of the pictures; video and frame of each image."""
    names = [image.need_name() for image in images if image.frame is None]
    numbers = {name: i for i, name in enumerate(names)}
    videos, places = {}, []
    # closed: the files need not be there
    if names:
        videos[None] = sio.Video(
            filename=names, open_backend=False, backend_metadata=dict(
                type='ImageVideo', filename=names[0], filenames=names))
    for image in images:
        file, frame = None, image.frame
        if frame is None:
            frame = numbers[image.need_name()]
        else:
            file = image.file_name or image.stem
        if file not in videos:
            videos[file] = sio.Video(filename=file, open_backend=False,
                                     backend_metadata={})
        places.append((videos[file], frame))
    return list(videos.values()), places


def _instance(sio: Any, poses: PoseList, index: int, skeleton: Any,
              tracks: dict[str, Any]) -> Any:
    points = np.where(poses.visible[index][:, None], poses.keypoints[index],
                      np.nan)
    fields = poses.fields[index]
    track = next((str(fields[name]) for name in _TRACKS if name in fields),
                 None)
    if track is not None:
        track = tracks.setdefault(track, sio.Track(track))
    kind, scores = sio.Instance, {}
    if not poses.has_flags or (poses.scores != 1).any():
        kind, scores = sio.PredictedInstance, dict(
            point_scores=poses.keypoint_scores[index],
            score=float(poses.scores[index]))
    return kind.from_numpy(points, skeleton=skeleton, track=track, **scores)
