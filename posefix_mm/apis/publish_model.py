"""Make a small file of weights out of a training checkpoint."""
from pathlib import Path

import torch

from ..fileio import CHECKPOINT_ERRORS, atomic_write
from ..version import __version__


def publish_model(checkpoint: str | Path,
                  out: str | Path,
                  *,
                  half: bool = True) -> int:
    """Keep nothing but the weights of a checkpoint of MMEngine's runner.

    The file holds plain tensors and numbers, so ``torch.load`` reads it with
    ``weights_only=True`` and without any allow-list. mmengine saves averaged
    weights (``EMAHook``) as the model's, and these are what is kept.

    Args:
        checkpoint (str | Path): File that a training saved.
        out (str | Path): File to write.
        half (bool): Store convolutions and matrices in half precision; they
            are loaded into float32 models again. Vectors, and with them the
            statistics of batch normalisation, keep their precision. Defaults
            to True.

    Returns:
        int: Bytes written.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ValueError: If it is no checkpoint, holds no ``state_dict``, or if
            weights do not fit half precision.
    """
    checkpoint, out = Path(checkpoint), Path(out)
    if not checkpoint.is_file():
        raise FileNotFoundError(f'the checkpoint {checkpoint} does not exist')
    if out.resolve() == checkpoint.resolve():
        raise ValueError(f'the output {out} would overwrite the checkpoint')
    try:
        content = torch.load(checkpoint, map_location='cpu', weights_only=True)
    except CHECKPOINT_ERRORS as error:
        raise ValueError(f'{checkpoint} is not a checkpoint: '
                         f'{" ".join(str(error).split()):.300}') from error
    weights = content.get('state_dict') if isinstance(content, dict) else None
    if not isinstance(weights, dict):
        raise ValueError(f'{checkpoint} has no state_dict; a checkpoint of '
                         "mmengine's runner is needed")
    kept = {name: _shrink(name, value, half)
            for name, value in weights.items()}
    meta = content.get('meta', {})
    meta = dict(epoch=int(meta.get('epoch', 0)), iter=int(meta.get('iter', 0)),
                posefix_mm_version=__version__)
    with atomic_write(out) as file:
        torch.save(dict(state_dict=kept, meta=meta), file)
    return out.stat().st_size


def _shrink(name: str, value: torch.Tensor, half: bool) -> torch.Tensor:
    """Copy a tensor, which may be a view of much more memory."""
    if not half or value.ndim < 2 or not value.is_floating_point():
        return value.clone()
    small = value.half()
    if not torch.isfinite(small).all():
        raise ValueError(f'{name} does not fit half precision')
    return small
