"""A refiner in three parts: before, in and behind its network."""
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .fold_batch_norm import fold_batch_norm


class RefinerNetwork(nn.Module):
    """Backbone, neck and the convolutions of the head: what takes the time.

    Of a ``PoseRefiner`` with a ``PoseFixHead``, in evaluation mode.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.training = False

    def forward(self, inputs: Tensor) -> Tensor:
        """Compute maps, (M, K + E, H, W), of images and pose maps."""
        return self.model.head.compute_maps(self.model.extract_feat(inputs))


class RefinerParts(nn.Module):
    """What :meth:`PoseRefiner.refine` does, in three parts.

    An engine runs the network alone: pose maps and soft-argmax keep all of
    their digits where the network computes in bfloat16. With the flip test,
    images and their mirrors are one batch. Batch norms are folded into the
    convolutions, in place.

    Note:
        - poses: N
        - images in a batch: M, N or with the flip test 2 * N
        - keypoints: K
        - channels of the rendered pose: C
        - input size: [w, h]

    Args:
        model (nn.Module): A ``PoseRefiner`` with a ``PoseFixHead``, in
            evaluation mode, on its device.
        flip_indices (Sequence[int], optional): Twin of every keypoint, (K, ):
            average with the mirrored image. Defaults to None: no flip test.
    """

    def __init__(self,
                 model: nn.Module,
                 flip_indices: Sequence[int] | None = None) -> None:
        super().__init__()
        self.network = RefinerNetwork(model)
        self.flip_indices = None if flip_indices is None else list(
            flip_indices)
        self.training = False
        fold_batch_norm(model, lambda: self.network(self.example_inputs()))

    @property
    def model(self) -> nn.Module:
        """The refiner."""
        return self.network.model

    @property
    def input_size(self) -> tuple[int, int]:
        """[w, h]."""
        width, height = self.model.head.decoder.input_size
        return int(width), int(height)

    def example_inputs(self, batch_size: int = 1) -> Tensor:
        """Make up M inputs of the network, always the same."""
        weight = next(self.model.parameters())
        width, height = self.input_size
        noise = torch.randn(
            (batch_size, 3 + self.model.pose_channels, height, width),
            generator=torch.Generator().manual_seed(0))
        return noise.to(weight) * 64

    def prepare(self, images: Tensor, input_pose: Tensor,
                input_pose_visible: Tensor) -> Tensor:
        """Do what is before the network; arguments as of :meth:`forward`.

        Returns:
            Tensor: Images and pose maps, (M, 3 + C, h, w).
        """
        model = self.model
        with torch.autocast(images.device.type, enabled=False):
            inputs = model.add_maps(
                model.normalize(images.permute(0, 3, 1, 2)), input_pose,
                input_pose_visible)
            if self.flip_indices is None:
                return inputs
            mirrored = model.flip(inputs, self.flip_indices, input_pose,
                                  input_pose_visible)
            return torch.cat((inputs, mirrored))

    def locate(self, logits: Tensor, input_pose: Tensor,
               input_pose_visible: Tensor) -> tuple[Tensor, ...]:
        """Do what is behind the network, which gave the logits.

        Returns:
            tuple: As :meth:`PoseRefiner.locate`.
        """
        logits_flip = None
        if self.flip_indices is not None:
            half = logits.shape[0] // 2
            logits, logits_flip = logits[:half], logits[half:]
        # products of coordinates need more digits than half precision has
        with torch.autocast(logits.device.type, enabled=False):
            return self.model.locate(logits, logits_flip, self.flip_indices,
                                     (input_pose, input_pose_visible))

    def forward(self, images: Tensor, input_pose: Tensor,
                input_pose_visible: Tensor) -> tuple[Tensor, ...]:
        """Refine: all three parts.

        Args:
            images (Tensor): BGR, uint8 (N, h, w, 3).
            input_pose (Tensor): Input pixels, (N, K, 2).
            input_pose_visible (Tensor): Above 0 where present, (N, K).

        Returns:
            tuple: As :meth:`PoseRefiner.locate`.
        """
        inputs = self.prepare(images, input_pose, input_pose_visible)
        return self.locate(
            self.network(inputs), input_pose, input_pose_visible)
