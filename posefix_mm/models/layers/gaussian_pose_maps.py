"""The coarse pose as an image: one Gaussian map for each keypoint."""
import torch
from torch import Tensor, nn

# Far from a keypoint a Gaussian falls below the smallest normal float32;
# convolutions on such numbers are several times slower on CPUs. Values below
# this share of the peak are zero instead.
_NEGLIGIBLE = 1e-10


class GaussianPoseMaps(nn.Module):
    """Render poses as Gaussian maps at input resolution (section 3.3).

    ``amplitude * exp(-d^2 / (2 * sigma^2))``; the map of an absent keypoint
    is zero. A Gaussian is separable, so each map is an outer product of two
    vectors: a batch costs two small tables and one multiplication.

    Args:
        sigma (float): Standard deviation in input pixels. The release has 7
            for 256x192 and 9 for 384x288 (code).
        amplitude (float): Value at the peak. Defaults to 255, the range of
            the image channels (code).
    """

    def __init__(self, sigma: float, amplitude: float = 255.) -> None:
        super().__init__()
        if not sigma > 0:
            raise ValueError(f'sigma must be positive, got {sigma}')
        self.sigma = sigma
        self.amplitude = amplitude

    def forward(self, input_pose: Tensor, visible: Tensor, height: int,
                width: int) -> Tensor:
        """Render a batch.

        Args:
            input_pose (Tensor): Input pixels, (B, K, 2).
            visible (Tensor): Above 0 where a keypoint is present, (B, K).
            height (int): Height of the input image.
            width (int): Width of the input image.

        Returns:
            Tensor: Maps, float32 (B, K, height, width).
        """
        present = (visible > 0).float()
        # an absent keypoint may carry any number, NaN included
        pose = torch.where(present[..., None] > 0, input_pose.float(), 0.)
        grid = [
            torch.arange(size, device=pose.device) for size in (width, height)
        ]
        x, y = (
            self._gaussian(axis - pose[..., i, None])
            for i, axis in enumerate(grid))
        x = x * (present * self.amplitude)[..., None]
        return y[..., :, None] * x[..., None, :]

    def _gaussian(self, distance: Tensor) -> Tensor:
        values = torch.exp(-distance**2 / (2 * self.sigma**2))
        return torch.where(values > _NEGLIGIBLE, values, 0.)

    def extra_repr(self) -> str:
        """Show the parameters in ``print(model)``."""
        return f'sigma={self.sigma}, amplitude={self.amplitude}'
