"""Anti-aliased drawing primitives that also record which part they drew.

Coordinates are in pixels with the pixel-centre convention: (3, 5) is the
centre of column 3, row 5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from .appearance import Colour, shade

_SHIFT = 4  # fractional bits of cv2's fixed-point coordinates
_ARC_STEPS = 7
_ARC = np.linspace(0.0, 1.0, _ARC_STEPS)
_CIRCLE = np.linspace(0, 2 * np.pi, 2 * _ARC_STEPS, endpoint=False)


@dataclass
class Canvas:
    """An image and, aligned with it, a map of part numbers.

    Attributes:
        image: ``(h, w, 3)`` uint8 BGR, painted with anti-aliasing.
        parts: ``(h, w)`` uint8, number of the topmost part, 0 for none.
        light: ``(2,)`` unit vector in the image from where light falls.
    """

    image: np.ndarray
    parts: np.ndarray
    light: np.ndarray

    def polygon(
        self, outline: np.ndarray, colour: Colour, part: int | None = None,
    ) -> None:
        """Fill a convex polygon.

        Args:
            outline: ``(n, 2)`` corners in pixels.
            colour: BGR fill colour.
            part: Number written to the part map; None leaves the map alone,
                which suits decoration within a part already drawn.
        """
        fixed = np.rint(outline * (1 << _SHIFT)).astype(np.int32)
        cv2.fillConvexPoly(self.image, fixed, colour, cv2.LINE_AA, _SHIFT)
        if part is not None:
            cv2.fillConvexPoly(self.parts, fixed, part, cv2.LINE_8, _SHIFT)

    def capsule(
        self, start: np.ndarray, end: np.ndarray,
        radii: tuple[float, float], colour: Colour, part: int | None = None,
    ) -> None:
        """Draw a tapered limb with rounded ends, shaded like a cylinder.

        Args:
            start: ``(2,)`` centre of the first end in pixels.
            end: ``(2,)`` centre of the second end in pixels.
            radii: Radius at either end in pixels.
            colour: BGR colour of the lit surface.
            part: Number for the part map, or None.
        """
        centres, offsets = capsule_outline(start, end, radii)
        width = 0.5 * (radii[0] + radii[1])
        self.polygon(centres + offsets, shade(colour, 0.72), part)
        for inset, brightness in ((0.76, 0.92), (0.42, 1.1)):
            if inset * width < 1.0:  # too thin to show any shading
                continue
            towards_light = 0.8 * (1 - inset) * width * self.light
            self.polygon(centres + inset * offsets + towards_light,
                         shade(colour, brightness))

    def disc(
        self, centre: np.ndarray, radius: float, colour: Colour,
        part: int | None = None,
    ) -> None:
        """Fill a circle given by its ``(2,)`` centre and radius in pixels."""
        fixed = tuple(int(v) for v in np.rint(centre * (1 << _SHIFT)))
        size = max(1, round(radius * (1 << _SHIFT)))
        cv2.circle(self.image, fixed, size, colour, -1, cv2.LINE_AA, _SHIFT)
        if part is not None:
            cv2.circle(self.parts, fixed, size, part, -1, cv2.LINE_8,
                       _SHIFT)


def capsule_outline(
    start: np.ndarray, end: np.ndarray, radii: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the outline of two circles and their common tangents.

    Args:
        start: ``(2,)`` centre of the first circle in pixels.
        end: ``(2,)`` centre of the second circle in pixels.
        radii: Their radii in pixels.

    Returns:
        ``(n, 2)`` centres and ``(n, 2)`` offsets whose sum is the outline;
        scaling the offsets gives a thinner capsule about the same axis.
    """
    dx, dy = float(end[0] - start[0]), float(end[1] - start[1])
    length = math.hypot(dx, dy)
    if length <= abs(radii[0] - radii[1]) + 1e-6:
        # One circle holds the other (a limb pointing at the camera).
        larger = 0 if radii[0] >= radii[1] else 1
        angles = _CIRCLE
        first = second = (start, end)[larger]
        radii = (radii[larger], radii[larger])
    else:
        heading = math.atan2(dy, dx)
        tangent = math.acos((radii[0] - radii[1]) / length)
        angles = np.concatenate((
            heading + tangent + (2 * math.pi - 2 * tangent) * _ARC,
            heading - tangent + 2 * tangent * _ARC))
        first, second = start, end
    # Filled in place: this runs some fifty times per image.
    centres = np.empty((2 * _ARC_STEPS, 2))
    centres[:_ARC_STEPS], centres[_ARC_STEPS:] = first, second
    offsets = np.empty_like(centres)
    np.cos(angles, out=offsets[:, 0])
    np.sin(angles, out=offsets[:, 1])
    offsets[:_ARC_STEPS] *= radii[0]
    offsets[_ARC_STEPS:] *= radii[1]
    return centres, offsets


def hull_of_discs(centres: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Return the convex hull of discs.

    Args:
        centres: ``(n, 2)`` centres in pixels.
        radii: ``(n,)`` radii in pixels.

    Returns:
        ``(m, 2)`` corners of the hull in pixels.
    """
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    circle = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    points = centres[:, None] + radii[:, None, None] * circle
    hull = cv2.convexHull(points.reshape(-1, 2).astype(np.float32))
    return hull[:, 0].astype(float)
