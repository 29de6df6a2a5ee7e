"""Checkpoints of PoseFix's TensorFlow release and of BUCTD's."""
from .buctd import (
    convert_buctd,
    convert_buctd_checkpoint,
    describe_buctd,
    read_buctd_checkpoint,
)
from .checkpoint import convert_checkpoint, read_tensorflow_checkpoint
from .variables import convert_variables, describe_variables

__all__ = [
    'convert_buctd', 'convert_buctd_checkpoint', 'convert_checkpoint',
    'convert_variables', 'describe_buctd', 'describe_variables',
    'read_buctd_checkpoint', 'read_tensorflow_checkpoint'
]
