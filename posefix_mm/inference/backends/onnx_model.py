"""Turn parts of a refiner into ONNX graphs."""
from collections.abc import Sequence
from inspect import signature
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ...optional_packages import import_optional
from .refiner_parts import RefinerParts

if TYPE_CHECKING:
    import onnx

#: The first opset that PyTorch's exporter writes.
MIN_OPSET = 18
# The file format that came with it, which older runtimes read as well; the
# exporter writes a newer one.
_IR_VERSION = 8
#: The oldest ONNX Runtime in which such a model was run.
MIN_ONNXRUNTIME = '1.15'


def network_to_onnx(parts: RefinerParts) -> 'onnx.ModelProto':
    """Export the network of a refiner alone.

    From ``inputs``, float32 (M, 3 + C, h, w), to ``logits``, float32
    (M, K + E, H, W); M is dynamic.

    Raises:
        ImportError: If what exports is not installed.
    """
    return to_onnx(parts.network, dict(inputs=parts.example_inputs(2)),
                   ['logits'])


def to_onnx(module: nn.Module,
            examples: dict[str, Tensor],
            outputs: Sequence[str],
            *,
            opset: int = MIN_OPSET) -> 'onnx.ModelProto':
    """Export a module with a dynamic batch.

    Args:
        module (nn.Module): In evaluation mode.
        examples (dict[str, Tensor]): Inputs by name; the first axis of each
            is the batch, of more than one sample.
        outputs (Sequence[str]): Names of the outputs.
        opset (int): Version of ONNX's operators. Defaults to 18.

    Returns:
        onnx.ModelProto: The graph.

    Raises:
        ImportError: If what exports is not installed, or a PyTorch that
            can't.
        ValueError: If there is no such opset, or the module does what can't
            be exported.
    """
    onnx = import_optional('onnx', 'onnx')
    import_optional('onnxscript', 'onnx')
    if 'dynamic_shapes' not in signature(torch.onnx.export).parameters:
        raise ImportError('exporting to ONNX needs PyTorch 2.5 or newer, '
                          f'found {torch.__version__}')
    newest = onnx.defs.onnx_opset_version()
    if not MIN_OPSET <= opset <= newest:
        raise ValueError(f'opset must be from {MIN_OPSET} to {newest}, got '
                         f'{opset}')
    batch = torch.export.Dim('N', min=1)
    try:
        with torch.no_grad():
            program = torch.onnx.export(
                module,
                tuple(examples.values()),
                dynamo=True,
                verbose=False,
                opset_version=opset,
                input_names=list(examples),
                output_names=list(outputs),
                dynamic_shapes=tuple({0: batch} for _ in examples))
    except torch.onnx.OnnxExporterError as error:
        reason = ' '.join(str(error.__cause__ or error).split())
        raise ValueError('PyTorch can not export this network to ONNX: '
                         f'{reason:.300}') from error
    model = program.model_proto
    if opset == MIN_OPSET:
        model.ir_version = _IR_VERSION
    return model
