"""Run a model on whole images without padding any."""
from itertools import groupby, islice
from typing import Any, List, Sequence

import torch
from mmengine.dataset import pseudo_collate
from torch import nn

# Whole images are large: more at once is hardly faster, but takes memory.
_MAX_BATCH = 8


@torch.no_grad()
def run_by_shape(model: nn.Module, samples: Sequence[dict]) -> List[Any]:
    """Run a model on samples, neighbours of one shape as a batch.

    Args:
        model (nn.Module): With a ``test_step``.
        samples (Sequence[dict]): ``inputs`` (a tensor, (C, H, W)) and
            ``data_samples`` of each.

    Returns:
        List[Any]: Outputs in the order of the samples.
    """
    outputs = []
    for _, group in groupby(samples, lambda sample: sample['inputs'].shape):
        while batch := list(islice(group, _MAX_BATCH)):
            outputs.extend(model.test_step(pseudo_collate(batch)))
    return outputs
