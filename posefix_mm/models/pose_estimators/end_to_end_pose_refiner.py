"""A refiner that is trained together with one estimator, on its output."""
from collections.abc import Sequence

import torch
from mmpose.registry import MODELS
from mmpose.utils.typing import ConfigType, OptSampleList, SampleList
from torch import Tensor
from torch.nn import functional as F

from .pose_refiner import PoseRefiner


@MODELS.register_module()
class EndToEndPoseRefiner(PoseRefiner):
    """Refinement module on an estimator's own maps ("E2E-refine", table 1).

    What PoseFix is compared with: a module of the same architecture reads the
    image and the heatmaps of an estimator, and both are trained at once.
    There is no input pose and no synthesized error, so it fits this estimator
    only.

    Args:
        backbone (dict): Backbone of the refinement module, on 3 channels.
        estimator (dict): Config of a top-down heatmap estimator. The images
            are normalised by the refiner's data preprocessor.
        num_keypoints (int): K.
        pose_amplitude (float): What a heatmap value of 1 becomes. Defaults to
            255.
        **kwargs: Further arguments of :class:`PoseRefiner`.
    """

    def __init__(self,
                 backbone: ConfigType,
                 *,
                 estimator: ConfigType,
                 num_keypoints: int,
                 pose_amplitude: float = 255.,
                 **kwargs) -> None:
        super().__init__(
            backbone,
            num_keypoints=num_keypoints,
            pose_sigma=None,
            pose_amplitude=pose_amplitude,
            **kwargs)
        self.estimator = MODELS.build(estimator)

    def add_heatmaps(self, inputs: Tensor, feats: Sequence[Tensor]) -> Tensor:
        """Put the maps of the estimator's features behind the images.

        Returns:
            Tensor: (B, 3 + K, h, w).
        """
        maps = F.interpolate(
            self.estimator.head(feats),
            inputs.shape[-2:],
            mode='bilinear',
            align_corners=False)
        maps = maps.clamp(min=0.) * self.pose_maps.amplitude
        inputs = torch.cat((inputs, maps.to(inputs)), dim=1)
        return inputs.contiguous(memory_format=self.memory_format)

    def stack_input_poses(self, data_samples: SampleList) -> tuple:
        """Ask the data samples for nothing: there are no input poses."""
        return None, None

    def add_maps(self, inputs: Tensor, *_: object) -> Tensor:
        """Put the maps of the estimator behind the image channels."""
        return self.add_heatmaps(inputs, self.estimator.extract_feat(inputs))

    def forward(self,
                inputs: Tensor,
                data_samples: OptSampleList = None,
                mode: str = 'tensor'):
        """Run as :class:`PoseRefiner` does.

        In training, data samples have the labels of both heads, and the
        estimator's losses come with the prefix ``estimator_``.
        """
        if mode != 'loss':
            return super().forward(inputs, data_samples, mode)
        if isinstance(inputs, list):
            inputs = torch.stack(inputs)
        feats = self.estimator.extract_feat(inputs)
        losses = self.estimator.head.loss(
            feats, data_samples, train_cfg=self.estimator.train_cfg)
        losses = {f'estimator_{name}': loss for name, loss in losses.items()}
        losses.update(
            self.loss(self.add_heatmaps(inputs, feats), data_samples))
        return losses
