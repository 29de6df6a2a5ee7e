"""Checkpoints of other projects: PoseFix's release, and MoveNet."""
from .checkpoint import convert_checkpoint, read_tensorflow_checkpoint
from .movenet import convert_graph_weights, convert_movenet
from .variables import convert_variables, describe_variables

__all__ = [
    'convert_checkpoint', 'convert_graph_weights', 'convert_movenet',
    'convert_variables', 'describe_variables',
    'read_tensorflow_checkpoint'
]
