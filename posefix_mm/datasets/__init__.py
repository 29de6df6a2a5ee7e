"""Data of refiners, registered in mmpose's registries."""
from .pose_refine_dataset import PoseRefineDataset, ZeroBasedMpiiDataset
from .pose_results_dataset import PoseResultsDataset
from .transforms import (
    ClippedNormalBBoxTransform,
    GetInputPose,
    MisplacePose,
    PackRefineInputs,
    SynthesizePoseError,
)

__all__ = [
    'ClippedNormalBBoxTransform', 'GetInputPose', 'MisplacePose',
    'PackRefineInputs', 'PoseRefineDataset', 'PoseResultsDataset',
    'SynthesizePoseError', 'ZeroBasedMpiiDataset'
]
