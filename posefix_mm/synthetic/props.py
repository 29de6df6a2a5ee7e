"""Things that are not persons: distractors behind and occluders in front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .appearance import (
    HAIR_TONES,
    SKIN_TONES,
    Colour,
    random_colour,
    shade,
)
from .canvas import Canvas, hull_of_discs

OCCLUDER_PART = 255


@dataclass(frozen=True)
class Shape:
    """One convex or capsule-shaped piece of a prop.

    Attributes:
        points: ``(n, 2)`` corners of a polygon, or ``(2, 2)`` ends of a
            capsule, in pixels.
        colour: BGR colour.
        radii: Radii of the capsule's ends in pixels; None for a polygon.
    """

    points: np.ndarray
    colour: Colour
    radii: tuple[float, float] | None = None


Prop = tuple[Shape, ...]


def paint_prop(canvas: Canvas, prop: Prop, part: int | None = None) -> None:
    """Paint the pieces of a prop in order.

    Args:
        canvas: Canvas to paint on.
        prop: Pieces of the prop.
        part: Number for the part map, or None to leave it alone.
    """
    for shape in prop:
        if shape.radii is None:
            canvas.polygon(shape.points, shape.colour, part)
        else:
            canvas.capsule(shape.points[0], shape.points[1], shape.radii,
                           shape.colour, part)


def sample_distractor(
    rng: np.random.Generator, size: tuple[int, int],
) -> Prop:
    """Draw a person-like thing: stick, post, ball, lamp or mannequin.

    Args:
        rng: Source of randomness.
        size: Width and height of the image in pixels.

    Returns:
        The prop, to be painted behind all persons.
    """
    makers = (_stick, _stick, _ball, _lamp_post, _mannequin)
    maker = makers[int(rng.integers(len(makers)))]
    return maker(rng, rng.uniform((0, 0), size), float(size[1]))


def sample_occluder(
    rng: np.random.Generator, size: tuple[int, int],
) -> Prop:
    """Draw something that stands in front of persons: box, bar or plant.

    Args:
        rng: Source of randomness.
        size: Width and height of the image in pixels.

    Returns:
        The prop.
    """
    width, height = size
    position = np.array([rng.uniform(0, width),
                         rng.uniform(0.45, 1.0) * height])
    maker = (_box, _bar, _plant)[int(rng.integers(3))]
    return maker(rng, position, float(height))


def _limb_colour(rng: np.random.Generator) -> Colour:
    """Return a colour of skin (often) or cloth."""
    if rng.random() < 0.45:
        return SKIN_TONES[rng.integers(len(SKIN_TONES))]
    return random_colour(rng)


def _stick(rng: np.random.Generator, at: np.ndarray, height: float) -> Prop:
    """Return a limb-like stick, sometimes bent like an arm."""
    angle = rng.uniform(0, 2 * np.pi)
    length = rng.uniform(0.06, 0.22) * height
    thick = rng.uniform(0.008, 0.03) * height
    colour = _limb_colour(rng)
    middle = at + length * np.array([np.cos(angle), np.sin(angle)])
    pieces = [Shape(np.stack((at, middle)), colour, (thick, 0.8 * thick))]
    if rng.random() < 0.6:
        angle += rng.uniform(-1.8, 1.8)
        end = middle + length * np.array([np.cos(angle), np.sin(angle)])
        pieces.append(Shape(np.stack((middle, end)), colour,
                            (0.8 * thick, 0.6 * thick)))
    return tuple(pieces)


def _ball(rng: np.random.Generator, at: np.ndarray, height: float) -> Prop:
    """Return a ball or a head-like blob with a darker cap."""
    radius = rng.uniform(0.02, 0.07) * height
    ends = np.stack((at, at))
    pieces = [Shape(ends, _limb_colour(rng), (radius, radius))]
    if rng.random() < 0.5:
        pieces.append(Shape(ends - (0, 0.4 * radius),
                            HAIR_TONES[rng.integers(len(HAIR_TONES))],
                            (0.75 * radius, 0.75 * radius)))
    return tuple(pieces)


def _lamp_post(
    rng: np.random.Generator, at: np.ndarray, height: float,
) -> Prop:
    """Return a vertical pole with a lamp or a sign on top."""
    colour = random_colour(rng, max_saturation=60, value=(30, 160))
    thick = rng.uniform(0.006, 0.02) * height
    top = np.array([at[0], rng.uniform(0.05, 0.5) * height])
    foot = np.array([at[0] + rng.uniform(-4, 4),
                     rng.uniform(0.7, 1.05) * height])
    size = rng.uniform(0.025, 0.06) * height
    return (Shape(np.stack((top, foot)), colour, (0.8 * thick, thick)),
            Shape(np.stack((top, top)), random_colour(rng), (size, size)))


def _mannequin(
    rng: np.random.Generator, at: np.ndarray, height: float,
) -> Prop:
    """Return a bust on a stand: a torso and head without limbs or face."""
    tall = rng.uniform(0.2, 0.6) * height
    colour = random_colour(rng, max_saturation=60, value=(60, 230))
    offsets = tall * np.array([[-0.1, 0.0], [0.1, 0.0], [0.0, 0.22],
                               [-0.05, 0.33], [0.05, 0.33]])
    torso = hull_of_discs(at + offsets,
                          tall * np.array([.04, .04, .06, .055, .055]))
    head, foot = at + (0, -0.15 * tall), at + (0, 0.85 * tall)
    return (Shape(np.stack((at, foot)), shade(colour, 0.6),
                  (0.02 * tall, 0.02 * tall)),
            Shape(torso, colour),
            Shape(np.stack((at, head)), shade(colour, 0.9),
                  (0.03 * tall, 0.065 * tall)))


def _box(rng: np.random.Generator, at: np.ndarray, height: float) -> Prop:
    """Return a slightly rotated box with a lid of another colour."""
    half = rng.uniform((0.04, 0.04), (0.17, 0.14)) * height
    angle = rng.uniform(-0.3, 0.3)
    turn = np.array([[np.cos(angle), -np.sin(angle)],
                     [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    lid = np.array([[-1, -1], [1, -1], [1, -0.7], [-1, -0.7]]) * half
    colour = random_colour(rng)
    return (Shape(at + corners @ turn.T, colour),
            Shape(at + lid @ turn.T, shade(colour, 0.65)))


def _bar(rng: np.random.Generator, at: np.ndarray, height: float) -> Prop:
    """Return a bar across the image or a pole in front of everything."""
    thick = rng.uniform(0.008, 0.03) * height
    reach = 2.0 * height * np.array([1.0, rng.uniform(-0.15, 0.15)])
    if rng.random() < 0.5:
        reach = np.array([-reach[1], reach[0]])
    colour = random_colour(rng, max_saturation=110)
    return (Shape(np.stack((at - reach, at + reach)), colour,
                  (thick, thick)),)


def _plant(rng: np.random.Generator, at: np.ndarray, height: float) -> Prop:
    """Return a tuft of leaves that fan out from one spot."""
    green = (rng.uniform(20, 70), rng.uniform(90, 180), rng.uniform(30, 110))
    length = rng.uniform(0.1, 0.3) * height
    leaves = []
    for _ in range(int(rng.integers(5, 12))):
        angle = rng.normal(-np.pi / 2, 0.6)
        tip = at + length * rng.uniform(0.6, 1.0) * np.array(
            [np.cos(angle), np.sin(angle)])
        leaves.append(Shape(np.stack((at, tip)),
                            shade(green, float(rng.uniform(0.7, 1.2))),
                            (0.05 * length, 0.015 * length)))
    return tuple(leaves)
