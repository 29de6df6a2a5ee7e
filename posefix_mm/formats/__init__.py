"""Readers and writers of the files in which tools keep poses.

A format is a module of this folder with a subclass of :class:`PoseFile`; all
modules are imported here, so that nothing lists them.
"""
import importlib
import pkgutil

from ..structures.image_ref import ImageRef
from .base import FORMATS, ImageSizes, PoseFile, RefinedPoses, SourceSkeleton
from .joint_maps import joint_map_names
from .open_file import detect_format, open_pose_file
from .supervision_key_points import from_supervision, to_supervision

__all__ = [
    'FORMATS', 'ImageRef', 'ImageSizes', 'PoseFile', 'RefinedPoses',
    'SourceSkeleton', 'detect_format', 'from_supervision', 'import_formats',
    'joint_map_names', 'open_pose_file', 'to_supervision'
]


def import_formats() -> None:
    """Import the modules of the folder, whose classes register themselves.

    Messages and help then list what most people have first.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f'{__name__}.{module.name}')
    ordered = sorted(FORMATS.values(), key=lambda r: (r.priority, r.name))
    FORMATS.clear()
    FORMATS.update((reader.name, reader) for reader in ordered)


import_formats()
