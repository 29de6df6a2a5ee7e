"""Readers and writers of the files in which tools keep poses."""
from .base import (
    ImageRef,
    ImageSizes,
    PoseFile,
    RefinedPoses,
    SourceSkeleton,
)

__all__ = [
    'ImageRef', 'ImageSizes', 'PoseFile', 'RefinedPoses', 'SourceSkeleton'
]
