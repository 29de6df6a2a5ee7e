"""Weights: those of others put in their places, our own made small."""
from pathlib import Path

import torch
from mmengine.registry import DefaultScope
from mmpose.registry import MODELS

from ..fileio import CHECKPOINT_ERRORS, atomic_write
from ..version import __version__


def fit_state(
        tensors: dict[str, tuple[str | None, torch.Tensor]],
        state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Put foreign tensors in their places, all of them or none.

    Args:
        tensors (dict[str, tuple[str | None, Tensor]]): Name in ``state``, None
            if unknown, and tensor, by their own names.
        state (dict[str, torch.Tensor]): For names and shapes only.

    Raises:
        ValueError: If tensors have no place, entries of ``state`` no tensor,
            or shapes differ; the message names them all.
    """
    result, unmapped, misshapen = {}, [], []
    for name, (target, tensor) in tensors.items():
        if target not in state:
            unmapped.append(name)
            continue
        if tensor.shape != state[target].shape:
            misshapen.append(f'{name} {tuple(tensor.shape)} for {target} '
                             f'{tuple(state[target].shape)}')
        result[target] = tensor
    missing = [
        key for key in state
        if key not in result and not key.endswith('num_batches_tracked')]
    problems = dict(unmapped=unmapped, missing=missing, misshapen=misshapen)
    if any(problems.values()):
        raise ValueError('; '.join(
            f'{title}: {names}' for title, names in problems.items() if names))
    return result


def expected_state(model: dict) -> dict[str, torch.Tensor]:
    """Names and shapes of the state of a model's config, without memory."""
    with torch.device('meta'), DefaultScope.overwrite_default_scope('mmpose'):
        return MODELS.build(model).state_dict()


def write_weights(state: dict[str, torch.Tensor], out: str | Path) -> None:
    """Write a checkpoint of weights alone, whole or not at all."""
    with atomic_write(out) as file:
        meta = dict(posefix_mm_version=__version__)
        torch.save(dict(state_dict=state, meta=meta), file)


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
