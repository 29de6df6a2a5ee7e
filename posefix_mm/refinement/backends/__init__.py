"""What runs the network: PyTorch or an inference engine."""
from typing import Sequence

from torch import nn

from .base import Backend, Located
from .sample_backend import SampleBackend
from .torch_backend import PRECISIONS, TorchBackend

#: Names of the back ends.
BACKENDS = ('torch', )


def build_backend(model: nn.Module,
                  metainfo: dict,
                  *,
                  backend: str = 'torch',
                  precision: str = 'fp32',
                  flip_test: bool = True) -> Backend:
    """Choose what runs a refiner.

    Args:
        model (nn.Module): A ``PoseRefiner`` in evaluation mode, on its
            device.
        metainfo (dict): Skeleton.
        backend (str): One of :data:`BACKENDS`. Defaults to ``'torch'``.
        precision (str): ``'fp32'``, ``'bf16'`` or ``'fp16'``. Defaults to
            ``'fp32'``.
        flip_test (bool): Average with the mirrored image. Defaults to True.

    Returns:
        Backend: Runs the network.

    Raises:
        ValueError: If there is no such back end, or it can't do what is asked.
    """
    if backend not in BACKENDS:
        raise ValueError(f'backend must be one of {BACKENDS}, got {backend!r}')
    flip_indices: Sequence[int] = metainfo['flip_indices']
    if not hasattr(model.head, 'locate'):
        if precision != 'fp32':
            raise ValueError(f'{type(model.head).__name__} runs in fp32 only, '
                             f'got {precision!r}')
        model.test_cfg = dict(model.test_cfg, flip_test=flip_test)
        return SampleBackend(model, metainfo)
    return TorchBackend(
        model,
        flip_indices=flip_indices if flip_test else None,
        precision=precision)


__all__ = ['BACKENDS', 'PRECISIONS', 'Backend', 'Located', 'build_backend']
