"""Seeded generator of annotated multi-person images.

Feeds demos and tests where no real photographs are at hand.  Needs numpy and
OpenCV only.
"""

from .animals import draw_animals
from .coco_writer import COCO_CATEGORY, write_dataset
from .data_set_writers import DATA_SETS, derive_joints, write_like
from .scene import draw_scene

__all__ = ['COCO_CATEGORY', 'DATA_SETS', 'derive_joints', 'draw_animals',
           'draw_scene', 'write_dataset', 'write_like']
