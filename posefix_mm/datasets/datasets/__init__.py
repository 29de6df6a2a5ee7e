"""Datasets, registered in ``mmpose.registry.DATASETS``."""
from .pose_refine_dataset import PoseRefineDataset
from .pose_results_dataset import PoseResultsDataset
from .zero_based_mpii_dataset import ZeroBasedMpiiDataset

__all__ = ['PoseRefineDataset', 'PoseResultsDataset', 'ZeroBasedMpiiDataset']
