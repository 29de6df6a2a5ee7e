"""Give any backbone more input channels than its image has."""
from functools import partial

import torch
from mmengine.model import kaiming_init
from torch import nn


def find_input_conv(backbone: nn.Module, in_channels: int = 3) -> nn.Conv2d:
    """Find the first convolution of a backbone, which reads the image.

    Raises:
        ValueError: If there is none on ``in_channels``.
    """
    for module in backbone.modules():
        if isinstance(module, nn.Conv2d) and module.in_channels == in_channels:
            return module
    raise ValueError(
        f'{type(backbone).__name__} has no convolution with {in_channels} '
        'input channels to which pose channels could be added')


def add_input_channels(backbone: nn.Module, extra_channels: int) -> None:
    """Extend the first convolution of a backbone, in place.

    A backbone with a method ``add_input_channels`` does it in its own way.

    The convolution stays the object it is, with its own kind of padding. The
    extra channels are initialised by He, the fan being the inputs from all
    channels (code of the release). Weights for an image alone still load:
    they fill the image channels and leave the extra ones as they are.

    Args:
        backbone (nn.Module): Any network on images of 3 channels.
        extra_channels (int): Channels that come behind those of the image.

    Raises:
        ValueError: If the first convolution is missing or grouped.
    """
    if hasattr(backbone, 'add_input_channels'):
        backbone.add_input_channels(extra_channels)
        return
    conv = find_input_conv(backbone)
    if conv.groups != 1:
        raise ValueError('a grouped convolution cannot be given extra input '
                         f'channels, got groups={conv.groups}')
    image_channels = conv.in_channels
    fresh = nn.Conv2d(image_channels + extra_channels, conv.out_channels,
                      conv.kernel_size, bias=False)
    kaiming_init(fresh, mode='fan_in')
    with torch.no_grad():
        fresh.weight[:, :image_channels] = conv.weight
    conv.weight = fresh.weight
    conv.in_channels = image_channels + extra_channels

    conv._register_load_state_dict_pre_hook(
        partial(_complete_weight, image_channels), with_module=True)


def _complete_weight(image_channels: int, conv: nn.Conv2d, state_dict: dict,
                     prefix: str, *_: object) -> None:
    """Give weights for an image alone the extra channels that ``conv`` has.

    Neither a closure nor bound to the convolution, so that a model with this
    hook can be pickled, and a copy of it, such as the average of its weights,
    reads its own channels.
    """
    key = prefix + 'weight'
    weight = state_dict.get(key)
    if weight is not None and weight.shape[1] == image_channels:
        extra = conv.weight.detach()[:, image_channels:].to(weight)
        state_dict[key] = torch.cat((weight, extra), dim=1)
