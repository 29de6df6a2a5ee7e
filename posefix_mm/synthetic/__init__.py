"""Seeded generator of annotated multi-person images.

Feeds demos and tests where no real photographs are at hand.  Needs numpy and
OpenCV only.
"""

from .coco_writer import COCO_CATEGORY, write_dataset
from .scene import draw_scene

__all__ = ['COCO_CATEGORY', 'draw_scene', 'write_dataset']
