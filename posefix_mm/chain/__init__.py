"""Detector and estimator in front of the refiner."""
from ..inference.model_files import ModelFiles, find_model, read_config
from .chained_pose_refiner import ChainedPoseRefiner
from .estimators import (
    EstimatedPoses,
    Estimator,
    TopdownEstimator,
    WholeImageEstimator,
    build_estimator,
    estimate_poses,
)
from .input_poses import InputPoses, map_estimator_joints, to_input_poses
from .load_models import load_detector, load_estimator, load_weights
from .person_detector import Boxes, FindPeople, PersonDetector, whole_images

__all__ = [
    'Boxes', 'ChainedPoseRefiner', 'EstimatedPoses', 'Estimator', 'FindPeople',
    'InputPoses', 'ModelFiles', 'PersonDetector', 'TopdownEstimator',
    'WholeImageEstimator', 'build_estimator', 'estimate_poses', 'find_model',
    'load_detector', 'load_estimator', 'load_weights', 'map_estimator_joints',
    'read_config', 'to_input_poses', 'whole_images'
]
