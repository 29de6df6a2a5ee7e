"""Mixed precision on processors, which mmengine keeps to accelerators."""
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.optim import OptimWrapper
from mmpose.registry import OPTIM_WRAPPERS
from torch import nn


@OPTIM_WRAPPERS.register_module()
class Bfloat16OptimWrapper(OptimWrapper):
    """Train under bfloat16 autocast on whatever device the model is.

    mmengine's ``AmpOptimWrapper`` refuses to run on a CPU, although recent
    ones multiply bfloat16 matrices several times faster than float32.
    bfloat16 has the range of float32, so gradients need no scaling. Where the
    processor has no bfloat16 instructions this is slow; leave it out there.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Run the forward pass under autocast."""
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(
                device, dtype=torch.bfloat16):
            yield
