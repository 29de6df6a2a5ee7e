"""Fold batch norms into the convolutions before them."""
from typing import Callable, Dict, List, NamedTuple, Tuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

_CONVS = (nn.Conv2d, nn.ConvTranspose2d)


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
        run (Callable[[], Tensor]): Runs it on some input and gives its
            output.

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


def _find_pairs(model: nn.Module,
                run: Callable[[], Tensor]) -> Tuple[List[_Pair], Tensor]:
    """Tell which convolution feeds which batch norm, and give the output."""
    # outputs are kept so that no two of them share an id
    outputs: Dict[int, Tuple[nn.Module, Tensor]] = {}
    fed: List[Tuple[nn.Module, nn.Module]] = []
    calls: List[nn.Module] = []

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
