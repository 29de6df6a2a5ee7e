"""Data of refiners."""
from .datasets import PoseRefineDataset, PoseResultsDataset
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
    'SynthesizePoseError'
]
