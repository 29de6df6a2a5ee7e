"""Colours and clothes of a person, with cues that tell left from right.

The left-right cues follow one rule across the whole data set, so that a
network can learn them: limbs of the left side are shifted towards a warm
light tint and those of the right side towards a cool dark one.  Many people
also wear a bright band on the left upper arm and a bright left sock.  The
strength of the cues varies between people and is nearly nil for some, so that
confusing the sides stays possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

Colour = tuple[float, float, float]  # BGR, 0..255

SKIN_TONES: tuple[Colour, ...] = (
    (195, 215, 245), (165, 190, 232), (140, 172, 220), (105, 145, 200),
    (80, 115, 170), (55, 85, 135), (40, 60, 100))
HAIR_TONES: tuple[Colour, ...] = (
    (25, 25, 30), (30, 45, 70), (45, 75, 120), (90, 150, 200),
    (150, 150, 150), (35, 60, 150), (205, 210, 215))
LEFT_TINT: Colour = (90, 205, 250)
RIGHT_TINT: Colour = (120, 50, 30)
BAND: Colour = (70, 235, 255)


@dataclass(frozen=True)
class Appearance:
    """Look of one person; colours are BGR in 0..255.

    Attributes:
        skin, hair, shirt, pattern, trousers, shoes: Colours.
        sleeve: Covered part of the arm, 0 (none) to 2 (down to the wrist).
        trouser_length: Covered part of the leg, 0.5 to 2 (ankle).
        skirt: Length of the skirt along the thigh; 0 for none.
        pattern_kind: 'plain', 'stripes', 'checks' or 'split'.
        pattern_period: Period of the pattern in fractions of body height.
        long_hair, hat, zip_front, backpack: Further items worn.
        cue: Strength of the left-right tint, 0 to 1.
        arm_band, sock: Whether the left arm and the left shin carry a band.
    """

    skin: Colour
    hair: Colour
    shirt: Colour
    pattern: Colour
    trousers: Colour
    shoes: Colour
    sleeve: float
    trouser_length: float
    skirt: float
    pattern_kind: str
    pattern_period: float
    long_hair: bool
    hat: bool
    zip_front: bool
    backpack: bool
    cue: float
    arm_band: bool
    sock: bool


def random_colour(
    rng: np.random.Generator,
    *,
    max_saturation: float = 200,
    value: tuple[float, float] = (40, 235),
) -> Colour:
    """Draw a BGR colour with bounded saturation and brightness.

    Args:
        rng: Source of randomness.
        max_saturation: Upper bound of the HSV saturation, 0 to 255.
        value: Range of the HSV value, within 0 to 255.

    Returns:
        The colour as three floats.
    """
    hsv = np.array([[[rng.uniform(0, 180), rng.uniform(0, max_saturation),
                      rng.uniform(*value)]]]).astype(np.uint8)
    blue, green, red = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0]
    return float(blue), float(green), float(red)


def blend(first: Colour, second: Colour, weight: float) -> Colour:
    """Return ``first`` moved towards ``second`` by ``weight`` in 0..1."""
    b, g, r = ((1 - weight) * u + weight * v
               for u, v in zip(first, second, strict=True))
    return b, g, r


def shade(colour: Colour, factor: float) -> Colour:
    """Return the colour with its brightness multiplied by ``factor``."""
    b, g, r = colour
    return (min(255.0, factor * b), min(255.0, factor * g),
            min(255.0, factor * r))


def side_tint(colour: Colour, side: str, cue: float) -> Colour:
    """Apply the left-right cue of the data set to a colour.

    Args:
        colour: BGR colour of the limb.
        side: 'left', 'right', or anything else for no tint.
        cue: Strength of the cue, 0 to 1.

    Returns:
        The tinted colour.
    """
    if side == 'left':
        return blend(colour, LEFT_TINT, 0.3 * cue)
    if side == 'right':
        return blend(colour, RIGHT_TINT, 0.3 * cue)
    return colour


def sample_appearance(rng: np.random.Generator) -> Appearance:
    """Draw the look of one person."""
    shirt = random_colour(rng)
    uniform = rng.random() < 0.15  # one-piece suits and matching sets
    trousers = shirt if uniform else random_colour(
        rng, max_saturation=140, value=(25, 190))
    jitter = rng.uniform(0.88, 1.1)
    long_hair, hat, zip_front, backpack, arm_band, sock = (
        bool(flag) for flag in
        rng.random(6) < (0.35, 0.2, 0.5, 0.15, 0.6, 0.6))
    return Appearance(
        skin=shade(SKIN_TONES[rng.integers(len(SKIN_TONES))], jitter),
        hair=HAIR_TONES[rng.integers(len(HAIR_TONES))],
        shirt=shirt,
        pattern=random_colour(rng),
        trousers=trousers,
        shoes=random_colour(rng, max_saturation=120, value=(20, 240)),
        sleeve=float(rng.choice((0.0, 0.55, 0.7, 2.0, 2.0))),
        trouser_length=float(rng.choice((0.5, 0.8, 1.5, 2.0, 2.0, 2.0))),
        skirt=float(rng.choice((0, 0, 0, 0, 0.6, 0.9))),
        pattern_kind=str(rng.choice(
            ('plain', 'plain', 'stripes', 'checks', 'split'))),
        pattern_period=float(rng.uniform(0.03, 0.09)),
        long_hair=long_hair, hat=hat, zip_front=zip_front,
        backpack=backpack,
        cue=float(rng.choice((rng.uniform(0, 0.15),
                              rng.uniform(0.4, 1.0)), p=(0.12, 0.88))),
        arm_band=arm_band, sock=sock)
