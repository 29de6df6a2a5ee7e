"""Heads of heatmaps on a feature pyramid, one of them CPN's."""
from typing import List, Optional, Sequence, Tuple

import torch
from mmcv.cnn import ConvModule
from mmpose.models.backbones.resnet import Bottleneck
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptConfigType
from torch import Tensor, nn
from torch.nn import functional as F

_NORM = dict(type='BN')


@MODELS.register_module()
class CPNHead(HeatmapHead):
    """GlobalNet's maps of every pyramid level, and RefineNet on top.

    `CPN`_, the estimator that PoseFix refines in its main experiments and is
    compared with end-to-end refinement on. The pyramid is mmpose's ``FPN``.

    Args:
        in_channels (int): Channels of the pyramid.
        out_channels (int): Number of keypoints K.
        num_levels (int): Pyramid levels, the finest first. Defaults to 4.
        loss (dict): Loss of GlobalNet's maps. Defaults to mmpose's
            ``KeypointMSELoss``.
        refine_loss (dict): Loss of RefineNet's maps. Defaults to mmpose's
            ``KeypointOHKMMSELoss``, the hardest 8 keypoints.
        decoder (dict, optional): Config of the codec. Defaults to None.
        **kwargs: Further arguments of :class:`mmpose.models.HeatmapHead`.

    .. _`CPN`: https://arxiv.org/abs/1711.07319
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 *,
                 num_levels: int = 4,
                 loss: Optional[ConfigType] = None,
                 refine_loss: Optional[ConfigType] = None,
                 decoder: OptConfigType = None,
                 **kwargs) -> None:
        super().__init__(
            in_channels,
            out_channels,
            deconv_out_channels=None,
            final_layer=dict(kernel_size=3, padding=1),
            loss=loss or dict(type='KeypointMSELoss', use_target_weight=True),
            decoder=decoder,
            **kwargs)
        self.refine_loss = MODELS.build(
            refine_loss
            or dict(type='KeypointOHKMMSELoss', use_target_weight=True))
        self.global_layers = nn.ModuleList(
            nn.Sequential(
                ConvModule(in_channels, in_channels, 1, norm_cfg=_NORM),
                nn.Conv2d(in_channels, out_channels, 3, padding=1))
            for _ in range(num_levels))
        # the coarser a level, the more bottlenecks
        self.refine_layers = nn.ModuleList(
            nn.Sequential(
                *(Bottleneck(in_channels, in_channels, expansion=2)
                  for _ in range(level))) for level in range(num_levels))
        self.merge = nn.Sequential(
            ConvModule(num_levels * in_channels, in_channels, 1,
                       norm_cfg=_NORM),
            Bottleneck(in_channels, in_channels, expansion=2))

    def forward_levels(
            self, feats: Sequence[Tensor]) -> Tuple[List[Tensor], Tensor]:
        """Compute all maps of a pyramid, the finest level (B, C, H, W) first.

        Returns:
            tuple: GlobalNet's maps of each level and RefineNet's, all
            (B, K, H, W).
        """
        size = feats[0].shape[-2:]

        def enlarge(maps: Tensor) -> Tensor:
            return F.interpolate(
                maps, size, mode='bilinear', align_corners=False)

        levels = [
            enlarge(layer(feat))
            for layer, feat in zip(self.global_layers, feats, strict=True)
        ]
        refined = torch.cat([
            enlarge(layer(feat))
            for layer, feat in zip(self.refine_layers, feats, strict=True)
        ], dim=1)
        return levels, self.final_layer(self.merge(refined))

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Compute RefineNet's maps, (B, K, H, W), which are the prediction."""
        return self.forward_levels(feats)[1]

    def loss(self,
             feats: Sequence[Tensor],
             batch_data_samples: list,
             train_cfg: Optional[ConfigType] = None) -> dict:
        """Calculate ``loss_global`` and ``loss_refine``.

        Of B samples with ``heatmaps`` and ``keypoint_weights``.
        """
        levels, refined = self.forward_levels(feats)
        target = torch.stack(
            [sample.gt_fields.heatmaps for sample in batch_data_samples])
        weights = torch.cat([
            sample.gt_instance_labels.keypoint_weights
            for sample in batch_data_samples
        ])
        loss = sum(
            self.loss_module(maps, target, weights) for maps in levels)
        return dict(
            loss_global=loss / len(levels),
            loss_refine=self.refine_loss(refined, target, weights))


@MODELS.register_module()
class PyramidHeatmapHead(HeatmapHead):
    """mmpose's heatmap head, which reads the last feature map, on any.

    Args:
        *args: As :class:`mmpose.models.HeatmapHead`.
        in_index (int): Which of the feature maps is used. Defaults to the
            first, a pyramid's finest.
        **kwargs: As :class:`mmpose.models.HeatmapHead`.
    """

    def __init__(self, *args, in_index: int = 0, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.in_index = in_index

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Compute heatmaps (B, K, H, W) of one of the feature maps."""
        return super().forward((feats[self.in_index], ))
