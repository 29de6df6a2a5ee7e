"""Run the network in ONNX Runtime."""
import numpy as np
import torch
from torch import nn

from .engine_backend import EngineBackend


class OnnxRuntimeBackend(EngineBackend):
    """A refiner whose network runs in ONNX Runtime, on the CPU.

    On as many threads as PyTorch.

    Args:
        model (nn.Module): As of :class:`EngineBackend`.
        precision (str): ``'fp32'``, which is all that it has on CPUs.
        **kwargs: As of :class:`EngineBackend`.

    Raises:
        ImportError: If ONNX Runtime is not installed.
        ValueError: If the precision is another.
    """

    def __init__(self,
                 model: nn.Module,
                 *,
                 precision: str = 'fp32',
                 **kwargs) -> None:
        if precision != 'fp32':
            raise ValueError("backend 'onnxruntime' computes in fp32 only, "
                             f"got {precision!r}; 'openvino' has bf16")
        from ...optional_packages import import_optional
        onnxruntime = import_optional('onnxruntime', 'onnx')
        super().__init__(model, **kwargs)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self._session = onnxruntime.InferenceSession(
            self.export(), options, providers=['CPUExecutionProvider'])

    def infer(self, inputs: np.ndarray) -> np.ndarray:
        """Run the network; see :meth:`EngineBackend.infer`."""
        return self._session.run(None, {'inputs': inputs})[0]
