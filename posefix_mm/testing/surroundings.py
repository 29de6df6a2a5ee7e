"""What is around people: background, clutter, things in front, the camera.

Sizes are width and height in pixels, images BGR.
"""
import cv2
import numpy as np

from .painting import HAIR_TONES, SKIN_TONES, Canvas, Colour, random_colour

#: Centres, radii and colour of one blob: a piece of a prop.
Piece = tuple[np.ndarray, tuple[float, ...], Colour]
Prop = tuple[Piece, ...]


def make_background(rng: np.random.Generator,
                    size: tuple[int, int]) -> np.ndarray:
    """Draw a ``(h, w, 3)`` uint8 image of gradient, noise and shapes."""
    width, height = size
    corners = np.array([random_colour(rng, 130) for _ in range(4)])
    total = corners.reshape(2, 2, 3).astype(np.float32)
    for cell in (48, 14, 4):  # enlarged to the next finer scale only
        shape = (height // cell + 2, width // cell + 2, 3)
        grid = rng.random(shape, dtype=np.float32) - np.float32(0.5)
        total = cv2.resize(total, shape[1::-1]) + grid * np.float32(
            rng.uniform(3, 40))
    image = np.clip(cv2.resize(total, size), 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        ground = image[int(height * rng.uniform(0.35, 0.8)):]
        ground[:] = cv2.addWeighted(ground, 0.3, np.full_like(
            ground, random_colour(rng, 130)), 0.7, 0)
    canvas = Canvas(image, np.zeros((height, width), np.uint8), np.zeros(2))
    for _ in range(int(rng.integers(2, 14))):
        corners = rng.uniform((0, 0), size) + rng.uniform(
            -0.15 * width, 0.15 * width, (int(rng.integers(1, 5)), 2))
        radius = rng.uniform(0, 0.05 * width, len(corners))
        canvas.blob(corners, radius, random_colour(rng, 170), flat=True)
    if rng.random() < 0.4:  # the background is often out of focus
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.6, 2.5)))
    return image


def paint_prop(canvas: Canvas, prop: Prop, part: int | None = None) -> None:
    """Paint the pieces of a prop in order, with a number for the part map."""
    for centres, radii, colour in prop:
        canvas.blob(centres, radii, colour, part, flat=not any(radii))


def sample_prop(rng: np.random.Generator, size: tuple[int, int]) -> Prop:
    """Draw a head-like ball, a post, a box, a plant or a limb-like stick."""
    at, height = rng.uniform((0, 0), size), size[1]
    colour = (SKIN_TONES[rng.integers(len(SKIN_TONES))]
              if rng.random() < 0.4 else random_colour(rng))
    kind, scale = int(rng.integers(5)), rng.uniform(0.3, 1) * height
    if kind == 0:
        return ((at[None], (0.07 * scale,), colour),
                (at[None] - (0, 0.03 * scale), (0.05 * scale,),
                 HAIR_TONES[rng.integers(len(HAIR_TONES))]))
    if kind == 1:
        ends = np.stack((at, at + (rng.uniform(-4, 4), height)))
        return ((ends, (0.02 * scale,) * 2, random_colour(rng, 110)),
                (ends[:1], (0.05 * scale,), colour))
    if kind == 2:
        half = rng.uniform(0.04, 0.16, 2) * height
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
        return ((at + corners, (0.0,) * 4, colour),)
    turns = rng.normal(-np.pi / 2, 0.6, 7)
    if kind == 3:
        return tuple(
            (np.stack((at, at + 0.3 * scale * np.array(
                (np.cos(turn), np.sin(turn))))),
             (0.015 * scale, 0.005 * scale), (50, rng.uniform(90, 180), 70))
            for turn in turns)
    turns = 2 * turns[:2] + rng.uniform(-np.pi, np.pi)
    steps = 0.2 * scale * np.stack((np.cos(turns), np.sin(turns)), axis=1)
    joints = at + np.concatenate(([(0, 0)], np.cumsum(steps, axis=0)))
    return ((joints[:2], (0.03 * scale, 0.025 * scale), colour),
            (joints[1:], (0.025 * scale, 0.02 * scale), colour))


def apply_camera(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a uint8 image with a camera's focus, lighting and noise."""
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.2)))
    slope = rng.uniform(-0.25, 0.25, 2)
    x, y = (np.linspace(-1, 1, n, dtype=np.float32)
            for n in image.shape[1::-1])
    light = (1 + slope[0] * x[None] + slope[1] * y[:, None])[..., None]
    gains = rng.uniform(0.8, 1.15) * rng.uniform(0.92, 1.08, 3)
    noise = rng.normal(0, rng.uniform(1, 6), image.shape[:2])[..., None]
    return np.clip(image * (light * gains) + noise, 0, 255).astype(np.uint8)
