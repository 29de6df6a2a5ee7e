"""Run the network in OpenVINO."""
import numpy as np
import torch
from torch import nn

from .engine_backend import EngineBackend

#: Precisions and how OpenVINO calls them.
OPENVINO_PRECISIONS = {'fp32': 'f32', 'bf16': 'bf16'}


class OpenVinoBackend(EngineBackend):
    """A refiner whose network runs in OpenVINO, on the CPU.

    On as many threads as PyTorch.

    Args:
        model (nn.Module): As of :class:`EngineBackend`.
        precision (str): ``'fp32'``, or ``'bf16'`` where the processor has it.
            Defaults to ``'fp32'``.
        **kwargs: As of :class:`EngineBackend`.

    Raises:
        ImportError: If OpenVINO, or what exports, is not installed.
        ValueError: If OpenVINO can't compute in that precision here.
    """

    def __init__(self,
                 model: nn.Module,
                 *,
                 precision: str = 'fp32',
                 **kwargs) -> None:
        if precision not in OPENVINO_PRECISIONS:
            raise ValueError(
                "precision of backend 'openvino' must be one of "
                f'{tuple(OPENVINO_PRECISIONS)}, got {precision!r}')
        from ...optional_packages import import_optional
        openvino = import_optional('openvino', 'openvino')
        core = openvino.Core()
        able = core.get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
        if precision == 'bf16' and 'BF16' not in able:
            raise ValueError('OpenVINO has no bf16 on this processor, only '
                             f"{', '.join(able)}; take precision 'fp32'")
        super().__init__(model, **kwargs)
        self._compiled = core.compile_model(
            core.read_model(self.export()), 'CPU', {
                'PERFORMANCE_HINT': 'LATENCY',
                'INFERENCE_NUM_THREADS': torch.get_num_threads(),
                'INFERENCE_PRECISION_HINT': OPENVINO_PRECISIONS[precision]
            })

    def infer(self, inputs: np.ndarray) -> np.ndarray:
        """Run the network; see :meth:`EngineBackend.infer`."""
        return self._compiled([inputs])[0]
