"""Hand an estimator's poses to the refiner, and take them back."""
from typing import NamedTuple

import numpy as np

from ..inference import PosePredictor
from ..structures.joint_map import JointMap
from ..structures.pose_records import PoseArrays
from .estimators import Estimator


class InputPoses(NamedTuple):
    """Poses in the refiner's skeleton.

    Note:
        - people: N
        - those that can be refined: M
        - joints of the estimator: J
        - keypoints of the refiner: K

    Attributes:
        usable (np.ndarray): Whether a pose can be refined, bool (N, ).
        poses (PoseArrays): The M poses that can, with K keypoints.
    """

    usable: np.ndarray
    poses: PoseArrays

    def put_back(self, keypoints: np.ndarray, refined: np.ndarray,
                 joint_map: JointMap) -> np.ndarray:
        """Put refined keypoints in the place of the estimated ones.

        Args:
            keypoints (np.ndarray): As they were estimated, (N, J, 2).
            refined (np.ndarray): Refined, (M, K, 2).
            joint_map (JointMap): From the J joints to the K keypoints.

        Returns:
            np.ndarray: (N, J, 2), in which joints that the refiner does not
            know are the estimator's.
        """
        keypoints = keypoints.copy()
        # JointMap works on the first axis
        keypoints[self.usable] = joint_map.put(
            keypoints[self.usable].swapaxes(0, 1),
            refined.swapaxes(0, 1)).swapaxes(0, 1)
        return keypoints


def to_input_poses(keypoints: np.ndarray,
                   keypoint_scores: np.ndarray,
                   joint_map: JointMap,
                   usable: np.ndarray | None = None) -> InputPoses:
    """Bring an estimator's poses to the refiner's skeleton.

    A joint at the origin with score 0 is absent, as in results files.

    Args:
        keypoints (np.ndarray): Image pixels, (N, J, 2).
        keypoint_scores (np.ndarray): (N, J).
        joint_map (JointMap): From the J joints to the refiner's K keypoints.
        usable (np.ndarray, optional): Which may be refined, bool (N, ).
            Defaults to all.

    Returns:
        InputPoses: The poses, and which of them can be refined: those of
        these that are finite and have at least one present keypoint.
    """
    joints = np.concatenate((keypoints, keypoint_scores[..., None]), -1)
    poses = joint_map.take(joints.swapaxes(0, 1)).swapaxes(0, 1)
    present = (poses != 0).any(-1)
    good = np.isfinite(poses).all((1, 2)) & present.any(1)
    usable = good if usable is None else good & usable
    poses = poses[usable].astype(np.float32)
    return InputPoses(
        usable, PoseArrays(poses[..., :2], present[usable], poses[..., 2]))


def map_estimator_joints(estimator: Estimator,
                         predictor: PosePredictor) -> JointMap:
    """Map the joints of an estimator to the refiner's keypoints by name.

    It is the identity where the estimator's config chooses as many of its
    joints as the refiner has.

    Raises:
        ValueError: If the skeletons have nothing in common.
    """
    names = estimator.model.dataset_meta['keypoint_id2name']
    source = [names[i] for i in range(len(names))]
    if len(source) != estimator.num_joints:
        # test_cfg chooses some of the joints of another data set
        if estimator.num_joints == predictor.num_keypoints:
            return JointMap.identity(predictor.num_keypoints)
        raise ValueError(
            f'the estimator gives {estimator.num_joints} of its '
            f'{len(source)} keypoints, the refiner has '
            f'{predictor.num_keypoints}')
    return JointMap.from_names(source, predictor.keypoint_names)
