"""Run the network in an inference engine."""
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from ..crops import Crops
from .base import Located, no_poses
from .refiner_parts import RefinerParts


class EngineBackend:
    """A refiner whose network runs in an engine that reads ONNX.

    The network alone is exported, in memory, by
    :func:`posefix_mm.export.network_to_onnx`; pose maps and soft-argmax stay
    in PyTorch.

    Args:
        model (nn.Module): A ``PoseRefiner`` with a ``PoseFixHead``, in
            evaluation mode, on the CPU. Its batch norms are folded into the
            convolutions, in place.
        flip_indices (Sequence[int], optional): Twin of every keypoint, (K, ):
            average with the mirrored image. Defaults to None: no flip test.

    Raises:
        ImportError: If what exports is not installed.
        ValueError: If the model is not on the CPU.
    """

    def __init__(self,
                 model: nn.Module,
                 *,
                 flip_indices: Sequence[int] | None = None) -> None:
        device = next(model.parameters()).device
        if device.type != 'cpu':
            raise ValueError(f'{type(self).__name__} runs on the CPU only, '
                             f'the model is on {device}')
        self.parts = RefinerParts(model, flip_indices)

    def export(self) -> bytes:
        """Export the network.

        Returns:
            bytes: An ONNX model from ``inputs`` to ``logits``.
        """
        from .onnx_model import network_to_onnx
        return network_to_onnx(self.parts).SerializeToString()

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
