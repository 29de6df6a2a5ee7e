"""A refiner in three parts: before, in and behind its network."""
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

_CONVS = (nn.Conv2d, nn.ConvTranspose2d)


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


class _Pair(NamedTuple):
    """A convolution, the batch norm of its output, and where that lies."""

    conv: nn.Module
    norm: nn.Module
    parent: nn.Module
    name: str


def fold_batch_norm(model: nn.Module, run: Callable[[], Tensor]) -> int:
    """Fold batch norms into the convolutions before them, in place.

    What follows what is seen by running the network, not guessed from the
    order of its modules. A network that gives something else afterwards,
    because it uses the output of a convolution in more than one place, is
    left as it was.

    Args:
        model (nn.Module): Network in evaluation mode.
        run (Callable[[], Tensor]): Runs it on some input.

    Returns:
        int: Number of batch norms that are gone.
    """
    with torch.no_grad():
        pairs, before = _find_pairs(model, run)
        kept = [(pair, pair.conv.weight, pair.conv.bias) for pair in pairs]
        for pair in pairs:
            _fold(pair)
        after = run()
    atol = 1e-3 * float(before.abs().max())
    if torch.allclose(after, before, rtol=0, atol=atol):
        return len(pairs)
    for pair, weight, bias in kept:
        pair.conv.weight, pair.conv.bias = weight, bias
        setattr(pair.parent, pair.name, pair.norm)
    return 0


def _find_pairs(model: nn.Module, run: Callable[[], Tensor]
                ) -> tuple[list[_Pair], Tensor]:
    """Tell which convolution feeds which batch norm, and give the output."""
    # outputs are kept so that no two of them share an id
    outputs: dict[int, tuple[nn.Module, Tensor]] = {}
    fed: list[tuple[nn.Module, nn.Module]] = []
    calls: list[nn.Module] = []

    def after_conv(conv: nn.Module, _: tuple, output: Tensor) -> None:
        calls.append(conv)
        outputs[id(output)] = conv, output

    def before_norm(norm: nn.Module, inputs: tuple) -> None:
        calls.append(norm)
        if id(inputs[0]) in outputs:
            fed.append((outputs[id(inputs[0])][0], norm))

    hooks = [
        module.register_forward_hook(after_conv) if isinstance(
            module, _CONVS) else module.register_forward_pre_hook(before_norm)
        for module in model.modules()
        if isinstance(module, (*_CONVS, _BatchNorm))
    ]
    try:
        result = run()
    finally:
        for hook in hooks:
            hook.remove()
    places = {
        child: (parent, name)
        for parent in model.modules()
        for name, child in parent.named_children()
    }
    # a module that is used twice has two things before or behind it
    return [
        _Pair(conv, norm, *places[norm]) for conv, norm in fed
        if calls.count(conv) == calls.count(norm) == 1
    ], result


def _fold(pair: _Pair) -> None:
    fused = fuse_conv_bn_eval(
        pair.conv,
        pair.norm,
        transpose=isinstance(pair.conv, nn.ConvTranspose2d))
    pair.conv.weight, pair.conv.bias = fused.weight, fused.bias
    # timm's batch norms hold the activation as well
    rest = [
        getattr(pair.norm, name) for name in ('drop', 'act')
        if isinstance(getattr(pair.norm, name, None), nn.Module)
    ]
    setattr(pair.parent, pair.name, nn.Sequential(*rest))
