"""Estimate and refine the people of some images."""
from typing import Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from ...chain import (
    Boxes,
    EstimatedPoses,
    Estimator,
    estimate_poses,
    to_input_poses,
)
from ...datasets.joint_map import JointMap
from ...refinement import PosePredictor
from ...refinement.stream import ImageJob, refine_stream
from .input_frames import Frame

#: An image, and the boxes or poses that are given for it.
GivenFrame = Tuple[Frame, Union[Boxes, EstimatedPoses, None]]


def refine_group(
        group: Sequence[GivenFrame],
        predictor: PosePredictor,
        estimator: Optional[Estimator],
        joint_map: JointMap,
        *,
        batch_size: int = 32,
        num_workers: int = 2) -> Iterator[Tuple[Frame, PoseDataSample]]:
    """Estimate and refine the people of some images, in shared batches.

    Args:
        group (Sequence[GivenFrame]): Images, all with poses or all without.
        predictor (PosePredictor): The refiner, K keypoints.
        estimator (Estimator, optional): For images without poses.
        joint_map (JointMap): From the J joints of the poses to the K.
        batch_size (int): People that are estimated or refined at once.
            Defaults to 32.
        num_workers (int): Threads that crop. Defaults to 2.

    Yields:
        tuple: Each image, and a data sample whose ``pred_instances`` have
        ``keypoints`` and ``input_keypoints`` (image pixels, (N, J, 2)),
        ``keypoint_scores`` (N, J), ``bboxes`` (N, 4), ``bbox_scores`` (N, )
        and ``refined`` (whether the pose could be, (N, )). It has none if the
        image has a problem.
    """
    usable = [pair for pair in group if pair[0].problem is None]
    estimates = _estimate(usable, estimator, batch_size)
    given = [
        to_input_poses(e.keypoints, e.keypoint_scores, joint_map)
        for e in estimates
    ]
    jobs = (
        ImageJob(i, lambda frame=frame: frame.image, given[i].poses)
        for i, (frame, _) in enumerate(usable))
    results = refine_stream(
        predictor, jobs, batch_size=batch_size, num_workers=num_workers)
    for frame, _ in group:
        sample = PoseDataSample(
            metainfo=dict(img_path=str(frame.path or frame.name)))
        if frame.problem is None:
            result = next(results)
            estimate, inputs = estimates[result.key], given[result.key]
            keypoints = inputs.put_back(estimate.keypoints, result.keypoints,
                                        joint_map)
            sample.set_metainfo(dict(ori_shape=frame.image.shape[:2]))
            sample.pred_instances = _to_instances(estimate, keypoints,
                                                  inputs.usable)
        yield frame, sample


def _estimate(usable: Sequence[GivenFrame], estimator: Optional[Estimator],
              batch_size: int) -> List[EstimatedPoses]:
    """Estimate the poses of images that come without."""
    if not usable or isinstance(usable[0][1], EstimatedPoses):
        return [given for _, given in usable]
    frames, boxes = zip(*usable, strict=True)
    return estimate_poses(
        estimator, [frame.image for frame in frames],
        boxes,
        batch_size=batch_size)


def _to_instances(estimate: EstimatedPoses, keypoints: np.ndarray,
                  refined: np.ndarray) -> InstanceData:
    """Pack the people of an image, the joints being the estimator's."""
    return InstanceData(
        keypoints=keypoints,
        keypoint_scores=estimate.keypoint_scores,
        keypoints_visible=estimate.keypoint_scores,
        input_keypoints=estimate.keypoints,
        bboxes=estimate.bboxes,
        bbox_scores=estimate.bbox_scores,
        refined=refined)
