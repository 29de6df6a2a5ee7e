"""Poses, photos and skeletons on matplotlib axes."""
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ...structures.oks import ERROR_TYPES

#: One colour for each outcome of section 2, in every figure and report: Okabe
#: and Ito's palette, which stays apart for colour-blind readers.
ERROR_COLORS = dict(
    zip(ERROR_TYPES, ('#009e73', '#e69f00', '#cc79a7', '#56b4e9', '#d55e00'),
        strict=True))
#: Joints of which nothing is known.
UNKNOWN_COLOR = '#9aa0a6'


def pose_segments(keypoints: np.ndarray, visible: np.ndarray,
                  skeleton_links: Sequence[Sequence[int]]) -> np.ndarray:
    """Find the limbs of a pose, (K, 2), of which both ends are there.

    ``visible`` (K, ) is above 0 where a joint is present, and the L links are
    pairs of keypoint indices. Returns both ends of each limb, (S, 2, 2).
    """
    links = np.asarray(skeleton_links, dtype=int).reshape(-1, 2)
    present = (np.asarray(visible) > 0)[links].all(1)
    return np.asarray(keypoints)[links[present]]


def draw_pose(axes: Axes, keypoints: np.ndarray, visible: np.ndarray,
              skeleton_links: Sequence[Sequence[int]], *,
              limb_color: str = 'white',
              joint_colors: str | Sequence[str] = UNKNOWN_COLOR,
              size: float = 1.) -> None:
    """Draw one pose on axes whose data coordinates are those of keypoints.

    Args:
        axes (Axes): Where.
        keypoints (np.ndarray): (K, 2).
        visible (np.ndarray): Above 0 where present, (K, ).
        skeleton_links (Sequence): Pairs of keypoint indices.
        limb_color (str): Colour of all limbs.
        joint_colors (str | Sequence[str]): One colour, or K.
        size (float): Scale of lines and dots.
    """
    present = np.asarray(visible) > 0
    segments = pose_segments(keypoints, visible, skeleton_links).astype(float)
    # one path for all limbs, NaN between them
    path = np.insert(segments, 2, np.nan, axis=1).reshape(-1, 2)
    # a dark edge keeps light lines legible on light photos
    for color, width in (('black', 3.2), (limb_color, 1.8)):
        axes.add_line(Line2D(*path.T, color=color, linewidth=width * size,
                             solid_capstyle='round', zorder=2))
    colors = joint_colors if isinstance(joint_colors, str) \
        else np.asarray(joint_colors)[present].tolist()
    axes.scatter(*np.asarray(keypoints)[present].T, s=18 * size**2, c=colors,
                 edgecolors='black', linewidths=.6 * size, zorder=3)


def status_colors(status: np.ndarray | None,
                  num_keypoints: int) -> list[str]:
    """Colours of K joints by their outcomes.

    ``status`` (K, ) is an index into ``ERROR_TYPES``, negative where unknown;
    None if all are.
    """
    if status is None:
        return [UNKNOWN_COLOR] * num_keypoints
    return [ERROR_COLORS[ERROR_TYPES[code]] if code >= 0 else UNKNOWN_COLOR
            for code in status]


def show_photo(axes: Axes, image: np.ndarray, title: str = '') -> None:
    """Show a photo, RGB (H, W, 3); its pixels are the data coordinates."""
    axes.imshow(image)
    axes.set_xlim(-.5, image.shape[1] - .5)
    axes.set_ylim(image.shape[0] - .5, -.5)
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)


class PhotoCrop(NamedTuple):
    """A part of a photo."""

    image: np.ndarray  #: uint8 (h, w, 3), channels as in the photo
    offset: np.ndarray  #: Its corner in image pixels, (x, y)
    scale: float  #: Crop pixels for each image pixel

    def transform(self, points: np.ndarray) -> np.ndarray:
        """Bring points (..., 2) from image pixels to crop pixels."""
        # Pixel centres are whole numbers, so a corner lies half a pixel
        # before them.
        return (points - self.offset + .5) * self.scale - .5


def crop_photo(image: np.ndarray, points: np.ndarray, *, pad: float = .15,
               aspect: float | None = None,
               max_side: int | None = None) -> PhotoCrop:
    """Cut out the surroundings of points, and shrink them.

    At least 16 pixels wide and high, or the whole image where that is smaller.

    Args:
        image (np.ndarray): uint8 (H, W, 3).
        points (np.ndarray): Image pixels, (N, 2); at least one. Those outside
            the image do not stretch the crop beyond it.
        pad (float): Margin on each side, as a share of the longer side of the
            points' extent.
        aspect (float, optional): Width by height to grow to, as far as the
            photo reaches. Defaults to that of the points.
        max_side (int, optional): Longest side in pixels. Defaults to the
            photo's resolution; never enlarges.
    """
    size = np.array(image.shape[1::-1])
    low, high = points.min(0), points.max(0)
    margin = max(pad * (high - low).max(), 8.)
    low, high = low - margin, high + margin
    if aspect is not None:
        extent = high - low
        wanted = np.maximum(extent[::-1] * (aspect, 1 / aspect), extent)
        low, high = (low - (wanted - extent) / 2, high + (wanted - extent) / 2)
    low = np.floor(low).clip(0, np.maximum(size - 16, 0))
    high = np.ceil(high).clip(np.minimum(low + 16, size), size)
    (x1, y1), (x2, y2) = low.astype(int), high.astype(int)
    part = image[y1:y2, x1:x2]
    scale = 1.
    if max_side is not None and max(part.shape[:2]) > max_side:
        scale = max_side / max(part.shape[:2])
        part = cv2.resize(
            part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return PhotoCrop(part, low, scale)
