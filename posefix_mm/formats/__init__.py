"""Readers and writers of the files in which tools keep poses."""
from ..structures.image_ref import ImageRef
from .base import ImageSizes, PoseFile, RefinedPoses, SourceSkeleton
from .detect_format import detect_format
from .joint_maps import joint_map_names
from .open_pose_file import FORMATS, open_pose_file
from .supervision_key_points import from_supervision, to_supervision

__all__ = [
    'FORMATS', 'ImageRef', 'ImageSizes', 'PoseFile', 'RefinedPoses',
    'SourceSkeleton', 'detect_format', 'from_supervision', 'joint_map_names',
    'open_pose_file', 'to_supervision'
]
