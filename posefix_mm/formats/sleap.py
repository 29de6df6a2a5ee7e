"""SLEAP's ``.slp`` files."""
import tempfile
from collections import Counter
from pathlib import Path
from typing import (
    Any,
    Dict,
    Hashable,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import numpy as np
import orjson

from ..fileio import atomic_write, check_file
from ..optional_packages import import_optional
from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, Problem, set_pose
from .base import ImageSizes, PoseFile, RefinedPoses, SourceSkeleton
from .folders import name_in_folder
from .hdf5_files import READ_ERRORS, read_dataset, write_changed_copy
from .pose_list import NamedImage, PoseList, count_categories, count_fields

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
    points: Tuple[np.ndarray, np.ndarray]
    offset: float
    frame_of: np.ndarray
    joint_names: List[str]
    videos: List[Any]
    tracks: List[str]


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
        super().__init__(Path(path), skeleton)
        self._content = _read_content(self.path)
        keys = self._image_keys()
        unique, first, inverse = np.unique(
            keys, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)
        self.images = [self._image(*key) for key in unique[order].tolist()]
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        self.image_index = place[inverse.reshape(-1)]

    @classmethod
    def joint_names(
            cls,
            path: Path,
            categories: Optional[Sequence[int]] = None
    ) -> Optional[List[str]]:
        """Names of the nodes of the first skeleton."""
        return _read_content(Path(path)).joint_names

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
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
        for image, indices in zip(
                poses.images, poses.of_images(), strict=True):
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
        with tempfile.TemporaryDirectory() as folder, \
                atomic_write(out) as file:
            path = Path(folder, 'labels.slp')
            sio.save_slp(labels, str(path), verbose=False)
            file.write(path.read_bytes())
        return count_fields(poses, _TRACKS) + count_categories(poses)

    def _image_keys(self) -> np.ndarray:
        """Video and frame of each instance, (N, 2)."""
        frames = self._content.frames[self._content.frame_of]
        return np.stack([frames['video'], frames['frame_idx']],
                        1).astype(np.int64)

    def _image(self, video: int, frame: int) -> ImageRef:
        names = self._content.videos[video] \
            if 0 <= video < len(self._content.videos) else None
        if isinstance(names, list):
            if 0 <= frame < len(names):
                return ImageRef(file_name=name_in_folder(names[frame]))
            names = None
        return ImageRef(file_name=names and name_in_folder(names), frame=frame)

    def _rows(self, index: int) -> Tuple[int, slice]:
        """Kind of an instance, and where its points are."""
        row = self._content.instances[index]
        return int(row['instance_type']), slice(
            int(row['point_id_start']), int(row['point_id_end']))

    def read_one(
            self,
            index: int,
            image_size: Optional[Tuple[int, int]] = None) -> PoseRecord:
        """Read one pose; see :meth:`PoseFile.read`."""
        content, row = self._content, self._content.instances[index]
        kind, rows = self._rows(index)
        track = int(row['track'])
        known = 0 <= track < len(content.tracks)
        record = PoseRecord(
            index,
            dict(individual=content.tracks[track]) if known else {},
            score=1.)
        image = self.images[self.image_index[index]]
        record.image_id = image.file_name
        count = self.skeleton.joint_map.num_source
        if kind >= len(_POINTS) or int(row['skeleton']) != 0:
            record.problem = Problem(
                'skeleton', 'only instances of the first skeleton are refined')
            return record
        points = content.points[kind][rows]
        if len(points) != count:
            record.problem = Problem(
                'keypoint_count', f'a pose must have {count} joints, got '
                f'{len(points)}')
            return record
        joints = np.ones((count, 3))
        joints[:, 0] = points['x'] - content.offset
        joints[:, 1] = points['y'] - content.offset
        if kind:
            joints[:, 2] = points['score']
            record.score = float(row['score'])
        # a score of 0 at the origin would mean absent
        joints[:, 2] = np.where(joints[:, 2] == 0, 1e-6, joints[:, 2])
        joints[np.isnan(joints).any(1) | ~points['visible']] = 0
        if not record.score > 0:
            record.problem = Problem('score_not_positive',
                                     f'score {record.score} is not above 0')
            return record
        record.problem = set_pose(record, joints, self.skeleton.joint_map)
        return record

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Copy the file and change its points; see :meth:`PoseFile.write`."""
        points = [part.copy() for part in self._content.points]
        for index in np.flatnonzero(poses.refined).tolist():
            self._move(points, index, poses.keypoints[index])
        for index in np.flatnonzero(poses.dropped).tolist():
            kind, rows = self._rows(index)
            points[kind]['x'][rows] = points[kind]['y'][rows] = np.nan
            points[kind]['visible'][rows] = False
        changed = {
            name: new
            for name, old, new in zip(
                _POINTS, self._content.points, points, strict=True)
            if not np.array_equal(_as_bytes(old), _as_bytes(new))
        }
        write_changed_copy(self.path, out, changed)

    def _move(self, points: List[np.ndarray], index: int,
              keypoints: np.ndarray) -> None:
        """Move the points of one instance; absent ones stay absent."""
        kind, rows = self._rows(index)
        joints, moved = self.joints_of(self.read_one(index), keypoints)
        for axis, name in enumerate('xy'):
            column = points[kind][name][rows]
            column[moved[:, axis]] = (
                joints[:, axis] + self._content.offset)[moved[:, axis]]


def _as_bytes(table: np.ndarray) -> np.ndarray:
    """NaN equals NaN only by its bytes."""
    return np.ascontiguousarray(table).view(np.uint8)


def _read_content(path: Path) -> _Content:
    check_file(path)
    h5py = import_optional('h5py', 'formats')
    import_optional('sleap_io', 'formats')
    try:
        with h5py.File(path, 'r') as file:
            return _parse(path, file)
    except READ_ERRORS as error:
        raise ValueError(f'{path} is no SLEAP file: {error}') from error


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
    given = file['metadata'].attrs['format_id']
    offset = 0.5 if float(given) < _CENTRED_FORMAT else 0.
    names = [str(name) for name in skeletons[0].node_names]
    return _Content(frames, instances, tuple(points), offset, frame_of, names,
                    _videos(file), _tracks(file))


def _tracks(file: Any) -> List[str]:
    """Names of the tracks."""
    if 'tracks_json' not in file:
        return []
    return [str(orjson.loads(bytes(text))[1])
            for text in file['tracks_json'][:]]


def _videos(file: Any) -> List[Any]:
    """Names of the videos, or of the images that one consists of."""
    videos = []
    for text in file['videos_json'][:]:  # of a fixed length, or not
        video = orjson.loads(bytes(text))
        backend = video.get('backend') or {}
        names = backend.get('filenames') or backend.get('filename') \
            or video.get('filename')
        if names == '.':  # embedded; where the frames are from is noted
            group = file[backend['dataset']].parent
            source = orjson.loads(group['source_video'].attrs['json'])
            names = source.get('filename') or source['backend']['filename']
        if not isinstance(names, list):
            names = str(names)
        videos.append(names)
    return videos


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
