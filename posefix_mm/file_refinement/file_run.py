"""Refine the poses of a file, in parts that outlive a kill.

What is done goes into a journal, a file that only grows: a line that tells
the run, then entries, each with a checksum. An entry that a kill cut off is
dropped when the file is read.
"""
import errno
import fcntl
import io
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import orjson
from mmengine.dist import barrier, get_dist_info

from ..fileio import disk_errors, hash_files
from ..formats import PoseFile, RefinedPoses
from ..images.image_source import ImageProblem
from ..inference.predictor import PosePredictor
from ..inference.stream import (
    ImageJob,
    ImageResult,
    check_stream_options,
    refine_stream,
)
from ..progress import progress_bar
from ..structures.boxes import xywh_to_xyxy
from ..structures.image_ref import ImageRef
from ..structures.oks import oks_nms
from ..structures.pose_records import PoseArrays, PoseRecord, Problem
from ..version import __version__
from .check_fit import check_pose
from .refine_summary import is_refined

# The release's threshold (section 8).
NMS_THRESHOLD = 0.9
# Records that are parsed at a time; bounds the memory where an image has very
# many.
_RECORDS = 4096
# A pose that was refined before moves only for a larger gain of OKS.
_SURE_GAIN = 0.05
#: Batches of a chunk, at least.
CHUNK_BATCHES = 16

_MAGIC = b'PFJ1'
# magic, number of the chunk, checksum and length of what follows
_ENTRY = struct.Struct('<4sIIQ')

LoadImage = Callable[[ImageRef], np.ndarray]
ScaleOf = Callable[[ImageRef, tuple[int, int]], float | None]


class ChunkResult(NamedTuple):
    """What became of the n poses of a chunk.

    Attributes:
        indices (np.ndarray): Positions of the poses in the file, int64
            (n, ).
        refined (np.ndarray): Whether a pose was refined, bool (n, ).
        dropped (np.ndarray): Whether NMS dropped it, bool (n, ).
        keypoints (np.ndarray): Refined keypoints in image pixels, float32
            (n, K, 2); zeros where not refined.
        scores (np.ndarray): Predicted OKS, float32 (n, ); NaN where the
            score of the input stays.
        problems (list[tuple[int, str, str]]): Position, code and text of the
            others.
    """

    indices: np.ndarray
    refined: np.ndarray
    dropped: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray
    problems: list[tuple[int, str, str]]

    @classmethod
    def concatenate(cls, parts: 'Sequence[ChunkResult]') -> 'ChunkResult':
        """Join the results of a chunk's images."""
        *arrays, problems = zip(*parts, strict=True)
        return cls(*map(np.concatenate, arrays), [*chain(*problems)])

    def to_bytes(self) -> bytes:
        """Serialize; nothing in it can execute when it is read."""
        buffer = io.BytesIO()
        problems = np.frombuffer(orjson.dumps(self.problems), np.uint8)
        arrays = dict(self._asdict(), problems=problems)
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> 'ChunkResult':
        """Read what :meth:`to_bytes` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            fields = dict(arrays)
        problems = orjson.loads(fields.pop('problems').tobytes())
        return cls(**fields, problems=[tuple(p) for p in problems])


class ChunkPlan:
    """Which images make a chunk, and which poses are in an image.

    Batches and OKS-NMS stay within a chunk, so its result depends on nothing
    else: not on where a run was resumed, nor on how many processes share it.

    Args:
        image_index (np.ndarray): Image of each pose, int64 (N, ), -1 for
            none.
        num_images (int): Number of images.
        min_poses (int): A chunk has images with at least so many poses
            together, the last one aside.
        order (np.ndarray, optional): The images in the order in which they
            are loaded, int64 (num_images, ). Defaults to that of the file.
    """

    def __init__(self,
                 image_index: np.ndarray,
                 num_images: int,
                 min_poses: int,
                 order: np.ndarray | None = None) -> None:
        # the images by their slots: that of poses which name none comes first
        self._images = np.concatenate(
            ([-1], np.arange(num_images) if order is None else order))
        self._slots = np.argsort(self._images)
        image_index = self._slots[image_index + 1] - 1
        self._order = np.argsort(image_index, kind='stable')
        counts = np.bincount(image_index + 1, minlength=num_images + 1)
        # bounds[i] is where the poses of slot i begin
        self._bounds = np.concatenate(([0], np.cumsum(counts)))
        self._used = np.flatnonzero(counts)
        # grows along the images, so a chunk is a range of them
        self._chunk_of = self._bounds[self._used] // min_poses
        self.numbers: list[int] = np.unique(self._chunk_of).tolist()

    def images(self, chunk: int) -> Iterator[int]:
        """Images of a chunk, in order; -1 for the poses that name none."""
        first, end = np.searchsorted(self._chunk_of, (chunk, chunk + 1))
        return iter(self._images[self._used[first:end]].tolist())

    def poses(self, image: int) -> np.ndarray:
        """Positions of the poses of an image, in order, int64 (n, )."""
        slot = self._slots[image + 1]
        return self._order[self._bounds[slot]:self._bounds[slot + 1]]

    def size(self, chunk: int) -> int:
        """Count the poses of a chunk."""
        first, end = np.searchsorted(self._chunk_of, (chunk, chunk + 1))
        slots = self._used[[first, end - 1]]
        return int(self._bounds[slots[1] + 1] - self._bounds[slots[0]])


@dataclass
class _ImageGroup:
    """The poses of an image of the file.

    Attributes:
        indices (np.ndarray): Positions of all of them, int64 (n, ).
        image (int): Its place in the file's images.
        scale (float): Factor from the poses' pixels to those of the image.
        usable, scores, refined (np.ndarray): Of those that can be refined:
            position, instance score and whether an earlier run did, (m, ).
        problems (list[tuple[int, Problem]]): Position and problem of the
            others.
    """

    indices: np.ndarray
    image: int
    scale: float = 1.
    usable: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    scores: np.ndarray = field(default_factory=lambda: np.zeros(0))
    refined: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    problems: list[tuple[int, Problem]] = field(default_factory=list)


@dataclass(eq=False)
class FileRun:
    """Refines the poses of a file, chunk by chunk.

    Args:
        predictor (PosePredictor): The refiner.
        pose_file (PoseFile): The poses.
        load_image (LoadImage): Gives the image of a reference, BGR, uint8
            (H, W, 3); raises :class:`ImageProblem` if there is none.
        nms (bool): Find duplicates by OKS-NMS.
        scores (str): Scores that the poses get: ``'input'``, those they came
            with, or ``'refined'``, these times the predicted OKS.
        scale_of (ScaleOf, optional): Tells by how much an image is larger
            than the poses' pixels, None if it is another picture. Defaults to
            1 for all.
        order (np.ndarray, optional): The images of the file in the order in
            which they are best loaded, int64. Defaults to that of the file.
        passes (int, optional): As of :func:`refine_stream`, like the others.
        batch_size (int): Poses refined at once.
        num_workers (int): Threads that decode and crop.

    Raises:
        ValueError: If an option is out of range.
    """

    predictor: PosePredictor
    pose_file: PoseFile
    load_image: LoadImage
    _: KW_ONLY
    nms: bool
    scores: str = 'input'
    passes: int | None = None
    batch_size: int
    num_workers: int
    scale_of: ScaleOf | None = None
    order: np.ndarray | None = None

    def __post_init__(self) -> None:
        check_stream_options(self.batch_size, self.num_workers, self.passes)
        self.plan = ChunkPlan(
            self.pose_file.image_index, len(self.pose_file.images),
            self.batch_size * CHUNK_BATCHES, self.order)

    def fingerprint(self, files: Iterable[str | Path | None] = ()) -> str:
        """Identify a run: equal where results are, also by other files."""
        digest = hash_files(
            path for path in (self.predictor.files.checkpoint, *files)
            if path is not None and Path(path).is_file())
        skeleton = self.pose_file.skeleton
        self._digest = self.pose_file.digest()
        digest.update(repr((
            __version__, self.predictor.name, self._digest,
            self.pose_file.name, skeleton.joint_map.places.tolist(),
            skeleton.joint_map.num_source, skeleton.categories, self.nms,
            self.scores, self.passes, self.batch_size, CHUNK_BATCHES
        )).encode())
        if self.order is not None:
            digest.update(self.order.tobytes())
        return digest.hexdigest()

    def check_unchanged(self) -> None:
        """Check that the poses are those of the fingerprint.

        Raises:
            ValueError: If somebody wrote into the file since.
        """
        if self.pose_file.digest() != self._digest:
            raise ValueError(f'{self.pose_file.path} changed while it was '
                             'refined; run the command again')

    def refine_into_journal(self, out: Path, run: str, *, resume: bool,
                            progress: bool) -> None:
        """Refine what is not done yet; each process its share of the chunks.

        Journals lie beside ``out``, under the fingerprint ``run``; ``resume``
        keeps what they say is done. The first process shows the progress.

        Raises:
            ValueError: If a journal is of another run, or in use.
        """
        rank, world_size = get_dist_info()
        if rank == 0 and not resume:
            remove_journals(out)
        barrier()
        done = {number for number, _ in read_journals(out, run)}
        todo = [number for number in self.plan.numbers if number not in done]
        barrier()  # nobody writes before all have read
        share = todo[rank::world_size]
        others = set(self.plan.numbers).difference(share)
        with closing(Journal(journal_path(out, rank), run)) as journal, \
                progress_bar(len(self.pose_file),
                             done=sum(map(self.plan.size, others)),
                             enabled=progress and rank == 0) as advance:
            for number, result in self.refine(share, advance):
                journal.add(number, result)
        barrier()

    def gather(self, out: Path, run: str
               ) -> tuple[RefinedPoses, list[tuple[int, str, str]]]:
        """Bring the results of all processes into the order of the input.

        Returns:
            tuple: What became of each pose; and position, code and text of
            the problem of those that were not refined, in order.
        """
        count, joints = len(self.pose_file), self.predictor.num_keypoints
        refined = RefinedPoses(
            np.zeros(count, bool), np.zeros(count, bool),
            np.zeros((count, joints, 2), np.float32),
            np.full(count, np.nan, np.float32))
        problems: dict[int, tuple[int, str, str]] = {}
        for _, result in read_journals(out, run):
            for name, array in refined._asdict().items():
                array[result.indices] = getattr(result, name)
            problems.update((problem[0], problem)
                            for problem in result.problems)
        return refined, [problems[index] for index in sorted(problems)]

    def refine(
        self, chunks: Iterable[int], advance: Callable[[int], None]
    ) -> Iterator[tuple[int, ChunkResult]]:
        """Refine chunks by number; yield number and result of each, in order.

        ``advance`` is called with the number of poses that have been done
        since the last call.
        """
        results = refine_stream(
            self.predictor,
            self._jobs(chunks),
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            passes=self.passes)
        parts: list[ChunkResult] = []
        chunk = -1
        for result in results:
            if parts and result.group != chunk:
                yield chunk, ChunkResult.concatenate(parts)
                parts = []
            chunk = result.group
            parts.append(self._finish(result))
            advance(len(result.key.indices))
        if parts:
            yield chunk, ChunkResult.concatenate(parts)

    def _jobs(self, chunks: Iterable[int]) -> Iterator[ImageJob]:
        for chunk in chunks:
            for image in self.plan.images(chunk):
                group = _ImageGroup(self.plan.poses(image), image)
                yield ImageJob(group, partial(self._load, image),
                               partial(self._read, group), chunk)

    def _load(self, image: int) -> np.ndarray:
        if image < 0:
            raise ImageProblem(
                Problem('image_id', 'the record names no image'))
        return self.load_image(self.pose_file.images[image])

    def _records(self, indices: np.ndarray, image_size=None
                 ) -> Iterator[PoseRecord]:
        for start in range(0, len(indices), _RECORDS):
            yield from self.pose_file.read(indices[start:start + _RECORDS],
                                           image_size)

    def _read(self, group: _ImageGroup, image: np.ndarray) -> PoseArrays:
        """Read the poses of an image and set the unusable ones apart."""
        poses, usable, scores, refined = [], [], [], []
        size = image.shape[1], image.shape[0]
        if self.scale_of is not None and group.image >= 0:
            scale = self.scale_of(self.pose_file.images[group.image], size)
            group.scale = np.nan if scale is None else scale
        for record in self._records(group.indices, size):
            problem = record.problem or self._check_fit(group, record, size)
            if problem is not None:
                group.problems.append((record.index, problem))
                continue
            poses.append((record.keypoints * np.float32(group.scale),
                          record.visible, record.keypoint_scores,
                          self._box(record, size) * group.scale))
            usable.append(record.index)
            scores.append(record.score)
            refined.append(is_refined(record))
        group.usable = np.array(usable, np.int64)
        group.scores = np.array(scores, np.float64)
        group.refined = np.array(refined, bool)
        return PoseArrays.stack(poses, self.predictor.num_keypoints)

    def _box(self, record: PoseRecord, size: tuple[int, int]) -> np.ndarray:
        """Box that came with a pose, if it is asked for, float32 (4, )."""
        box = None
        if self.predictor.crop_by != 'pose':
            box = self.pose_file.other_fields(record, size).get('bbox')
        return xywh_to_xyxy(box)

    def _check_fit(self, group: _ImageGroup, record: PoseRecord,
                   size: tuple[int, int]) -> Problem | None:
        """Check that a pose can be one of this picture."""
        if self.pose_file.is_relative(record.raw):
            group.scale = 1.  # to whatever picture
        return check_pose(record.keypoints[record.visible], size,
                          None if np.isnan(group.scale) else group.scale)

    def _finish(self, result: ImageResult) -> ChunkResult:
        """Find duplicates, and say what became of each pose."""
        group: _ImageGroup = result.key
        if result.problem is not None:
            group.problems = self._problems(group, result.problem)
        keypoints = self._leave_refined(group.refined, result)
        finite = np.isfinite(keypoints).all((1, 2))
        group.problems += [
            (index, Problem('network', 'the network gave no finite '
                            'coordinates'))
            for index in group.usable[~finite]
        ]
        usable, keypoints = group.usable[finite], keypoints[finite]
        scores = group.scores[finite]
        # the predictions of several runs would rank poses by luck
        oks = np.where(group.refined, np.nan, result.pose_scores[:, 1])[finite]
        if self.scores == 'refined':
            scores = scores * np.where(group.refined[finite], 1, oks)
        dropped = np.zeros(len(usable), bool)
        if self.nms:
            annotated = self.predictor.annotated
            dropped = ~oks_nms(keypoints[:, annotated], scores,
                               result.areas[finite],
                               self.predictor.metainfo['sigmas'][annotated],
                               NMS_THRESHOLD)
        count = len(group.indices)
        part = ChunkResult(
            group.indices, np.zeros(count, bool), np.zeros(count, bool),
            np.zeros((count, self.predictor.num_keypoints, 2), np.float32),
            np.full(count, np.nan, np.float32), [
                (int(index), problem.code, str(problem))
                for index, problem in group.problems
            ])
        rows = np.searchsorted(group.indices, usable)
        part.refined[rows] = True
        part.dropped[rows] = dropped
        if self.scores == 'refined':
            part.scores[rows] = oks
        part.keypoints[rows] = keypoints / np.float32(group.scale) \
            if len(rows) else keypoints
        return part

    @staticmethod
    def _leave_refined(refined: np.ndarray, result: ImageResult) -> np.ndarray:
        """Refined keypoints, those of an earlier run where they are as good.

        A network follows its own errors: every further run over all poses
        would lower their OKS a little.
        """
        if not refined.any():
            return result.keypoints
        before, after = result.pose_scores.T
        stays = (refined & (after - before <= _SURE_GAIN))[:, None]
        return np.where((stays & result.poses.visible)[..., None],
                        result.poses.keypoints, result.keypoints)

    def _problems(self, group: _ImageGroup, problem: Problem
                  ) -> list[tuple[int, Problem]]:
        """Problems of poses whose image can't be used: their own first."""
        problems = []
        for record in self._records(group.indices):
            own = record.problem
            # that the size of the image is not known is no fault of the pose
            if own is None or own.code == 'image_size':
                own = problem
            problems.append((record.index, own))
        return problems


class Journal:
    """Appends chunks of a run to a file of this process alone.

    What is whole in the file is kept.

    Raises:
        ValueError: If another process writes to it.
        OSError: If it can't be written.
    """

    def __init__(self, path: Path, run: str) -> None:
        self.path = path
        header = orjson.dumps({'run': run}) + b'\n'
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, 'a+b')  # noqa: SIM115  closed by close()
        _lock(self._file, path)
        end = max((stop for *_, stop in _entries(path)), default=len(header))
        try:
            with disk_errors(path):
                if _read_header(path) is None:
                    self._file.truncate(0)
                    self._append(header)
                else:
                    self._file.truncate(end)
        except OSError:
            path.unlink()  # nothing is in it
            raise

    def add(self, chunk: int, result: ChunkResult) -> None:
        """Append the result of a chunk; when this returns it is on disk."""
        data = result.to_bytes()
        head = _ENTRY.pack(_MAGIC, chunk, zlib.crc32(data), len(data))
        with disk_errors(self.path):
            self._append(head + data)

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file, which other processes may have then."""
        with disk_errors(self.path):  # a full disk fails here, too
            self._file.close()


def journal_path(out: Path, rank: int) -> Path:
    """Place of a process's journal, beside the output."""
    return out.with_name(f'.{out.name}.journal-{rank}')


def find_journals(out: Path) -> list[Path]:
    """Find the journals of an output, of all processes."""
    prefix = f'.{out.name}.journal-'
    if not out.parent.is_dir():
        return []
    return sorted(p for p in out.parent.iterdir()
                  if p.name.startswith(prefix) and p.is_file())


def read_journals(out: Path, run: str) -> Iterator[tuple[int, ChunkResult]]:
    """Yield number and result of the chunks of an output that are done.

    Raises:
        ValueError: If a journal is of another run.
    """
    for path in find_journals(out):
        header = _read_header(path)
        if header is None:
            continue
        if header != run:
            raise ValueError(
                f'{path} is of a run with another input, model or options; '
                'go on with those, or start anew without resuming')
        for chunk, data, _ in _entries(path):
            yield chunk, ChunkResult.from_bytes(data)


def remove_journals(out: Path) -> None:
    """Remove the journals of an output, of all processes.

    Raises:
        ValueError: If another process writes to one.
    """
    for path in find_journals(out):
        with open(path, 'r+b') as file:  # as locks of NFS need it
            _lock(file, path)
            path.unlink(missing_ok=True)


def _lock(file: BinaryIO, path: Path) -> None:
    """Keep other processes out, until the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise OSError(
                f'the file system of {path} knows no locks '
                f'({error.strerror}), without which two runs could write the '
                'same output; name an output in a folder of a local disk, and '
                'copy it') from error
        raise ValueError(
            f'another run is writing this output; it holds {path}; name '
            'another output or wait for its end') from error


def _read_header(path: Path) -> str | None:
    """Read the fingerprint in a journal.

    None if it was cut off, and nothing follows; no run's if it is damaged.
    """
    with open(path, 'rb') as file:
        line = file.readline(1 << 16)
    if not line.endswith(b'\n'):
        return None
    try:
        return orjson.loads(line)['run']
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ''


def _entries(path: Path) -> Iterator[tuple[int, bytes, int]]:
    """Yield chunk, content and end of the whole entries of a journal."""
    with open(path, 'rb') as file:
        file.readline(1 << 16)
        while len(head := file.read(_ENTRY.size)) == _ENTRY.size:
            magic, chunk, checksum, length = _ENTRY.unpack(head)
            if magic != _MAGIC:  # zeros have the checksum of nothing
                return
            data = file.read(length)
            if len(data) < length or zlib.crc32(data) != checksum:
                return
            yield chunk, data, file.tell()
