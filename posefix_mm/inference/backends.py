"""What runs the network: PyTorch here, and inference engines."""
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .._compat import keep_freed_memory
from .crops import Crops

#: Names of the back ends.
BACKENDS = ('torch', 'compile', 'onnxruntime', 'openvino')
#: Precisions and what autocast computes in.
PRECISIONS = {'fp32': None, 'bf16': torch.bfloat16, 'fp16': torch.float16}
#: What :meth:`PoseRefiner.locate` gives, as arrays.
Located = tuple[np.ndarray, ...]
# So many images, mirrored ones among them, run at once on a CPU. More are
# slower, and their activations take gigabytes.
_IMAGES_ON_CPU = 16
# Of processors with bfloat16, as PyTorch and Linux name them: AVX512-BF16,
# AMX, Arm's.
_BF16_FLAGS = {'avx512_bf16', 'amx_bf16', 'bf16', 'arm_bf16', 'sve_bf16',
               'svebf16'}
_CPU_INFO = Path('/proc/cpuinfo')
_CONVS = (nn.Conv2d, nn.ConvTranspose2d)


class Backend(Protocol):
    """Runs the network on batches of crops."""

    def start(self, crops: Crops) -> Callable[[], Located]:
        """Start on a batch of N crops; may return before the device is done.

        Returns:
            Callable[[], Located]: Waits for the device and gives the result.
        """


def build_backend(model: nn.Module,
                  metainfo: dict,
                  *,
                  backend: str = 'torch',
                  precision: str = 'fp32',
                  flip_test: bool = True) -> Backend:
    """Choose what runs a refiner, as :class:`PosePredictor` is asked to.

    The model, a ``PoseRefiner`` in evaluation mode, on its device, is changed
    for inference only: its batch norms are folded into the convolutions.

    Raises:
        ImportError: If a back end's package is not installed.
        RuntimeError: If there is no C++ compiler, which ``'compile'`` needs
            on CPUs.
        ValueError: If there is no such back end, or it can't do what is asked.
    """
    if backend not in BACKENDS:
        raise ValueError(f'backend must be one of {BACKENDS}, got {backend!r}')
    if not hasattr(model.head, 'locate'):
        if (backend, precision) != ('torch', 'fp32'):
            raise ValueError(
                f"{type(model.head).__name__} runs by backend 'torch' in fp32 "
                f'only, got {backend!r} and {precision!r}')
        model.test_cfg = dict(model.test_cfg, flip_test=flip_test)
        return SampleBackend(model, metainfo)
    flip_indices = list(metainfo['flip_indices']) if flip_test else None
    if backend in ('torch', 'compile'):
        kind = TorchBackend if backend == 'torch' else CompileBackend
    else:
        from . import engines
        kind = engines.ENGINES[backend]
    return kind(model, flip_indices=flip_indices, precision=precision)


class RefinerNetwork(nn.Module):
    """Backbone, neck and the convolutions of the head: what takes the time.

    An engine runs this alone: pose maps and soft-argmax keep all of their
    digits where the network computes in bfloat16. ``model`` is a
    ``PoseRefiner`` with a ``PoseFixHead`` in evaluation mode, whose batch
    norms are folded into the convolutions, in place.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.training = False
        fold_batch_norm(model, lambda: self(self.example_inputs()))

    def forward(self, inputs: Tensor) -> Tensor:
        """Compute maps, (M, K + E, H, W), of images and pose maps."""
        return self.model.compute_maps(inputs)

    def example_inputs(self, batch_size: int = 1) -> Tensor:
        """Make up M inputs of the network, always the same."""
        width, height = map(int, self.model.head.decoder.input_size)
        noise = torch.randn(
            (batch_size, 3 + self.model.pose_channels, height, width),
            generator=torch.Generator().manual_seed(0))
        return noise.to(next(self.model.parameters())) * 64


def no_poses(crops: Crops) -> Callable[[], Located]:
    """Answer a batch without crops, which no engine takes."""
    shape = crops.input_pose.shape
    located = np.empty(shape, np.float32), np.empty(shape[:2], np.float32)
    return lambda: located


def run_in_parts(run: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Run a network on inputs (M, ...), a few at once on a CPU."""
    at_once = _IMAGES_ON_CPU if inputs.device.type == 'cpu' else len(inputs)
    return torch.cat([run(part) for part in inputs.split(at_once)])


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
    next batch: :meth:`start` never waits for the device. With the flip test,
    images and their mirrors are one batch. Arguments are those of
    :func:`build_backend`, ``flip_indices`` (K, ) asking for the flip test.
    """

    def __init__(self, model: nn.Module, *,
                 flip_indices: Sequence[int] | None, precision: str) -> None:
        if precision not in PRECISIONS:
            raise ValueError(f'precision must be one of '
                             f'{tuple(PRECISIONS)}, got {precision!r}')
        self.model = model
        self.device = next(model.parameters()).device
        on_cpu = self.device.type == 'cpu'
        if precision == 'fp16' and on_cpu:
            raise ValueError('fp16 is for GPUs; on a CPU take bf16 or fp32')
        if precision == 'bf16' and on_cpu and not has_bf16():
            raise ValueError(
                'this processor has no bfloat16 instructions (AVX512-BF16, '
                "AMX or Arm's): bf16 would be slower than fp32; take "
                "precision 'fp32'")
        if on_cpu:
            keep_freed_memory()
        self.dtype = PRECISIONS[precision]
        self.flip_indices = flip_indices
        self.network = RefinerNetwork(model)
        # crops come that way anyway
        model.memory_format = torch.channels_last
        model.to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def start(self, crops: Crops) -> Callable[[], Located]:
        """Start on a batch; see :class:`Backend`."""
        if not len(crops):
            return no_poses(crops)
        images, *pose = (
            self._send(torch.from_numpy(array)) for array in (
                crops.images, crops.input_pose, crops.input_pose_visible))
        inputs = self.model.prepare(
            images.permute(0, 3, 1, 2), *pose, self.flip_indices)
        with nullcontext() if self.dtype is None else torch.autocast(
                self.device.type, dtype=self.dtype):
            maps = run_in_parts(self.run, inputs)
        # products of coordinates need more digits than half precision has
        return self._receive(
            self.model.locate(maps.float(), *pose, self.flip_indices))

    def run(self, inputs: Tensor) -> Tensor:
        """Run the network, as :class:`RefinerNetwork` does."""
        return self.network(inputs)

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
            self.network, dynamic=True, options=options)

    def run(self, inputs: Tensor) -> Tensor:
        """Run the network; see :meth:`TorchBackend.run`."""
        if len(inputs) > 1:
            return self.compiled(inputs)
        # a batch of one would be compiled for itself
        return self.compiled(inputs.expand(2, -1, -1, -1).contiguous(
            memory_format=self.model.memory_format))[:1]


class SampleBackend:
    """A refiner whose head can't work on tensors alone, by data samples.

    Such as mmpose's ``HeatmapHead`` in an ablation; slower than
    :class:`TorchBackend`. The flip test is in the model's ``test_cfg``.
    """

    def __init__(self, model: nn.Module, metainfo: dict) -> None:
        self.model = model
        self.metainfo = metainfo

    @torch.no_grad()
    def start(self, crops: Crops) -> Callable[[], Located]:
        """Run a batch; see :class:`Backend`."""
        if not len(crops):
            return no_poses(crops)
        images = torch.from_numpy(crops.images).permute(0, 3, 1, 2)
        samples = [self._sample(crops, i) for i in range(len(crops))]
        outputs = self.model.test_step(
            dict(inputs=list(images), data_samples=samples))
        names = ['keypoints', 'keypoint_scores']
        if 'pose_scores' in outputs[0].pred_instances:
            names.append('pose_scores')
        located = tuple(
            np.concatenate([o.pred_instances[name] for o in outputs]).astype(
                np.float32) for name in names)
        return lambda: located

    def _sample(self, crops: Crops, index: int) -> PoseDataSample:
        height, width = crops.images.shape[1:3]
        size = np.array([width, height], np.float32)
        part = slice(index, index + 1)
        return PoseDataSample(
            # centre and scale of the crop itself: predictions stay there
            metainfo=dict(
                flip_indices=self.metainfo['flip_indices'],
                input_size=(width, height),
                input_center=size / 2,
                input_scale=size),
            gt_instances=InstanceData(
                bboxes=np.array([[0, 0, width, height]], np.float32),
                bbox_scores=np.ones(1, np.float32)),
            gt_instance_labels=InstanceData(
                input_pose=torch.from_numpy(crops.input_pose[part]),
                input_pose_visible=torch.from_numpy(
                    crops.input_pose_visible[part])))


class _Pair(NamedTuple):
    """A convolution, the batch norm of its output, and where that lies."""

    conv: nn.Module
    norm: nn.Module
    parent: nn.Module
    name: str


def fold_batch_norm(model: nn.Module, run: Callable[[], Tensor]) -> int:
    """Fold batch norms into the convolutions before them, in place.

    What follows what is seen by running the network in evaluation mode, not
    guessed from the order of its modules. A network that gives something else
    afterwards, because it uses the output of a convolution in more than one
    place, is left as it was. Returns how many batch norms are gone.
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
    """Find which convolution feeds which batch norm, and the output."""
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
