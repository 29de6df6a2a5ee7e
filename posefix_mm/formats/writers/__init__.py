"""Write poses of one format in another."""
from collections import Counter
from pathlib import Path
from typing import Callable, Dict

from ..pose_list import PoseList
from .coco import write_alphapose, write_coco_annotations, write_coco_results
from .deeplabcut import write_deeplabcut
from .openpose import write_openpose
from .posetrack18 import write_posetrack18
from .sleap import write_sleap
from .ultralytics import write_ultralytics_labels

#: Writers by the name of their format. Each takes the path to write and a
#: :class:`~posefix_mm.formats.pose_list.PoseList`, and returns a ``Counter``:
#: how many poses lost what, because the format has no place for it.
WRITERS: Dict[str, Callable[[Path, PoseList], Counter]] = {
    'coco-results': write_coco_results,
    'coco-annotations': write_coco_annotations,
    'posetrack18': write_posetrack18,
    'openpose': write_openpose,
    'alphapose': write_alphapose,
    'ultralytics-txt': write_ultralytics_labels,
    'deeplabcut': write_deeplabcut,
    'sleap': write_sleap,
}

#: Formats in which an image may have no poses.
HOLD_EMPTY_IMAGES = ('coco-annotations', 'posetrack18', 'openpose',
                     'ultralytics-txt')

#: Skeletons of formats that have one of their own, by names of joint maps.
FIXED_SKELETONS = {
    'openpose': ('openpose_body25', 'openpose_coco18'),
    'posetrack18': ('posetrack18', ),
}

__all__ = [
    'FIXED_SKELETONS', 'HOLD_EMPTY_IMAGES', 'WRITERS', 'write_alphapose',
    'write_coco_annotations', 'write_coco_results', 'write_deeplabcut',
    'write_openpose', 'write_posetrack18', 'write_sleap',
    'write_ultralytics_labels'
]
