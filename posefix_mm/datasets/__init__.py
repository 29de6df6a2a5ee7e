"""Data of refiners."""
from .datasets import PoseRefineDataset, PoseResultsDataset
from .transforms import (
                         ClippedNormalBBoxTransform,
                         GetInputPose,
                         PackRefineInputs,
                         SynthesizePoseError,
)

__all__ = [
    'ClippedNormalBBoxTransform', 'GetInputPose', 'PackRefineInputs',
    'PoseRefineDataset', 'PoseResultsDataset', 'SynthesizePoseError'
]
