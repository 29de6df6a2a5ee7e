"""The part of a photo that a pose is on."""
from typing import NamedTuple, Optional

import cv2
import numpy as np


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
