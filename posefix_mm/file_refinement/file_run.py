"""Refine the poses of a file, chunk by chunk."""
from dataclasses import dataclass, field
from functools import partial
from typing import Callable, Iterable, Iterator, List, Optional, Tuple

import numpy as np

from ..evaluation.explain_mismatch import looks_normalised
from ..formats import PoseFile
from ..images.image_files import ImageProblem
from ..inference.predictor import PosePredictor
from ..inference.stream import (
    ImageJob,
    ImageResult,
    check_stream_options,
    refine_stream,
)
from ..structures.boxes import xywh_to_xyxy
from ..structures.image_ref import ImageRef
from ..structures.oks import oks_nms
from ..structures.pose_records import PoseArrays, PoseRecord, Problem
from .chunks import ChunkPlan
from .journal import ChunkResult

# The release's threshold (section 8).
NMS_THRESHOLD = 0.9
# So many records are parsed at a time; bounds the memory where an image has
# very many.
_RECORDS = 4096

# Estimators guess some joints beyond the border, seldom most of a pose.
_MAX_OUTSIDE = .5

LoadImage = Callable[[ImageRef], np.ndarray]
ScaleOf = Callable[[ImageRef, Tuple[int, int]], Optional[float]]

#: Batches of a chunk, at least.
CHUNK_BATCHES = 16


@dataclass
class _ImageGroup:
    """The poses of an image of the file.

    Attributes:
        indices (np.ndarray): Positions of all of them, int64 (n, ).
        image (int): Its place in the file's images.
        scale (float): Factor from the poses' pixels to those of the image.
        usable (np.ndarray): Positions of those that can be refined, int64
            (m, ).
        scores (np.ndarray): Instance scores of those, (m, ).
        problems (List[Tuple[int, Problem]]): Position and problem of the
            others.
    """

    indices: np.ndarray
    image: int
    scale: float = 1.
    usable: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    scores: np.ndarray = field(default_factory=lambda: np.zeros(0))
    problems: List[Tuple[int, Problem]] = field(default_factory=list)


class FileRun:
    """Refines chunks of a file of poses.

    Args:
        predictor (PosePredictor): The refiner.
        pose_file (PoseFile): The poses.
        load_image (LoadImage): Gives the image of a reference, BGR, uint8
            (H, W, 3); raises :class:`ImageProblem` if there is none.
        nms (bool): Find duplicates by OKS-NMS.
        scores (str): Scores that the poses get: ``'input'``, those they came
            with, or ``'refined'``, these times the predicted OKS. Defaults to
            the first.
        passes (int): As of :func:`refine_stream`. Defaults to 1.
        batch_size (int): Poses refined at once.
        num_workers (int): Threads that decode and crop.
        scale_of (ScaleOf, optional): Tells by how much an image is larger
            than the poses' pixels, None if it is another picture. Defaults to
            1 for all.
        order (np.ndarray, optional): The images of the file in the order in
            which they are best loaded, int64. Defaults to that of the file.

    Raises:
        ValueError: If an option is out of range.
    """

    def __init__(self,
                 predictor: PosePredictor,
                 pose_file: PoseFile,
                 load_image: LoadImage,
                 *,
                 nms: bool,
                 scores: str = 'input',
                 passes: int = 1,
                 batch_size: int,
                 num_workers: int,
                 scale_of: Optional[ScaleOf] = None,
                 order: Optional[np.ndarray] = None) -> None:
        check_stream_options(batch_size, num_workers, passes)
        self.predictor = predictor
        self.pose_file = pose_file
        self.load_image = load_image
        self.nms = nms
        self.scores = scores
        self.passes = passes
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.scale_of = scale_of
        self.plan = ChunkPlan(pose_file.image_index, len(pose_file.images),
                              batch_size * CHUNK_BATCHES, order)
        self.order = order

    def refine(
        self, chunks: Iterable[int], advance: Callable[[int], None]
    ) -> Iterator[Tuple[int, ChunkResult]]:
        """Refine chunks.

        Args:
            chunks (Iterable[int]): Their numbers.
            advance (Callable[[int], None]): Told of so many poses done.

        Yields:
            tuple: Number and result of each chunk, in order.
        """
        results = refine_stream(
            self.predictor,
            self._jobs(chunks),
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            passes=self.passes)
        parts: List[ChunkResult] = []
        chunk = -1
        for result in results:
            if parts and result.group != chunk:
                yield chunk, _join(parts)
                parts = []
            chunk = result.group
            parts.append(self._finish(result))
            advance(len(result.key.indices))
        if parts:
            yield chunk, _join(parts)

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
        poses, usable, scores = [], [], []
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
        group.usable = np.array(usable, np.int64)
        group.scores = np.array(scores, np.float64)
        joints = self.predictor.num_keypoints
        if not poses:
            return PoseArrays(
                np.zeros((0, joints, 2), np.float32),
                np.zeros((0, joints), bool), np.zeros((0, joints), np.float32))
        return PoseArrays(*map(np.stack, zip(*poses, strict=True)))

    def _box(self, record: PoseRecord, size: Tuple[int, int]) -> np.ndarray:
        """Box that came with a pose, if it is asked for, float32 (4, )."""
        box = None
        if self.predictor.crop_by != 'pose':
            box = self.pose_file.other_fields(record, size).get('bbox')
        return xywh_to_xyxy(box)

    def _check_fit(self, group: _ImageGroup, record: PoseRecord,
                   size: Tuple[int, int]) -> Optional[Problem]:
        """Tell whether a pose can be one of this picture."""
        if self.pose_file.is_relative(record.raw):
            group.scale = 1.  # to whatever picture
        if np.isnan(group.scale):
            return Problem('image_size_differs', 'the picture has another '
                           f'shape, {size[0]} x {size[1]}, than its size in '
                           'the annotations says')
        if looks_normalised(record.keypoints[None, record.visible]).all():
            return Problem('coordinates_normalised', 'coordinates are between '
                           '0 and 1, shares of the width and height of the '
                           'picture')
        places = record.keypoints[record.visible] * group.scale
        beyond = ((places < 0) | (places > size)).any(1)
        if beyond.mean() > _MAX_OUTSIDE:
            return Problem('outside_image', f'{beyond.sum()} of {len(places)} '
                           'joints lie outside of the picture, which has '
                           f'{size[0]} x {size[1]} pixels')
        return None

    def _finish(self, result: ImageResult) -> ChunkResult:
        """Find duplicates, and say what became of each pose."""
        group: _ImageGroup = result.key
        if result.problem is not None:
            group.problems = self._problems(group, result.problem)
        keypoints = result.keypoints
        finite = np.isfinite(keypoints).all((1, 2))
        if not finite.all():
            group.problems += [
                (index, Problem('network', 'the network gave no finite '
                                'coordinates'))
                for index in group.usable[~finite]
            ]
        usable, keypoints = group.usable[finite], keypoints[finite]
        scores = group.scores[finite]
        if self.scores == 'refined':
            scores = scores * result.pose_scores[finite, 1]
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
            part.scores[rows] = result.pose_scores[finite, 1]
        part.keypoints[rows] = keypoints / np.float32(group.scale) \
            if len(rows) else keypoints
        return part

    def _problems(self, group: _ImageGroup, problem: Problem
                  ) -> List[Tuple[int, Problem]]:
        """Problems of poses whose image can't be used: their own first."""
        found = []
        for record in self._records(group.indices):
            own = record.problem
            # that the size of the image is not known is no fault of the pose
            if own is None or own.code == 'image_size':
                own = problem
            found.append((record.index, own))
        return found


def _join(parts: List[ChunkResult]) -> ChunkResult:
    """Join the results of a chunk's images."""
    *arrays, problems = zip(*parts, strict=True)
    return ChunkResult(*map(np.concatenate, arrays),
                       [p for some in problems for p in some])
