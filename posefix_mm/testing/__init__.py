"""Seeded generator of annotated multi-person images for tests and demo."""
from .animals import draw_animals
from .data_sets import (
    COCO_CATEGORY,
    DATA_SETS,
    derive_joints,
    write_dataset,
    write_like,
)
from .scene import draw_scene

__all__ = ['COCO_CATEGORY', 'DATA_SETS', 'derive_joints', 'draw_animals',
           'draw_scene', 'write_dataset', 'write_like']
