"""Lighting, blur and sensor noise applied to a finished image."""

from __future__ import annotations

import cv2
import numpy as np


def apply_camera(
    image: np.ndarray, rng: np.random.Generator,
) -> np.ndarray:
    """Vary lighting, focus and noise as a camera would.

    Args:
        image: ``(h, w, 3)`` uint8 BGR.
        rng: Source of randomness.

    Returns:
        A new image of the same shape and type.
    """
    image = _blur(image, rng)
    light = _light_field(image.shape[:2], rng)
    gains = rng.uniform(0.8, 1.15) * rng.uniform(0.92, 1.08, 3)
    # Plane by plane: broadcasting over a last axis of 3 is slow.
    planes = [
        cv2.add(cv2.multiply(plane, light, scale=float(gain),
                             dtype=cv2.CV_32F), noise, dtype=cv2.CV_8U)
        for plane, gain, noise in zip(
            cv2.split(image), gains, _noise(image.shape[:2], rng),
            strict=True)]
    return cv2.merge(planes)


def _light_field(
    shape: tuple[int, int], rng: np.random.Generator,
) -> np.ndarray:
    """Return ``(h, w)`` float32 factors that fall off across the image."""
    height, width = shape
    slope_x, slope_y = rng.uniform(-0.25, 0.25, 2)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return (1 + slope_x * x + slope_y * y).astype(np.float32)


def _blur(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur out of focus or along a motion direction, or not at all."""
    kind = rng.random()
    if kind < 0.45:
        return image
    if kind < 0.9:
        return cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.2)))
    kernel = np.zeros((5, 5), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = 2 * np.array([np.cos(angle), np.sin(angle)])
    start, end = (tuple(int(v) for v in np.rint(2 + s * reach))
                  for s in (-1, 1))
    cv2.line(kernel, start, end, 1.0)
    return cv2.filter2D(image, -1, kernel / kernel.sum())


def _noise(
    shape: tuple[int, int], rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return one ``(h, w)`` float32 plane of noise per channel."""
    sigma = rng.uniform(1, 8)
    # The difference of two uniform bytes is bell-shaped enough, and many
    # times faster to draw than normal numbers; its deviation is 256/sqrt(6).
    first, second = rng.integers(0, 256, (2, *shape), dtype=np.uint8)
    grey = cv2.subtract(first, second, dtype=cv2.CV_32F)
    grey *= np.float32(sigma * 6 ** 0.5 / 256)
    # Shifted copies decorrelate the channels at no cost in random numbers.
    return grey, np.roll(grey, 7, axis=1), np.roll(grey, 5, axis=0)
