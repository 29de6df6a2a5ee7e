"""Refine the poses of a stream of images.

Images are decoded and cropped in threads ahead of the network (OpenCV lets
other threads run meanwhile), each image once however many poses it has, and
batches are filled across images. What is in memory at a time is bounded.
"""
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..images.image_source import ImageProblem, Problem
from ..structures.boxes import pairwise_iou, pose_extent
from ..structures.pose_records import PoseArrays
from .crops import Crops
from .predictor import PosePredictor, RefinedCrops

Task = Callable[[], Any]
_Batch = tuple[Crops, RefinedCrops]
_MAX_IMAGES = 1024
# A pose whose refined crop overlaps with the last one by more (IoU) would be
# shown to the network again as it was.
_SAME_CROP = 0.85
# A further pass that is predicted to bring less OKS changes nothing.
_LEAST_GAIN = 0.001
# Nor one without the input pose, which is too sure of itself where a photo
# shows little.
_LEAST_GAIN_HIDDEN = 0.04
# Poses whose keypoints are nearer on average, in the unit of
# `neighbour_margin`, are of the same person.
_SAME_PERSON = 0.15
# A pose whose keypoints have less than this share of another's scores is
# nobody beside it.
_LEAST_NEIGHBOUR = 0.5


class ImageJob(NamedTuple):
    """An image and the poses to refine in it.

    Attributes:
        key (Any): Comes back with the result.
        load (Callable): Gives the image, BGR, uint8 (H, W, 3); called in a
            thread. It raises :class:`ImageProblem` if there is none.
        poses (PoseArrays | Callable): The N poses, or gives them for the
            loaded image; called in a thread.
        group (int): Batches are not filled across groups, so that the result
            of a group depends on nothing else.
    """

    key: Any
    load: Callable[[], np.ndarray]
    poses: PoseArrays | Callable[[np.ndarray], PoseArrays]
    group: int = 0


@dataclass
class ImageResult:
    """The refined poses of an image.

    Attributes:
        key, load, group: Of the job.
        poses (PoseArrays | None): The N poses that were given; None if the
            image has a problem.
        keypoints (np.ndarray): Image pixels, float32 (N, K, 2).
        confidences (np.ndarray): As of :class:`RefinedCrops`, float32
            (N, K).
        pose_scores (np.ndarray): As of :class:`RefinedCrops`, float32
            (N, 2).
        centers, scales (np.ndarray): As of :class:`Crops`, float32 (N, 2).
        problem (Problem | None): Why the image can't be used.
        missing (int): Poses that are not refined yet.
    """

    key: Any
    poses: PoseArrays | None
    keypoints: np.ndarray
    confidences: np.ndarray
    pose_scores: np.ndarray
    centers: np.ndarray
    scales: np.ndarray
    load: Callable[[], np.ndarray]
    problem: Problem | None = None
    group: int = 0
    missing: int = 0

    @classmethod
    def begin(cls, job: ImageJob, poses: PoseArrays | None,
              num_keypoints: int, problem: Problem | None = None
              ) -> 'ImageResult':
        """Make room for the poses of a job."""
        count = 0 if poses is None else len(poses.keypoints)
        keypoints, confidences, *pairs = (
            np.empty((count, *shape), np.float32) for shape in (
                (num_keypoints, 2), (num_keypoints, ), (2, ), (2, ), (2, )))
        return cls(job.key, poses, keypoints, confidences, *pairs, job.load,
                   problem, job.group, count)

    @property
    def areas(self) -> np.ndarray:
        """Areas of the crops in squared image pixels, float32 (N, )."""
        return self.scales.prod(-1)


#: An image's result to be, crops of some of its poses, and which these are.
_Part = tuple[ImageResult, Crops | None, slice]
#: Whose the crops of a batch are: results, and rows of these.
_Shares = list[tuple[ImageResult, slice]]


def refine_stream(predictor: PosePredictor,
                  jobs: Iterable[ImageJob],
                  *,
                  batch_size: int = 32,
                  num_workers: int = 2,
                  max_images: int = _MAX_IMAGES,
                  passes: int | None = None,
                  pool: ThreadPoolExecutor | None = None
                  ) -> Iterator[ImageResult]:
    """Refine the poses of many images.

    Args:
        predictor (PosePredictor): The refiner.
        jobs (Iterable[ImageJob]): Images and poses; read as they are needed.
        batch_size (int): Poses refined at once. Defaults to 32.
        num_workers (int): Threads that decode and crop; 0 does it between the
            batches. Defaults to 2.
        max_images (int): Images that may wait for a batch to be filled,
            besides as many as ``batch_size``. Defaults to 1024.
        passes (int, optional): How often to refine at most. A further pass
            crops the refined pose, where that crop is another one or the
            pose is in doubt (:attr:`PosePredictor.doubt_below`); one that is
            not predicted to be better changes nothing. Defaults to the
            config's wish, ``passes`` of ``test_cfg``, or 1.
        pool (ThreadPoolExecutor, optional): Threads of the caller. Defaults
            to threads of its own.

    Yields:
        ImageResult: One for each job, in order.

    Raises:
        ValueError: If an argument is out of range.
    """
    passes = predictor.passes if passes is None else passes
    check_stream_options(batch_size, num_workers, passes)
    refine = partial(_refine_once, predictor, batch_size=batch_size,
                     num_workers=num_workers, max_images=max_images, pool=pool)
    results = refine(jobs)
    for _ in range(1, passes):
        again = refine(map(partial(_next_pass, predictor), results))
        results = map(_keep_better, again)
    yield from map(partial(_keep_clear, predictor), results)


def _refine_once(predictor: PosePredictor, jobs: Iterable[ImageJob], *,
                 batch_size: int, num_workers: int, max_images: int,
                 pool: ThreadPoolExecutor | None) -> Iterator[ImageResult]:
    own = None
    if num_workers and pool is None:
        pool = own = ThreadPoolExecutor(num_workers, thread_name_prefix='crop')
    waiting: deque[ImageResult] = deque()
    try:
        crops = _crop_ahead(predictor, jobs, batch_size, num_workers, pool)
        batches = _fill_batches(crops, batch_size, max_images, waiting)
        for batch, shares in _run(predictor, batches):
            if batch is not None:
                _hand_out(predictor, batch, shares)
            while waiting and not waiting[0].missing:
                yield waiting.popleft()
        yield from waiting
    finally:
        if own is not None:
            own.shutdown(wait=False, cancel_futures=True)


def check_stream_options(batch_size: int,
                         num_workers: int,
                         passes: int | None = None) -> None:
    """Check the options of :func:`refine_stream`, before work is begun.

    Raises:
        ValueError: If one is out of range.
    """
    if batch_size < 1:
        raise ValueError(f'batch_size must be at least 1, got {batch_size}')
    if num_workers < 0:
        raise ValueError(f'num_workers must not be negative, got '
                         f'{num_workers}')
    if passes is not None and passes < 1:
        raise ValueError(f'passes must be at least 1, got {passes}')


def _next_pass(predictor: PosePredictor, result: ImageResult) -> ImageJob:
    """Refine poses again whose crop is another one now, or in doubt."""
    again = doubtful = np.zeros(len(result.keypoints), bool)
    poses = PoseArrays(result.keypoints, again, result.confidences)
    if result.problem is None:
        scored = np.isfinite(result.pose_scores).all(1)[:, None]
        poses = poses._replace(
            visible=result.poses.visible,
            keypoint_scores=np.where(scored, result.confidences,
                                     result.poses.keypoint_scores),
            boxes=result.poses.boxes)
        again = _crop_overlap(predictor, poses, result) < _SAME_CROP
        doubtful = _in_doubt(predictor, poses, result)
        again = again | doubtful
        # shown as weakly as can be, where the refiner weighs scores
        poses.keypoint_scores[doubtful] = 0
        poses = poses.take(again)
    load = result.load if again.any() else partial(np.empty, (1, 1, 3), 'u1')
    return ImageJob((result, again, doubtful), load, poses, result.group)


def _in_doubt(predictor: PosePredictor, poses: PoseArrays,
              result: ImageResult) -> np.ndarray:
    """Find poses that may be far off and have no other one near, bool (N, ).

    See :attr:`PosePredictor.doubt_below`; ``poses`` are the refined ones.
    """
    doubtful = np.zeros(len(result.keypoints), bool)
    limit = predictor.doubt_below
    if limit is None or not hasattr(predictor.crop, 'frame'):
        return doubtful
    points, visible = poses.keypoints, poses.visible > 0
    sure = (poses.keypoint_scores * visible).sum(1) / visible.sum(1).clip(1)
    centers, scales = predictor.crop.frame(poses)
    low, high = pose_extent(points, visible)
    near = _SAME_PERSON * np.sqrt((high - low).prod(-1))
    for row in np.flatnonzero(result.pose_scores[:, 1] < limit):
        inside = (np.abs(points - centers[row]) < scales[row] / 2).all(-1)
        others = (inside & visible).any(1) & (
            sure > _LEAST_NEIGHBOUR * sure[row])
        doubtful[row] = not (
            others & (_apart(points, visible, row) > near[row])).any()
    return doubtful


def _apart(points: np.ndarray, visible: np.ndarray, row: int) -> np.ndarray:
    """Mean distance of each pose's keypoints to those of one, (N, )."""
    shared = visible & visible[row]
    distance = np.linalg.norm(points - points[row], axis=-1)
    return (distance * shared).sum(1) / shared.sum(1).clip(1)


def _crop_overlap(predictor: PosePredictor, poses: PoseArrays,
                  result: ImageResult) -> np.ndarray:
    """IoU of the crop of each refined pose with the one before, (N, )."""
    if not hasattr(predictor.crop, 'frame'):  # a pipeline of its own
        return np.zeros(len(result.keypoints))
    corners = [
        np.hstack((center - scale / 2, center + scale / 2))
        for center, scale in (predictor.crop.frame(poses),
                              (result.centers, result.scales))
    ]
    return np.diag(pairwise_iou(*corners))


def _keep_better(again: ImageResult) -> ImageResult:
    """Take from a further pass what is predicted to be better.

    The predictions stay those of the first pass: the largest of several would
    rank poses by luck.
    """
    result, rows, doubtful = again.key
    if again.problem is None:
        before, after = again.pose_scores.T
        least = np.where(doubtful[rows], _LEAST_GAIN_HIDDEN, _LEAST_GAIN)
        better = ~(after - before <= least)  # or not predicted
        rows = np.flatnonzero(rows)[better]
        for name in ('keypoints', 'confidences', 'centers', 'scales'):
            getattr(result, name)[rows] = getattr(again, name)[better]
    return result


def _keep_clear(predictor: PosePredictor, result: ImageResult) -> ImageResult:
    """Leave keypoints where they were that would jump to a neighbour's.

    In a crop the network sees people, and not whose pose it is given; other
    poses of the image tell. See :attr:`PosePredictor.neighbour_margin`.
    """
    margin = predictor.neighbour_margin
    if margin is None or result.problem is not None:
        return result
    before, visible = result.poses.keypoints, result.poses.visible > 0
    low, high = pose_extent(before, visible)
    near = margin * np.sqrt((high - low).prod(-1))
    moves = np.linalg.norm(result.keypoints - before, axis=-1)
    jumps = visible & (moves > near[:, None])
    for row in np.flatnonzero(jumps.any(1)):
        others = _apart(before, visible, row) > (
            _SAME_PERSON / margin * near[row])
        taken = visible[others] & (np.linalg.norm(
            before[others] - result.keypoints[row], axis=-1) < near[row])
        back = jumps[row] & taken.any(0)
        result.keypoints[row, back] = before[row, back]
        result.confidences[row, back] = np.minimum(
            result.confidences[row, back],
            result.poses.keypoint_scores[row, back])
    return result


def run_ahead(tasks: Iterable[Task], depth: int,
              pool: ThreadPoolExecutor | None) -> Iterator[Any]:
    """Run tasks in threads, up to ``depth`` ahead; yield results in order.

    Without a pool each task runs when its result is asked for.
    """
    if pool is None:
        yield from (task() for task in tasks)
        return
    running = deque()
    for task in tasks:
        running.append(pool.submit(task))
        if len(running) > depth:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


def _crop_ahead(predictor: PosePredictor, jobs: Iterable[ImageJob],
                batch_size: int, num_workers: int,
                pool: ThreadPoolExecutor | None) -> Iterator[_Part]:
    """Decode and crop; images with many poses come in several parts."""
    load = partial(_load, predictor, batch_size)
    loads = (partial(load, job) for job in jobs)
    for result, image, crops in run_ahead(loads, 2 * num_workers, pool):
        count = result.missing
        yield result, crops, slice(0, min(count, batch_size))
        parts = [
            slice(start, min(start + batch_size, count))
            for start in range(batch_size, count, batch_size)
        ]
        rest = (partial(predictor.crop, image, result.poses.take(part))
                for part in parts)
        for crops, part in zip(
                run_ahead(rest, num_workers, pool), parts, strict=True):
            yield result, crops, part


def _load(predictor: PosePredictor, batch_size: int, job: ImageJob
          ) -> tuple[ImageResult, np.ndarray | None, Crops | None]:
    """Decode an image and crop its first poses.

    The image is None where it is not needed any more.
    """
    begin = partial(ImageResult.begin, job,
                    num_keypoints=predictor.num_keypoints)
    try:
        image = job.load()
    except ImageProblem as error:
        return begin(None, problem=error.problem), None, None
    poses = job.poses(image) if callable(job.poses) else job.poses
    first = poses.take(slice(batch_size))
    crops = predictor.crop(image, first) if len(first.keypoints) else None
    more = len(poses.keypoints) > batch_size
    return begin(poses), image if more else None, crops


def _fill_batches(crops: Iterable[_Part], batch_size: int, max_images: int,
                  waiting: deque[ImageResult]
                  ) -> Iterator[tuple[Crops | None, _Shares]]:
    """Fill batches across the images of a group, with their shares.

    The batch is None where no image had any pose. Where there are many such
    images, a batch ends before it is full: results do not pile up.
    """
    parts: list[Crops] = []
    shares: _Shares = []
    size, images, group = 0, 0, None

    def full() -> tuple[Crops | None, _Shares]:
        nonlocal parts, shares, size, images
        batch = Crops.concatenate(parts) if parts else None, shares
        parts, shares, size, images = [], [], 0, 0
        return batch

    for result, rest, part in crops:
        if group != result.group or images >= max_images + batch_size:
            if parts or images:
                yield full()
            group = result.group
        if part.start == 0:
            waiting.append(result)
            images += 1
        while rest is not None and len(rest):
            count = min(len(rest), batch_size - size)
            parts.append(rest.take(slice(count)))
            shares.append((result, slice(part.start, part.start + count)))
            rest = rest.take(slice(count, None))
            part = slice(part.start + count, part.stop)
            size += count
            if size == batch_size:
                yield full()
    if parts or images:
        yield full()


def _run(predictor: PosePredictor,
         batches: Iterable[tuple[Crops | None, _Shares]]
         ) -> Iterator[tuple[_Batch | None, _Shares]]:
    """Run batches; the results of one are fetched when the next has begun."""
    before = None
    for crops, shares in batches:
        started = None if crops is None else (crops, predictor.start(crops),
                                              shares)
        if before is not None:
            yield (before[0], before[1]()), before[2]
        if started is None:
            yield None, []
        before = started
    if before is not None:
        yield (before[0], before[1]()), before[2]


def _hand_out(predictor: PosePredictor, batch: _Batch,
              shares: _Shares) -> None:
    """Hand the poses of a batch to the images that they belong to."""
    crops, refined = batch
    start = 0
    for result, part in shares:
        count = part.stop - part.start
        rows = slice(start, start + count)
        result.keypoints[part] = predictor.keep_unlearnt(
            refined.keypoints[rows], result.poses.keypoints[part])
        result.confidences[part] = refined.confidences[rows]
        result.pose_scores[part] = refined.pose_scores[rows]
        result.centers[part] = crops.centers[rows]
        result.scales[part] = crops.scales[rows]
        result.missing -= count
        start += count
