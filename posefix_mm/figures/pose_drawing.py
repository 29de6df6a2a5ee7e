"""Poses on matplotlib axes."""
from typing import Optional, Sequence, Union

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from ..datasets.transforms.error_synthesis import ERROR_TYPES
from .error_colors import ERROR_COLORS, UNKNOWN_COLOR


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
    segments = pose_segments(keypoints, visible, skeleton_links)
    # a dark edge keeps light lines legible on light photos
    for color, width in (('black', 3.2), (limb_color, 1.8)):
        axes.add_collection(
            LineCollection(
                segments,
                colors=color,
                linewidths=width * size,
                capstyle='round',
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
