"""Data of refiners."""
from .datasets import (
                         PoseRefineDataset,
                         PoseResultsDataset,
                         ZeroBasedMpiiDataset,
)
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
