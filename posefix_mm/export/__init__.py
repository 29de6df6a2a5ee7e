"""Refiners as ONNX models."""
from ..inference.backends.onnx_model import MIN_OPSET, network_to_onnx, to_onnx
from .export_refiner import (
    INPUTS,
    OUTPUTS,
    TOLERANCE,
    ExportableRefiner,
    export_refiner,
    largest_difference,
    load_exportable,
    refiner_to_onnx,
)

__all__ = [
    'INPUTS', 'MIN_OPSET', 'OUTPUTS', 'TOLERANCE', 'ExportableRefiner',
    'export_refiner', 'largest_difference', 'load_exportable',
    'network_to_onnx', 'refiner_to_onnx', 'to_onnx'
]
