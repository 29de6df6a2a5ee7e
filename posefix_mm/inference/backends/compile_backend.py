"""Run the network compiled by ``torch.compile``."""
import os
import shutil

import torch
from torch import Tensor, nn

from .torch_backend import TorchBackend


class CompileBackend(TorchBackend):
    """A refiner whose network is compiled.

    The first batch takes minutes for a ResNet-50 on two cores. Batches of any
    size share one compiled network, so that no other one does.

    Args:
        model (nn.Module): As of :class:`TorchBackend`.
        **kwargs: As of :class:`TorchBackend`.

    Raises:
        RuntimeError: If there is no C++ compiler, which CPUs need.
        ValueError: If the device can't compute in that precision.
    """

    def __init__(self, model: nn.Module, **kwargs) -> None:
        super().__init__(model, **kwargs)
        options = None
        if self.device.type == 'cpu':
            _require_compiler()
            # weights are packed for the convolutions once
            options = {'freezing': True}
        self.compiled = torch.compile(
            self.parts.network, dynamic=True, options=options)

    def run(self, inputs: Tensor) -> Tensor:
        """Run the network; see :meth:`TorchBackend.run`."""
        if len(inputs) > 1:
            return self.compiled(inputs)
        # a batch of one would be compiled for itself
        return self.compiled(inputs.expand(2, -1, -1, -1).contiguous(
            memory_format=self.parts.model.memory_format))[:1]


def _require_compiler() -> None:
    names = [os.environ.get('CXX') or 'g++', 'clang++', 'c++']
    if not any(map(shutil.which, names)):
        raise RuntimeError(
            "backend 'compile' needs a C++ compiler; on Debian: apt-get "
            "install g++. 'onnxruntime' and 'openvino' need none")
