"""Bring the skeletons of an estimator and a refiner together."""
from ..datasets.joint_map import JointMap
from ..refinement.predictor import PosePredictor
from .estimators import Estimator


def map_estimator_joints(estimator: Estimator,
                         predictor: PosePredictor) -> JointMap:
    """Map the joints of an estimator to the refiner's keypoints by name.

    Args:
        estimator (Estimator): J joints.
        predictor (PosePredictor): The refiner, K keypoints.

    Returns:
        JointMap: By names; the identity where the estimator's config chooses
        as many of its joints as the refiner has.

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
