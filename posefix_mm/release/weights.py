"""Weights of others, put in their places and written."""
from pathlib import Path

import torch
from mmengine.registry import DefaultScope
from mmpose.registry import MODELS

from ..fileio import atomic_write
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
