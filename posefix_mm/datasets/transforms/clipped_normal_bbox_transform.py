"""Scale and rotation augmentation of the release."""
from typing import Tuple

import numpy as np
from mmcv.transforms.utils import cache_randomness
from mmpose.datasets.transforms import RandomBBoxTransform
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ClippedNormalBBoxTransform(RandomBBoxTransform):
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
    ) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Draw no shift, a scale factor and an angle for each box.

        Args:
            num_bboxes (int): Number of boxes N.

        Returns:
            tuple: offset (N, 2), scale (N, 1), angle in degrees (N, ).
        """
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

    def __repr__(self) -> str:
        """Show the parameters."""
        return (f'{type(self).__name__}(scale_std={self.scale_std}, '
                f'rotate_std={self.rotate_std}, '
                f'rotate_prob={self.rotate_prob})')
