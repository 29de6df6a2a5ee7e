"""Run the network in PyTorch, as it is or compiled."""
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from ...allocator import keep_freed_memory
from ..crops import Crops
from .refiner_parts import RefinerParts

# So many images, mirrored ones among them, run at once on a CPU. More are no
# faster, and their activations take gigabytes.
_IMAGES_ON_CPU = 16
#: Precisions and what autocast computes in.
PRECISIONS = {'fp32': None, 'bf16': torch.bfloat16, 'fp16': torch.float16}
# Of processors with bfloat16, as PyTorch and Linux name them: AVX512-BF16,
# AMX, Arm's.
_BF16_FLAGS = {'avx512_bf16', 'amx_bf16', 'bf16', 'arm_bf16', 'sve_bf16',
               'svebf16'}
_CPU_INFO = Path('/proc/cpuinfo')
#: What :meth:`PoseRefiner.locate` gives, as arrays.
Located = tuple[np.ndarray, ...]


class Backend(Protocol):
    """Runs the network on batches of crops."""

    def start(self, crops: Crops) -> Callable[[], Located]:
        """Start on a batch of N crops; may return before the device is done.

        Returns:
            Callable[[], Located]: Waits for the device and gives the result.
        """


def no_poses(crops: Crops) -> Callable[[], Located]:
    """Answer a batch without crops, which no engine takes."""
    shape = crops.input_pose.shape
    located = np.empty(shape, np.float32), np.empty(shape[:2], np.float32)
    return lambda: located


def has_bf16() -> bool:
    """Whether the processor multiplies in bfloat16."""
    if hasattr(torch.cpu, 'get_capabilities'):  # earlier releases have none
        flags = {k for k, v in torch.cpu.get_capabilities().items() if v}
    else:
        flags = {*_CPU_INFO.read_text().split()} if _CPU_INFO.exists() \
            else set()
    return not _BF16_FLAGS.isdisjoint(flags)


class TorchBackend:
    """A refiner in PyTorch.

    On a GPU, crops go through pinned memory and results come back beside the
    next batch: :meth:`start` never waits for the device.

    Args:
        model (nn.Module): A ``PoseRefiner`` with a ``PoseFixHead``, in
            evaluation mode, on its device. Its batch norms are folded into
            the convolutions, in place.
        flip_indices (Sequence[int], optional): Twin of every keypoint, (K, ):
            average with the mirrored image. Defaults to None: no flip test.
        precision (str): ``'fp32'``, ``'bf16'`` or ``'fp16'`` (GPUs only).
            Defaults to ``'fp32'``.

    Raises:
        ValueError: If the device can't compute in that precision.
    """

    def __init__(self,
                 model: nn.Module,
                 *,
                 flip_indices: Sequence[int] | None = None,
                 precision: str = 'fp32') -> None:
        if precision not in PRECISIONS:
            raise ValueError(f'precision must be one of '
                             f'{tuple(PRECISIONS)}, got {precision!r}')
        self.model = model
        self.device = next(model.parameters()).device
        if precision == 'fp16' and self.device.type == 'cpu':
            raise ValueError('fp16 is for GPUs; on a CPU take bf16 or fp32')
        if precision == 'bf16' and self.device.type == 'cpu' \
                and not has_bf16():
            raise ValueError(
                'this processor has no bfloat16 instructions (AVX512-BF16, '
                "AMX or Arm's): bf16 would be slower than fp32; take "
                "precision 'fp32'")
        if self.device.type == 'cpu':
            keep_freed_memory()
        self.dtype = PRECISIONS[precision]
        self.parts = RefinerParts(model, flip_indices)
        # crops come that way anyway
        model.memory_format = torch.channels_last
        model.to(memory_format=torch.channels_last)

    def autocast(self) -> AbstractContextManager:
        """Compute in the precision that was asked for."""
        if self.dtype is None:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    @torch.inference_mode()
    def start(self, crops: Crops) -> Callable[[], Located]:
        """Start on a batch; see :class:`Backend`."""
        if not len(crops):
            return no_poses(crops)
        images, pose, visible = (
            self._send(torch.from_numpy(array))
            for array in (crops.images, crops.input_pose,
                          crops.input_pose_visible))
        inputs = self.parts.prepare(images, pose, visible)
        at_once = _IMAGES_ON_CPU if self.device.type == 'cpu' else len(inputs)
        with self.autocast():
            logits = torch.cat(
                [self.run(part) for part in inputs.split(at_once)])
        return self._receive(
            self.parts.locate(logits.float(), pose, visible))

    def run(self, inputs: Tensor) -> Tensor:
        """Run the network, as :class:`RefinerNetwork` does."""
        return self.parts.network(inputs)

    def _send(self, tensor: Tensor) -> Tensor:
        if self.device.type != 'cuda':
            return tensor.to(self.device)
        return tensor.pin_memory().to(self.device, non_blocking=True)

    def _receive(self, tensors: Sequence[Tensor]) -> Callable[[], Located]:
        if self.device.type != 'cuda':
            arrays = tuple(tensor.cpu().numpy() for tensor in tensors)
            return lambda: arrays
        # asking for values would wait for the batch that is queued next, too
        copies = [
            torch.empty(t.shape, dtype=t.dtype, pin_memory=True).copy_(
                t, non_blocking=True) for t in tensors
        ]
        done = torch.cuda.Event()
        done.record()

        def finish() -> Located:
            done.synchronize()
            return tuple(copy.numpy() for copy in copies)

        return finish


class CompileBackend(TorchBackend):
    """A refiner whose network is compiled by ``torch.compile``.

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
            compilers = os.environ.get('CXX') or 'g++', 'clang++', 'c++'
            if not any(map(shutil.which, compilers)):
                raise RuntimeError(
                    "backend 'compile' needs a C++ compiler; on Debian: "
                    "apt-get install g++. 'onnxruntime' and 'openvino' need "
                    'none')
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
