"""Textured backgrounds: gradients, noise, patterns and random shapes."""

from __future__ import annotations

import cv2
import numpy as np

from .appearance import random_colour


def make_background(
    rng: np.random.Generator, size: tuple[int, int],
) -> np.ndarray:
    """Draw a random background.

    Args:
        rng: Source of randomness.
        size: Width and height in pixels.

    Returns:
        ``(h, w, 3)`` uint8 BGR image.
    """
    canvas = _gradient(rng, size)
    if rng.random() < 0.6:
        _add_ground(canvas, rng, size)
    if rng.random() < 0.35:
        _add_pattern(canvas, rng, size)
    noise = value_noise(rng, size, strength=float(rng.uniform(4, 22)))
    image = cv2.add(canvas, noise, dtype=cv2.CV_8U)
    _add_shapes(image, rng, size)
    if rng.random() < 0.4:  # the background is often out of focus
        sigma = float(rng.uniform(0.6, 2.5))
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    return image


def value_noise(
    rng: np.random.Generator, size: tuple[int, int], *, strength: float,
) -> np.ndarray:
    """Return smooth colour noise summed over three scales.

    Args:
        rng: Source of randomness.
        size: Width and height in pixels.
        strength: Amplitude of the coarsest scale in grey levels.

    Returns:
        ``(h, w, 3)`` float32, zero mean.
    """
    width, height = size
    total = np.zeros((1, 1, 3), np.float32)
    for cell in (48, 14, 4):
        shape = (height // cell + 2, width // cell + 2, 3)
        grid = rng.random(shape, dtype=np.float32) - np.float32(0.5)
        grid *= np.float32(2 * rng.uniform(0.3, 1.0) * strength)
        # Each scale is enlarged to the next finer one only, to save time.
        total = grid + cv2.resize(total, shape[1::-1])
    return cv2.resize(total, size)


def _gradient(
    rng: np.random.Generator, size: tuple[int, int],
) -> np.ndarray:
    """Return a linear gradient between two colours in a random direction."""
    width, height = size
    angle = rng.uniform(0, 2 * np.pi)
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    weight = np.clip(
        0.5 + np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y,
        0, 1)
    first, second = (random_colour(rng, max_saturation=130)
                     for _ in range(2))
    # Plane by plane: broadcasting over a last axis of 3 is slow.
    return cv2.merge([np.float32(a) + np.float32(b - a) * weight
                      for a, b in zip(first, second, strict=True)])


def _add_ground(
    canvas: np.ndarray, rng: np.random.Generator, size: tuple[int, int],
) -> None:
    """Tint everything below a horizon, in place."""
    horizon = int(size[1] * rng.uniform(0.35, 0.8))
    colour = np.array(random_colour(rng, max_saturation=130), np.float32)
    canvas[horizon:] = 0.3 * canvas[horizon:] + 0.7 * colour


def _add_pattern(
    canvas: np.ndarray, rng: np.random.Generator, size: tuple[int, int],
) -> None:
    """Add stripes or a checkerboard in a random direction, in place."""
    width, height = size
    angle = rng.uniform(0, np.pi)
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    period = rng.uniform(6, 50)
    step = np.float32(2 * np.pi / period)
    cos, sin = step * np.float32(np.cos(angle)), step * np.float32(
        np.sin(angle))
    bright = np.sin(cos * x + sin * y) > 0
    if rng.random() < 0.5:
        bright ^= np.sin(cos * y - sin * x) > 0
    step_colour = tuple(float(v) for v in rng.uniform(-35, 35, 3))
    cv2.add(canvas, (*step_colour, 0.0), canvas, bright.astype(np.uint8))


def _add_shapes(
    image: np.ndarray, rng: np.random.Generator, size: tuple[int, int],
) -> None:
    """Draw random triangles, boxes, ellipses and lines, in place."""
    for _ in range(int(rng.integers(2, 14))):
        centre = rng.uniform((0, 0), size)
        extent = rng.uniform(4, 0.3 * size[0], 2)
        colour = random_colour(rng, max_saturation=170)
        kind = int(rng.integers(4))
        if kind == 0:
            corners = centre + rng.uniform(-1, 1, (3, 2)) * extent
            cv2.fillConvexPoly(image, np.rint(corners).astype(np.int32),
                               colour, cv2.LINE_AA)
        elif kind == 1:
            low, high = (tuple(int(v) for v in centre + s * extent / 2)
                         for s in (-1, 1))
            cv2.rectangle(image, low, high, colour, -1)
        elif kind == 2:
            box = (tuple(float(v) for v in centre),
                   tuple(float(v) for v in extent),
                   float(rng.uniform(0, 180)))
            cv2.ellipse(image, box, colour, -1, cv2.LINE_AA)
        else:
            start, end = (tuple(int(v) for v in rng.uniform((0, 0), size))
                          for _ in range(2))
            cv2.line(image, start, end, colour, int(rng.integers(1, 4)),
                     cv2.LINE_AA)
