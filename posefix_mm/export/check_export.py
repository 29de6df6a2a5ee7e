"""Hold an exported refiner against PyTorch."""
from pathlib import Path
from typing import Sequence, Union

import numpy as np
import torch

from ..formats.optional_packages import import_optional
from .export_refiner import INPUTS, ExportableRefiner

#: How far coordinates of an exported refiner may be from PyTorch's, in pixels
#: of the input.
TOLERANCE = 1e-3


def largest_difference(path: Union[str, Path],
                       refiner: ExportableRefiner,
                       *,
                       batch_sizes: Sequence[int] = (1, 2, 5)) -> float:
    """Run made-up crops through ONNX Runtime and through PyTorch.

    Args:
        path (str | Path): The ONNX model.
        refiner (ExportableRefiner): What was exported.
        batch_sizes (Sequence[int]): Defaults to (1, 2, 5).

    Returns:
        float: Largest difference between coordinates, in input pixels.

    Raises:
        ImportError: If ONNX Runtime is not installed.
    """
    onnxruntime = import_optional('onnxruntime', 'onnx')
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(
        str(path), options, providers=['CPUExecutionProvider'])
    differences = []
    for batch_size in batch_sizes:
        inputs = refiner.example_inputs(batch_size, seed=batch_size)
        with torch.inference_mode():
            wanted = refiner(*inputs)[0].numpy()
        arrays = (tensor.numpy() for tensor in inputs)
        found = session.run(['keypoints'],
                            dict(zip(INPUTS, arrays, strict=True)))[0]
        differences.append(np.abs(found - wanted).max())
    return float(max(differences))
