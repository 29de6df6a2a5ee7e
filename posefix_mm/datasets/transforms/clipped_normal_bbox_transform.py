"""Scale and rotation augmentation of the release."""

import numpy as np
from mmcv.transforms.utils import cache_randomness
from mmpose.datasets.transforms import RandomBBoxTransform
from mmpose.registry import TRANSFORMS

from .parameters_repr import ParametersRepr


@TRANSFORMS.register_module()
class ClippedNormalBBoxTransform(ParametersRepr, RandomBBoxTransform):
    """Scale and rotate the box by clipped normal numbers.

    mmpose's :class:`RandomBBoxTransform` draws from normal distributions
    *truncated* at one standard deviation and shifts; the release (code)
    *clips*, which puts much mass on the limits, and does not shift.

    Required, modified and added keys as :class:`RandomBBoxTransform`.

    Args:
        scale_std (float): The factor is ``N(1, scale_std)``, clipped to
            ``1 +- scale_std``. Defaults to 0.3.
        rotate_std (float): The angle in degrees is ``N(0, rotate_std)``,
            clipped to twice that. Defaults to 40.
        rotate_prob (float): Probability of a rotation. Defaults to 0.6.
    """

    def __init__(self,
                 scale_std: float = 0.3,
                 rotate_std: float = 40.,
                 rotate_prob: float = 0.6) -> None:
        super().__init__(
            shift_prob=0.,
            scale_factor=(1 - scale_std, 1 + scale_std),
            rotate_factor=2 * rotate_std,
            rotate_prob=rotate_prob)
        self.scale_std = scale_std
        self.rotate_std = rotate_std

    @cache_randomness
    def _get_transform_params(
            self, num_bboxes: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw no shift (N, 2), scales (N, 1) and angles in degrees (N, )."""
        scale = np.clip(
            np.random.normal(1, self.scale_std, (num_bboxes, 1)),
            *self.scale_factor)
        angle = np.clip(
            np.random.normal(0, self.rotate_std, num_bboxes),
            -self.rotate_factor, self.rotate_factor)
        rotated = np.random.rand(num_bboxes) < self.rotate_prob
        return (np.zeros((num_bboxes, 2), np.float32),
                scale.astype(np.float32),
                (angle * rotated).astype(np.float32))
