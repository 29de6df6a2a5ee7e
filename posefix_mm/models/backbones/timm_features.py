"""Backbones of the timm library."""
from typing import Optional, Sequence, Tuple

import torch
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor

from ..layers import run_depthwise_in_float32
from .packaged_weights import load_efficientnet_lite0


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
        fp32_depthwise (bool): Keep depthwise convolutions in float32 under
            AMP. On CPUs their backward pass in bfloat16 has no fast kernel;
            this made a training step of EfficientNet-Lite0 several times
            faster. Defaults to False.
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
                 init_cfg: Optional[dict] = None) -> None:
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

    def forward(self, inputs: Tensor) -> Tuple[Tensor]:
        """Compute feature maps.

        Args:
            inputs (Tensor): (B, C, h, w).

        Returns:
            Tuple[Tensor]: One map for each of ``out_indices``.
        """
        inputs = inputs.contiguous(memory_format=self.memory_format)
        return tuple(self.body(inputs))
