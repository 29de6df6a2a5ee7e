"""Detector and estimator in front of the refiner."""
from .chained_pose_refiner import ChainedPoseRefiner
from .estimators import (
    EstimatedPoses,
    Estimator,
    TopdownEstimator,
    build_chain,
    estimate_poses,
    map_estimator_joints,
    to_input_poses,
)
from .load_models import (
    ModelFiles,
    find_model,
    load_detector,
    load_estimator,
    load_weights,
    read_config,
)
from .person_detector import Boxes, PersonDetector, whole_images

__all__ = [
    'Boxes', 'ChainedPoseRefiner', 'EstimatedPoses', 'Estimator', 'ModelFiles',
    'PersonDetector', 'TopdownEstimator', 'build_chain', 'estimate_poses',
    'find_model', 'load_detector', 'load_estimator', 'load_weights',
    'map_estimator_joints', 'read_config', 'to_input_poses', 'whole_images'
]
