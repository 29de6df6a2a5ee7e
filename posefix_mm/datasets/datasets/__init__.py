"""Datasets, registered in ``mmpose.registry.DATASETS``."""
from .pose_refine_dataset import PoseRefineDataset
from .pose_results_dataset import PoseResultsDataset

__all__ = ['PoseRefineDataset', 'PoseResultsDataset']
