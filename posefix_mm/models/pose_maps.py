"""The input pose as an image, registered in ``mmpose.registry.MODELS``.

PoseFix shows one map for each keypoint, `BUCTD`_ draws each as a point and
blurs the picture. All about that is the code of its release at commit
``dc63574``: coordinates are truncated, the point lies one pixel up and left of
the joint, and joints in the first column or row, or outside, are not drawn.
Because of that the mirror of a picture is not the picture of the mirrored
pose.

.. _`BUCTD`: https://arxiv.org/abs/2306.07879
"""
from collections.abc import Sequence

import numpy as np
import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

# Far from a keypoint a Gaussian falls below the smallest normal float32;
# convolutions on such numbers are several times slower on CPUs. Values below
# this share of the peak are zero instead.
_NEGLIGIBLE = 1e-10
#: Colours of the joints of COCO and OCHuman, and of CrowdPose, RGB.
COLORS = {
    17: ((245, 59, 59), (249, 104, 25), (253, 183, 15), (233, 245, 41),
         (162, 252, 32), (84, 247, 34), (31, 252, 57), (20, 246, 126),
         (5, 249, 206), (52, 215, 249), (33, 136, 252), (11, 39, 248),
         (93, 46, 249), (156, 29, 244), (235, 49, 247), (245, 47, 187),
         (253, 44, 117)),
    14: ((245, 53, 53), (245, 125, 45), (253, 206, 20), (206, 244, 54),
         (118, 253, 27), (47, 254, 47), (25, 245, 113), (15, 243, 197),
         (14, 199, 245), (44, 126, 249), (13, 13, 249), (128, 47, 249),
         (205, 38, 247), (245, 48, 206))
}
# Gaussian of OpenCV: 15 taps at the standard deviation that goes with them
_REACH, _SIGMA = 7, 2.6


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

        Of poses in input pixels, (B, K, 2), with the weight of each map,
        between 0 where a keypoint is absent and 1, (B, K).

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


def joint_colors(num_keypoints: int) -> np.ndarray:
    """Colours that the release gives the K joints of a skeleton.

    Returns:
        np.ndarray: RGB, 0 to 255, (K, 3).
    """
    if num_keypoints in COLORS:
        return np.array(COLORS[num_keypoints], np.float64)
    # matplotlib's map "rainbow" at equal steps
    step = 256 // num_keypoints
    x = np.arange(num_keypoints) * step / 255
    rainbow = np.stack(
        (np.abs(2 * x - .5), np.sin(np.pi * x), np.cos(np.pi * x / 2)), -1)
    return np.trunc(rainbow.clip(0, 1) * 255)


class BlurredPoints(PoseMaps):
    """Blurred points of the joints, scaled to a maximum of ``amplitude``.

    Computed in double precision: truncation and the maximum, which scales
    everything, need the digits.
    """

    mirrors = False

    def profile(self, distance: Tensor) -> Tensor:
        """Gaussian of 15 taps, whose sum is 1."""
        taps = np.exp(-np.arange(-_REACH, _REACH + 1)**2 / (2 * _SIGMA**2))
        values = torch.exp(-distance**2 / (2 * _SIGMA**2)) / taps.sum()
        return torch.where(distance.abs() <= _REACH, values, 0.)

    def blur(self, place: Tensor, size: int) -> Tensor:
        """Spread points at pixels (B, K) along an axis: (B, K, size).

        The border reflects them without repeating its pixel.
        """
        grid = torch.arange(size, device=place.device, dtype=place.dtype)
        place, last = place[..., None], size - 1
        low, high = grid + place, grid - (2 * last - place)
        return (self.profile(grid - place) +
                torch.where(place > 0, self.profile(low), 0.) +
                torch.where(place < last, self.profile(high), 0.))

    def draw(self, pose: Tensor, weight: Tensor, height: int,
             width: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Place the points of poses, as in :meth:`render`, and blur them.

        Returns:
            tuple: pixels of the points, double (B, K, 2), their weights, 0
            where not drawn, (B, K), and the blur along x, (B, K, width), and
            along y, (B, K, height).
        """
        pose = pose.double().trunc()
        size = pose.new_tensor([width, height])
        drawn = ((pose > 0) & (pose < size)).all(-1)
        place = torch.where(drawn[..., None], pose - 1, 0.)
        return (place, weight.double() * drawn,
                self.blur(place[..., 0], width),
                self.blur(place[..., 1], height))

    def scale(self, maps: Tensor, dims: Sequence[int]) -> Tensor:
        """Bring the maximum over some axes to 255; zeros stay."""
        peak = maps.amax(dims, keepdim=True)
        return maps / torch.where(peak > 0, peak, 1.) * 255

    def paint(self, pose: Tensor, weight: Tensor, size: tuple[int, int],
              colors: Tensor) -> Tensor:
        """Draw all joints into one picture, each in its colour of (K, C).

        Poses are in input pixels, (B, K, 2), with weights (B, K); the picture
        goes from 0 to 255, double (B, C, height, width).
        """
        place, weight, x, y = self.draw(pose, weight, *size)
        # of joints on one pixel the last one is drawn
        same = (place[:, :, None] == place[:, None]).all(-1)
        later = (same & (weight[:, None] > 0)).triu(1).any(-1)
        ink = colors.to(weight) * (weight * ~later)[..., None]
        columns = ink.mT[..., None] * y[:, None]
        return self.scale(columns.mT @ x[:, None], (1, 2, 3))


@MODELS.register_module()
class ColorPoseImage(BlurredPoints):
    """One picture in which each joint has a colour.

    One scaling holds for all channels, so where blurred joints add up, every
    other joint gets darker (release).

    Args:
        amplitude (float): As :class:`PoseMaps`.
        colors (Sequence[Sequence[float]], optional): RGB of each joint,
            (K, 3). Defaults to :func:`joint_colors`.
    """

    def __init__(self,
                 amplitude: float = 255.,
                 colors: Sequence[Sequence[float]] | None = None) -> None:
        super().__init__(amplitude)
        self.colors = colors

    def num_channels(self, num_keypoints: int) -> int:
        """Three."""
        return 3

    def render(self, pose: Tensor, weight: Tensor, height: int,
               width: int) -> Tensor:
        """Render; see :meth:`PoseMaps.render`."""
        colors = joint_colors(
            pose.shape[1]) if self.colors is None else np.asarray(self.colors)
        image = self.paint(pose, weight, (height, width),
                           torch.from_numpy(colors).to(pose.device))
        return image * (self.amplitude / 255)


@MODELS.register_module()
class GreyPoseImage(BlurredPoints):
    """One picture in which all joints look alike, truncated to integers.

    Args:
        amplitude (float): As :class:`PoseMaps`.
        channels (int): How often the picture is repeated: 3 for a
            :class:`PreNet`, of which the release's CoAM takes one. Defaults
            to 1.
    """

    def __init__(self, amplitude: float = 255., channels: int = 1) -> None:
        super().__init__(amplitude)
        self.channels = channels

    def num_channels(self, num_keypoints: int) -> int:
        """As many as were asked for."""
        return self.channels

    def render(self, pose: Tensor, weight: Tensor, height: int,
               width: int) -> Tensor:
        """Render; see :meth:`PoseMaps.render`."""
        image = self.paint(pose, weight, (height, width),
                           pose.new_ones(pose.shape[1], 1))
        image = image.trunc() * (self.amplitude / 255)
        return image.expand(-1, self.channels, -1, -1)


@MODELS.register_module()
class StackedPoseMaps(BlurredPoints):
    """One map for each joint, each scaled by itself.

    The flip test of the release mirrors these maps, unlike the pictures; so
    they lie three pixels beside those of the mirrored pose.
    """

    mirrors = True

    def render(self, pose: Tensor, weight: Tensor, height: int,
               width: int) -> Tensor:
        """Render; see :meth:`PoseMaps.render`."""
        _, weight, x, y = self.draw(pose, weight, height, width)
        maps = self.scale(y[..., :, None] * x[..., None, :], (2, 3))
        return maps * (weight * (self.amplitude / 255))[..., None, None]
