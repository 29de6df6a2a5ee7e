"""What runs the network: PyTorch or an inference engine."""
from torch import nn

from .engine_backends import OnnxRuntimeBackend, OpenVinoBackend
from .refiner_parts import RefinerParts
from .sample_backend import SampleBackend
from .torch_backends import Backend, CompileBackend, TorchBackend

_CLASSES = {
    'torch': TorchBackend,
    'compile': CompileBackend,
    'onnxruntime': OnnxRuntimeBackend,
    'openvino': OpenVinoBackend,
}

#: Names of the back ends.
BACKENDS = tuple(_CLASSES)


def build_backend(model: nn.Module,
                  metainfo: dict,
                  *,
                  backend: str = 'torch',
                  precision: str = 'fp32',
                  flip_test: bool = True) -> Backend:
    """Choose what runs a refiner.

    Args:
        model (nn.Module): A ``PoseRefiner`` in evaluation mode, on its
            device. It is changed, for inference only: its batch norms are
            folded into the convolutions.
        metainfo (dict): Skeleton.
        backend (str): One of :data:`BACKENDS`. Defaults to ``'torch'``.
        precision (str): ``'fp32'``, ``'bf16'`` or ``'fp16'``. Defaults to
            ``'fp32'``.
        flip_test (bool): Average with the mirrored image. Defaults to True.

    Returns:
        Backend: Runs the network.

    Raises:
        ImportError: If a back end's package is not installed.
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
    flip_indices = metainfo['flip_indices']
    return _CLASSES[backend](
        model,
        flip_indices=flip_indices if flip_test else None,
        precision=precision)


__all__ = ['BACKENDS', 'Backend', 'RefinerParts', 'build_backend']
