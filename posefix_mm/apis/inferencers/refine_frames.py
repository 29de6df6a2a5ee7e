"""Read, estimate and refine: from the images of an input to their people."""
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from ...chain import EstimatedPoses, Estimator, estimate_poses, to_input_poses
from ...images.image_files import ImageProblem
from ...images.input_frames import Frame, InputFrames
from ...inference import PosePredictor
from ...inference.stream import ImageJob, ImageResult, refine_stream, run_ahead
from ...structures.joint_map import JointMap
from .read_people import FramePeople


def read_ahead(inputs: InputFrames, size: int,
               pool: ThreadPoolExecutor | None) -> Iterator[Frame]:
    """Read the next images while the present ones are worked on.

    Args:
        inputs (InputFrames): Where they come from; those of a camera are
            yielded as soon as they are there.
        size (int): How many images are read ahead.
        pool (ThreadPoolExecutor, optional): Threads that decode.
    """
    frames = iter(inputs.frames)
    if inputs.live or pool is None:
        yield from (read() for read in frames)
        return
    half = max(size // 2, 1)

    def reads() -> Iterator[Callable[[], Frame]]:
        # asking for frames decodes them where they are those of a video
        coming = pool.submit(lambda: list(islice(frames, half)))
        while batch := coming.result():
            coming = pool.submit(lambda: list(islice(frames, half)))
            yield from batch

    yield from run_ahead(reads(), half, pool)


def refine_frames(
    frames: Iterator[FramePeople],
    predictor: PosePredictor,
    estimator: Estimator | None,
    joint_map: JointMap,
    *,
    batch_size: int = 32,
    num_workers: int = 2,
    pool: ThreadPoolExecutor | None = None,
    live: bool = False,
    keep_images: bool = True,
) -> Iterator[tuple[Frame, PoseDataSample]]:
    """Estimate and refine the people of images, in shared batches.

    Images without poses are estimated in groups; the refiner's batches are
    filled across them.

    Args:
        frames (Iterator[FramePeople]): Images, all with poses or all without.
        predictor (PosePredictor): The refiner, K keypoints.
        estimator (Estimator, optional): For images without poses.
        joint_map (JointMap): From the J joints of the poses to the K.
        batch_size (int): People that are estimated or refined at once, and
            images of a group. About three times as many images are in memory
            at most. Defaults to 32.
        num_workers (int): Threads that crop. Defaults to 2.
        pool (ThreadPoolExecutor, optional): These threads.
        live (bool): No image waits for the next one. Defaults to False.
        keep_images (bool): Whether frames come with their images, or these
            are forgotten as soon as they are cropped. Defaults to True.

    Yields:
        tuple: Each image, and a data sample whose ``pred_instances`` have
        ``keypoints`` and ``input_keypoints`` (image pixels, (N, J, 2)),
        ``keypoint_scores`` (N, J), ``bboxes`` (N, 4), ``bbox_scores`` (N, )
        and ``refined`` (whether the pose could be, (N, )). It has none if the
        image has a problem.
    """
    size = 1 if live else batch_size
    groups = iter(lambda: list(islice(frames, size)), [])

    def jobs_of(groups: Iterable[list[FramePeople]]) -> Iterator[ImageJob]:
        for group in groups:
            yield from _jobs(group, estimator, joint_map, batch_size,
                             keep_images)

    for ready in ([group] for group in groups) if live else [groups]:
        for result in refine_stream(
                predictor,
                jobs_of(ready),
                batch_size=batch_size,
                num_workers=num_workers,
                max_images=0,
                pool=pool):
            yield _to_sample(result, joint_map)


def _jobs(group: Sequence[FramePeople], estimator: Estimator | None,
          joint_map: JointMap, batch_size: int,
          keep_images: bool) -> Iterator[ImageJob]:
    """Make jobs whose keys are what :func:`_to_sample` needs."""
    usable = [pair for pair in group if pair[0].problem is None]
    estimates = iter(_estimate(usable, estimator, batch_size))
    for frame, _ in group:
        load = partial(_load_image, frame, keep_images)
        if frame.problem is not None:
            yield ImageJob((frame, None, None, None), load, None)
            continue
        estimate = next(estimates)
        inputs = to_input_poses(estimate.keypoints, estimate.keypoint_scores,
                                joint_map, estimate.usable)
        yield ImageJob((frame, frame.image.shape[:2], estimate, inputs), load,
                       inputs.poses)


def _load_image(frame: Frame, keep: bool) -> np.ndarray:
    """Image of a frame, which forgets it unless it is to be kept."""
    if frame.problem is not None:
        raise ImageProblem(frame.problem)
    image = frame.image
    if not keep:
        frame.image = None
    return image


def _estimate(usable: Sequence[FramePeople], estimator: Estimator | None,
              batch_size: int) -> list[EstimatedPoses]:
    """Estimate the poses of images that come without."""
    if not usable or isinstance(usable[0][1], EstimatedPoses):
        return [people for _, people in usable]
    frames, boxes = zip(*usable, strict=True)
    return estimate_poses(
        estimator, [frame.image for frame in frames],
        boxes,
        batch_size=batch_size)


def _to_sample(result: ImageResult,
               joint_map: JointMap) -> tuple[Frame, PoseDataSample]:
    """Pack the people of an image, the joints being the estimator's."""
    frame, shape, estimate, inputs = result.key
    sample = PoseDataSample(
        metainfo=dict(img_path=str(frame.path or frame.name)))
    if frame.problem is None:
        sample.set_metainfo(dict(ori_shape=shape))
        sample.pred_instances = InstanceData(
            keypoints=inputs.put_back(estimate.keypoints, result.keypoints,
                                      joint_map),
            keypoint_scores=estimate.keypoint_scores,
            keypoints_visible=estimate.keypoint_scores,
            input_keypoints=estimate.keypoints,
            bboxes=estimate.bboxes,
            bbox_scores=estimate.bbox_scores,
            refined=inputs.usable)
    return frame, sample
