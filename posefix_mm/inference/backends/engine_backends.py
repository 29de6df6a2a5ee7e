"""Run the network in an inference engine, on the CPU."""
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from ...optional_packages import import_optional
from ..crops import Crops
from .refiner_parts import RefinerParts
from .torch_backends import Located, no_poses

#: Precisions and how OpenVINO calls them.
OPENVINO_PRECISIONS = {'fp32': 'f32', 'bf16': 'bf16'}


class EngineBackend:
    """A refiner whose network runs in an engine that reads ONNX.

    On as many threads as PyTorch. The network alone is exported, in memory;
    pose maps and soft-argmax stay in PyTorch.

    Args:
        model (nn.Module): A ``PoseRefiner`` with a ``PoseFixHead``, in
            evaluation mode, on the CPU. Its batch norms are folded into the
            convolutions, in place.
        flip_indices (Sequence[int], optional): Twin of every keypoint, (K, ):
            average with the mirrored image. Defaults to None: no flip test.
        precision (str): ``'fp32'``; OpenVINO has ``'bf16'``, too, where the
            processor does. Defaults to ``'fp32'``.

    Raises:
        ImportError: If the engine, or what exports, is not installed.
        ValueError: If the model is not on the CPU, or the engine can't
            compute in that precision here.
    """

    def __init__(self,
                 model: nn.Module,
                 *,
                 flip_indices: Sequence[int] | None = None,
                 precision: str = 'fp32') -> None:
        self.check_precision(precision)
        device = next(model.parameters()).device
        if device.type != 'cpu':
            raise ValueError(f'{type(self).__name__} runs on the CPU only, '
                             f'the model is on {device}')
        from .onnx_model import network_to_onnx
        self.parts = RefinerParts(model, flip_indices)
        self.load(network_to_onnx(self.parts).SerializeToString(), precision)

    def check_precision(self, precision: str) -> None:
        """Raise an error if the engine can't compute in a precision."""
        raise NotImplementedError

    def load(self, network: bytes, precision: str) -> None:
        """Load an ONNX model from ``inputs`` to ``logits``."""
        raise NotImplementedError

    def infer(self, inputs: np.ndarray) -> np.ndarray:
        """Run the network.

        Args:
            inputs (np.ndarray): Images and pose maps, float32
                (M, 3 + C, h, w).

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
        images, *input_pose = map(
            torch.from_numpy,
            (crops.images, crops.input_pose, crops.input_pose_visible))
        inputs = self.parts.prepare(images, *input_pose)
        logits = self.infer(inputs.contiguous().numpy())
        located = tuple(
            part.numpy() for part in self.parts.locate(
                torch.from_numpy(logits), *input_pose))
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
        """Load a model; see :meth:`EngineBackend.load`."""
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
        """Load a model; see :meth:`EngineBackend.load`."""
        self._compiled = self._core.compile_model(
            self._core.read_model(network), 'CPU', {
                'PERFORMANCE_HINT': 'LATENCY',
                'INFERENCE_NUM_THREADS': torch.get_num_threads(),
                'INFERENCE_PRECISION_HINT': OPENVINO_PRECISIONS[precision]
            })

    def infer(self, inputs: np.ndarray) -> np.ndarray:
        """Run the network; see :meth:`EngineBackend.infer`."""
        return self._compiled([inputs])[0]


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
