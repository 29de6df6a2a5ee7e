"""Checkpoints of other projects: PoseFix's release, BUCTD's, and MoveNet."""
from .buctd import (
    convert_buctd,
    convert_buctd_checkpoint,
    describe_buctd,
    read_buctd_checkpoint,
)
from .checkpoint import (
    convert_checkpoint,
    convert_variables,
    describe_variables,
    read_tensorflow_checkpoint,
)
from .movenet import convert_graph_weights, convert_movenet

__all__ = [
    'convert_buctd', 'convert_buctd_checkpoint', 'convert_checkpoint',
    'convert_graph_weights', 'convert_movenet', 'convert_variables',
    'describe_buctd', 'describe_variables', 'read_buctd_checkpoint',
    'read_tensorflow_checkpoint'
]
