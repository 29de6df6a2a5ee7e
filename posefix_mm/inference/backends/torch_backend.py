"""Run the network in PyTorch."""
from contextlib import nullcontext
from typing import Callable, ContextManager, Optional, Sequence

import torch
from torch import Tensor, nn

from ...allocator import keep_freed_memory
from ..crops import Crops
from .base import Located, no_poses
from .processor import require_bf16
from .refiner_parts import RefinerParts

# So many images, mirrored ones among them, run at once on a CPU. More are no
# faster, and their activations take gigabytes.
_IMAGES_ON_CPU = 16
#: Precisions and what autocast computes in.
PRECISIONS = {'fp32': None, 'bf16': torch.bfloat16, 'fp16': torch.float16}


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
        channels_last (bool): Convert the weights to that memory format.
            Defaults to True; crops come that way anyway.

    Raises:
        ValueError: If the device can't compute in that precision.
    """

    def __init__(self,
                 model: nn.Module,
                 *,
                 flip_indices: Optional[Sequence[int]] = None,
                 precision: str = 'fp32',
                 channels_last: bool = True) -> None:
        if precision not in PRECISIONS:
            raise ValueError(f'precision must be one of '
                             f'{tuple(PRECISIONS)}, got {precision!r}')
        self.model = model
        self.device = next(model.parameters()).device
        if precision == 'fp16' and self.device.type == 'cpu':
            raise ValueError('fp16 is for GPUs; on a CPU take bf16 or fp32')
        if precision == 'bf16' and self.device.type == 'cpu':
            require_bf16()
        if self.device.type == 'cpu':
            keep_freed_memory()
        self.dtype = PRECISIONS[precision]
        self.parts = RefinerParts(model, flip_indices)
        if channels_last:
            model.memory_format = torch.channels_last
            model.to(memory_format=torch.channels_last)

    def autocast(self) -> ContextManager:
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
            logits = torch.cat([self.run(part)
                                for part in inputs.split(at_once)])
        return self._receive(
            self.parts.locate(logits.float(), pose, visible))

    def run(self, inputs: Tensor) -> Tensor:
        """Run the network; a subclass may compile it.

        Args:
            inputs (Tensor): Images and pose maps, (M, 3 + C, h, w).

        Returns:
            Tensor: As :class:`RefinerNetwork`, (M, K + E, H, W).
        """
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
