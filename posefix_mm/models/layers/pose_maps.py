"""The input pose as an image: one map for each keypoint."""
import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

# Far from a keypoint a Gaussian falls below the smallest normal float32;
# convolutions on such numbers are several times slower on CPUs. Values below
# this share of the peak are zero instead.
_NEGLIGIBLE = 1e-10


class PoseMaps(nn.Module):
    """Render poses as maps at input resolution (section 3.3).

    The map of an absent keypoint is zero. The others are separable, outer
    products of two vectors: a batch costs two small tables and one
    multiplication.

    Args:
        amplitude (float): Value at the peak. Defaults to 255, the range of
            the image channels (code).

    Attributes:
        mirrors (bool): Whether the flip test takes the mirror image of the
            maps, with the channels of twins exchanged, for the maps of the
            mirrored pose; if not, it renders that pose.
    """

    mirrors = True

    def __init__(self, amplitude: float = 255.) -> None:
        super().__init__()
        self.amplitude = amplitude

    def profile(self, distance: Tensor) -> Tensor:
        """Share of the peak at distances in input pixels along one axis."""
        raise NotImplementedError

    def num_channels(self, num_keypoints: int) -> int:
        """Number of maps of a pose of K keypoints."""
        return num_keypoints

    def forward(self, input_pose: Tensor, visible: Tensor, height: int,
                width: int) -> Tensor:
        """Render a batch.

        Args:
            input_pose (Tensor): Input pixels, (B, K, 2).
            visible (Tensor): Weight of each map, between 0 where a keypoint
                is absent and 1, (B, K).
            height (int): Height of the input image.
            width (int): Width of the input image.

        Returns:
            Tensor: Maps, float32 (B, C, height, width), C being
            :meth:`num_channels` of K.
        """
        weight = visible.float().clamp(0, 1)
        # an absent keypoint may carry any number, NaN included
        pose = torch.where(weight[..., None] > 0, input_pose.float(), 0.)
        return self.render(pose, weight, height, width).float()

    def render(self, pose: Tensor, weight: Tensor, height: int,
               width: int) -> Tensor:
        """Render as :meth:`forward`, in any precision.

        All numbers of the pose, float32 (B, K, 2), are finite; the weights,
        float32 (B, K), go from 0 to 1.
        """
        grid = [
            torch.arange(size, device=pose.device) for size in (width, height)
        ]
        x, y = (
            self.profile(axis - pose[..., i, None])
            for i, axis in enumerate(grid))
        x = x * (weight * self.amplitude)[..., None]
        return y[..., :, None] * x[..., None, :]

    def extra_repr(self) -> str:
        """Show the parameters in ``print(model)``."""
        return f'amplitude={self.amplitude}'


@MODELS.register_module()
class GaussianPoseMaps(PoseMaps):
    """The coarse input: ``amplitude * exp(-d^2 / (2 * sigma^2))``.

    Args:
        sigma (float): Standard deviation in input pixels. The release has 7
            for 256x192 and 9 for 384x288 (code).
        amplitude (float): As :class:`PoseMaps`.
    """

    def __init__(self, sigma: float, amplitude: float = 255.) -> None:
        if not sigma > 0:
            raise ValueError(f'sigma must be positive, got {sigma}')
        super().__init__(amplitude)
        self.sigma = sigma

    def profile(self, distance: Tensor) -> Tensor:
        """Gaussian."""
        values = torch.exp(-distance**2 / (2 * self.sigma**2))
        return torch.where(values > _NEGLIGIBLE, values, 0.)

    def extra_repr(self) -> str:
        """Show the parameters in ``print(model)``."""
        return f'sigma={self.sigma}, {super().extra_repr()}'


@MODELS.register_module()
class OneHotPoseMaps(PoseMaps):
    """The fine input of the ablation in figure 6.

    Bilinear, as the target is: the (at most four) pixels around a keypoint
    share the peak, so positions between pixels are not lost.
    """

    def profile(self, distance: Tensor) -> Tensor:
        """Triangle of half-width 1."""
        return (1 - distance.abs()).clamp(min=0.)
