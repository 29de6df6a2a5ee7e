"""Poses, photos and skeletons on matplotlib axes."""
from typing import NamedTuple, Optional, Sequence, Union

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ...structures.error_types import ERROR_TYPES

# One colour for each outcome of section 2, in every figure and report.
#: Okabe and Ito's palette, which stays apart for colour-blind readers.
ERROR_COLORS = dict(
    zip(ERROR_TYPES, ('#009e73', '#e69f00', '#cc79a7', '#56b4e9', '#d55e00'),
        strict=True))
#: Joints of which nothing is known.
UNKNOWN_COLOR = '#9aa0a6'


def pose_segments(keypoints: np.ndarray, visible: np.ndarray,
                  skeleton_links: Sequence[Sequence[int]]) -> np.ndarray:
    """Find the limbs of which both ends are there.

    Args:
        keypoints (np.ndarray): (K, 2).
        visible (np.ndarray): Above 0 where present, (K, ).
        skeleton_links (Sequence): Pairs of keypoint indices, L of them.

    Returns:
        np.ndarray: Both ends of each limb, (S, 2, 2) with S <= L.
    """
    links = np.asarray(skeleton_links, dtype=int).reshape(-1, 2)
    shown = (np.asarray(visible) > 0)[links].all(1)
    return np.asarray(keypoints)[links[shown]]


def draw_pose(axes: Axes,
              keypoints: np.ndarray,
              visible: np.ndarray,
              skeleton_links: Sequence[Sequence[int]],
              *,
              limb_color: str = 'white',
              joint_colors: Union[str, Sequence[str]] = UNKNOWN_COLOR,
              size: float = 1.) -> None:
    """Draw one pose.

    Args:
        axes (Axes): Where; its data coordinates are those of the keypoints.
        keypoints (np.ndarray): (K, 2).
        visible (np.ndarray): Above 0 where present, (K, ).
        skeleton_links (Sequence): Pairs of keypoint indices.
        limb_color (str): Colour of all limbs. Defaults to white.
        joint_colors (str | Sequence[str]): One colour, or K. Defaults to
            grey.
        size (float): Scale of lines and dots. Defaults to 1.
    """
    shown = np.asarray(visible) > 0
    segments = pose_segments(keypoints, visible, skeleton_links).astype(float)
    # one path for all limbs, NaN between them
    path = np.insert(segments, 2, np.nan, axis=1).reshape(-1, 2)
    # a dark edge keeps light lines legible on light photos
    for color, width in (('black', 3.2), (limb_color, 1.8)):
        axes.add_line(
            Line2D(
                *path.T,
                color=color,
                linewidth=width * size,
                solid_capstyle='round',
                zorder=2))
    colors = joint_colors if isinstance(joint_colors, str) \
        else np.asarray(joint_colors)[shown].tolist()
    axes.scatter(
        *np.asarray(keypoints)[shown].T,
        s=18 * size**2,
        c=colors,
        edgecolors='black',
        linewidths=.6 * size,
        zorder=3)


def status_colors(status: Optional[np.ndarray],
                  num_keypoints: int) -> Sequence[str]:
    """Colour of every joint by its outcome.

    Args:
        status (np.ndarray, optional): Index into ``ERROR_TYPES``, negative
            where unknown, (K, ); None if all are.
        num_keypoints (int): K.

    Returns:
        Sequence[str]: K colours.
    """
    if status is None:
        return [UNKNOWN_COLOR] * num_keypoints
    return [
        ERROR_COLORS[ERROR_TYPES[code]] if code >= 0 else UNKNOWN_COLOR
        for code in status
    ]


def show_photo(axes: Axes, image: np.ndarray, title: str = '') -> None:
    """Show a photo without ticks, its pixels being the data coordinates.

    Args:
        axes (Axes): Where.
        image (np.ndarray): RGB, uint8 (H, W, 3).
        title (str): Defaults to none.
    """
    axes.imshow(image)
    axes.set_xlim(-.5, image.shape[1] - .5)
    axes.set_ylim(image.shape[0] - .5, -.5)
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)


class PhotoCrop(NamedTuple):
    """A part of a photo.

    Attributes:
        image (np.ndarray): uint8 (h, w, 3), channels as in the photo.
        offset (np.ndarray): Its corner in image pixels, (x, y).
        scale (float): Crop pixels for each image pixel.
    """

    image: np.ndarray
    offset: np.ndarray
    scale: float

    def transform(self, points: np.ndarray) -> np.ndarray:
        """Bring points from image pixels to crop pixels.

        Args:
            points (np.ndarray): Image pixels, (..., 2).

        Returns:
            np.ndarray: Crop pixels, (..., 2).
        """
        # Pixel centres are whole numbers, so a corner lies half a pixel
        # before them.
        return (points - self.offset + .5) * self.scale - .5


def crop_photo(image: np.ndarray,
               points: np.ndarray,
               *,
               pad: float = .15,
               aspect: Optional[float] = None,
               max_side: Optional[int] = None) -> PhotoCrop:
    """Cut out the surroundings of points, and shrink them.

    Args:
        image (np.ndarray): uint8 (H, W, 3).
        points (np.ndarray): Image pixels, (N, 2); at least one. Those outside
            the image do not stretch the crop beyond it.
        pad (float): Margin on each side, as a share of the longer side of
            the points' extent. Defaults to 0.15.
        aspect (float, optional): Width by height to grow to, as far as the
            photo reaches. Defaults to that of the points.
        max_side (int, optional): Longest side in pixels. Defaults to the
            photo's resolution; never enlarges.

    Returns:
        PhotoCrop: At least 16 pixels wide and high, or the whole image where
        that is smaller.
    """
    size = np.array(image.shape[1::-1])
    low, high = points.min(0), points.max(0)
    margin = max(pad * (high - low).max(), 8.)
    low, high = low - margin, high + margin
    if aspect is not None:
        grow = np.maximum(
            (high - low)[::-1] * (aspect, 1 / aspect), high - low) - (
                high - low)
        low, high = low - grow / 2, high + grow / 2
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


# More poses than these do not make a better choice.
_MOST_POSES = 500


def typical_pose(keypoints: np.ndarray, visible: np.ndarray) -> np.ndarray:
    """Choose a pose that shows every joint of a skeleton.

    Skeletons as mmpose describes them have names and links, but no places.
    An average of poses would fall together in the middle, so one of the poses
    is taken: of the half that is nearest to the average, the one whose joints
    keep apart best.

    Args:
        keypoints (np.ndarray): Poses in any frame, (N, K, 2).
        visible (np.ndarray): Above 0 where present, (N, K).

    Returns:
        np.ndarray: (K, 2); the longer side of its extent is 1, its corner
        at the origin. Joints that no pose has are NaN.

    Raises:
        ValueError: If no joint of any pose is present.
    """
    visible = np.asarray(visible) > 0
    if not visible.any():
        raise ValueError('there is no pose to draw a skeleton in: no joint of '
                         'any pose is present')
    ever = visible.any(0)
    count = visible.sum(1)
    fullest = np.flatnonzero(count == count.max())[:_MOST_POSES]
    poses = np.where(visible[fullest, :, None], keypoints[fullest], np.nan)
    poses = poses - np.nanmin(poses, 1, keepdims=True)
    poses /= np.maximum(np.nanmax(poses, (1, 2), keepdims=True), 1e-6)
    # joints that only other poses have go where these poses have them
    average = np.where(ever[:, None], _average(poses, keypoints, visible),
                       np.nan)
    poses = np.where(np.isnan(poses), average, poses)
    distance = np.nanmean(np.linalg.norm(poses - average, axis=-1), axis=1)
    near = np.argsort(distance, kind='stable')[:(len(poses) + 1) // 2]
    return poses[near[np.argmax(_spread(poses[near][:, ever]))]]


def _average(poses: np.ndarray, keypoints: np.ndarray,
             visible: np.ndarray) -> np.ndarray:
    """Average place of every joint, (K, 2), of any pose that has it."""
    have = ~np.isnan(poses[..., 0])
    total = np.where(have[..., None], poses, 0).sum(0)
    average = total / np.maximum(have.sum(0), 1)[:, None]
    lacking = np.flatnonzero(~have.any(0) & visible.any(0))
    for joint in lacking:  # rare: a joint that the fullest poses lack
        owner = np.flatnonzero(visible[:, joint])[0]
        own = np.where(visible[owner, :, None], keypoints[owner], np.nan)
        low = np.nanmin(own, 0)
        side = max(np.nanmax(own - low), 1e-6)
        average[joint] = (keypoints[owner, joint] - low) / side
    return average


def _spread(poses: np.ndarray) -> np.ndarray:
    """How well the joints of each pose keep apart, (N, )."""
    apart = np.linalg.norm(poses[:, :, None] - poses[:, None], axis=-1)
    upper = np.triu_indices(poses.shape[1], 1)
    return np.log(apart[:, upper[0], upper[1]] + .02).mean(-1) \
        if len(upper[0]) else np.zeros(len(poses))
