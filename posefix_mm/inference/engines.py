"""Run the network in an inference engine that reads ONNX, on the CPU."""
from collections.abc import Callable, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from .._compat import import_optional, keep_freed_memory
from .backends import Located, RefinerNetwork, no_poses, run_in_parts
from .crops import Crops

if TYPE_CHECKING:
    import onnx

#: Precisions and how OpenVINO calls them.
OPENVINO_PRECISIONS = {'fp32': 'f32', 'bf16': 'bf16'}
#: The first opset that PyTorch's exporter writes.
MIN_OPSET = 18
# The file format that came with it, which older runtimes read as well; the
# exporter writes a newer one.
_IR_VERSION = 8
#: The oldest ONNX Runtime in which such a model was run.
MIN_ONNXRUNTIME = '1.15'


class EngineBackend:
    """A refiner whose network runs in an engine.

    On as many threads as PyTorch. The network alone is exported, in memory;
    pose maps and soft-argmax stay in PyTorch. Arguments are those of
    :class:`~posefix_mm.inference.backends.TorchBackend`.
    """

    def __init__(self, model: nn.Module, *,
                 flip_indices: Sequence[int] | None, precision: str) -> None:
        self.check_precision(precision)
        device = next(model.parameters()).device
        if device.type != 'cpu':
            raise ValueError(f'{type(self).__name__} runs on the CPU only, '
                             f'the model is on {device}')
        keep_freed_memory()
        self.model = model
        self.flip_indices = flip_indices
        network = RefinerNetwork(model)
        model.memory_format = torch.contiguous_format  # what engines read
        onnx = to_onnx(network, dict(inputs=network.example_inputs(2)),
                       ['logits'])
        self.load(onnx.SerializeToString(), precision)

    def check_precision(self, precision: str) -> None:
        """Raise an error if the engine can't compute in a precision."""
        raise NotImplementedError

    def load(self, network: bytes, precision: str) -> None:
        """Load an ONNX model from ``inputs`` to ``logits``."""
        raise NotImplementedError

    def infer(self, inputs: np.ndarray) -> np.ndarray:
        """Run the network on images and pose maps, float32 (M, 3 + C, h, w).

        Returns:
            np.ndarray: As :class:`RefinerNetwork`, float32 (M, K + E, H, W),
            that the engine does not write to any more.
        """
        raise NotImplementedError

    @torch.inference_mode()
    def start(self, crops: Crops) -> Callable[[], Located]:
        """Run a batch; see :class:`Backend`."""
        if not len(crops):
            return no_poses(crops)
        images, *pose = map(
            torch.from_numpy,
            (crops.images, crops.input_pose, crops.input_pose_visible))
        inputs = self.model.prepare(
            images.permute(0, 3, 1, 2), *pose, self.flip_indices)
        maps = run_in_parts(
            lambda part: torch.from_numpy(self.infer(part.numpy())), inputs)
        located = tuple(
            part.numpy()
            for part in self.model.locate(maps, *pose, self.flip_indices))
        return lambda: located


class OnnxRuntimeBackend(EngineBackend):
    """A refiner whose network runs in ONNX Runtime."""

    def check_precision(self, precision: str) -> None:
        """Refuse all but fp32, which is all that it has on CPUs."""
        if precision != 'fp32':
            raise ValueError("backend 'onnxruntime' computes in fp32 only, "
                             f"got {precision!r}; 'openvino' has bf16")
        import_optional('onnxruntime', 'onnx')

    def load(self, network: bytes, precision: str) -> None:
        """Load a model."""
        self._session = start_onnxruntime(network)

    def infer(self, inputs: np.ndarray) -> np.ndarray:
        """Run the network; see :meth:`EngineBackend.infer`."""
        return self._session.run(None, {'inputs': inputs})[0]


class OpenVinoBackend(EngineBackend):
    """A refiner whose network runs in OpenVINO."""

    def check_precision(self, precision: str) -> None:
        """Refuse precisions that OpenVINO, or the processor, lacks."""
        if precision not in OPENVINO_PRECISIONS:
            raise ValueError(
                "precision of backend 'openvino' must be one of "
                f'{tuple(OPENVINO_PRECISIONS)}, got {precision!r}')
        self._core = import_optional('openvino', 'openvino').Core()
        able = self._core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
        if precision == 'bf16' and 'BF16' not in able:
            raise ValueError('OpenVINO has no bf16 on this processor, only '
                             f"{', '.join(able)}; take precision 'fp32'")

    def load(self, network: bytes, precision: str) -> None:
        """Load a model."""
        self._compiled = self._core.compile_model(
            self._core.read_model(network), 'CPU', {
                'PERFORMANCE_HINT': 'LATENCY',
                'INFERENCE_NUM_THREADS': torch.get_num_threads(),
                'INFERENCE_PRECISION_HINT': OPENVINO_PRECISIONS[precision]
            })

    def infer(self, inputs: np.ndarray) -> np.ndarray:
        """Run the network; see :meth:`EngineBackend.infer`."""
        return self._compiled([inputs])[0]


#: Back ends by name.
ENGINES = {'onnxruntime': OnnxRuntimeBackend, 'openvino': OpenVinoBackend}


def start_onnxruntime(model: bytes | str) -> Any:
    """Start an ``InferenceSession`` on a model, or the file of one.

    On the CPU, with as many threads as PyTorch.

    Raises:
        ImportError: If ONNX Runtime is not installed.
    """
    onnxruntime = import_optional('onnxruntime', 'onnx')
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(
        model, options, providers=['CPUExecutionProvider'])


def to_onnx(module: nn.Module,
            examples: dict[str, Tensor],
            outputs: Sequence[str],
            *,
            opset: int = MIN_OPSET) -> 'onnx.ModelProto':
    """Export a module in evaluation mode with a dynamic batch.

    ``examples`` are its inputs by name, the first axis of each being a batch
    of more than one sample.

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
