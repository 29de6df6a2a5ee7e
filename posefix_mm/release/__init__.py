"""Checkpoints of PoseFix's official TensorFlow release."""
from .checkpoint import convert_checkpoint, read_tensorflow_checkpoint
from .variables import convert_variables, describe_variables

__all__ = [
    'convert_checkpoint', 'convert_variables', 'describe_variables',
    'read_tensorflow_checkpoint'
]
