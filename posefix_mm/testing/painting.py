"""Painting of people, body part by body part, from far to near.

Coordinates are in pixels with the pixel-centre convention: (3, 5) is the
centre of column 3, row 5.  Colours are BGR in 0..255.
"""
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import cv2
import numpy as np

from .body import Body

Colour = tuple[float, float, float]

SKIN_TONES: tuple[Colour, ...] = (
    (195, 215, 245), (165, 190, 232), (140, 172, 220), (105, 145, 200),
    (80, 115, 170), (55, 85, 135), (40, 60, 100))
HAIR_TONES: tuple[Colour, ...] = (
    (25, 25, 30), (30, 45, 70), (45, 75, 120), (90, 150, 200),
    (150, 150, 150), (35, 60, 150), (205, 210, 215))
# One rule tells left from right in the whole data set, so that a network can
# learn it: left limbs are shifted towards a warm light tint, right ones
# towards a cool dark one, and many people wear bands on the left arm and shin.
# For some people the cues are nearly nil: confusing the sides stays possible.
_TINTS = {'left': (90, 205, 250), 'right': (120, 50, 30)}
_BAND = (70, 235, 255)

#: Numbers of the body parts in a canvas's map; 0 is nobody.
PARTS = {name: number for number, name in enumerate((
    'trunk', 'head', *(f'{side}_{limb}' for side in ('left', 'right')
                       for limb in ('upper_arm', 'forearm', 'thigh', 'shin'))
), start=1)}
# Radii at both ends of the limbs, as fractions of body height.
_RADII = {'upper_arm': (0.031, 0.025), 'forearm': (0.026, 0.018),
          'thigh': (0.050, 0.036), 'shin': (0.037, 0.022)}
_ENDS = {'upper_arm': ('shoulder', 'elbow'), 'forearm': ('elbow', 'wrist'),
         'thigh': ('hip', 'knee'), 'shin': ('knee', 'ankle')}
# Added to a limb's depth (fractions of height): arms beside the trunk lie on
# its surface rather than inside, and trousers start beneath the pelvis.
_DEPTH_BIAS = {'upper_arm': -0.035, 'forearm': -0.045, 'thigh': 0.02,
               'shin': 0.02}
_SHIFT = 4  # fractional bits of cv2's fixed-point coordinates
_TURN = np.linspace(0, 2 * np.pi, 12, endpoint=False)
_CIRCLE = np.stack((np.cos(_TURN), np.sin(_TURN)), axis=1)


def random_colour(rng: np.random.Generator, max_saturation: float = 200,
                  value: tuple[float, float] = (40, 235)) -> Colour:
    """Draw a colour of bounded saturation and brightness, each 0 to 255."""
    hsv = rng.uniform((0, 0, value[0]), (180, max_saturation, value[1]))
    blue, green, red = cv2.cvtColor(
        hsv.astype(np.uint8)[None, None], cv2.COLOR_HSV2BGR)[0, 0].tolist()
    return float(blue), float(green), float(red)


def blend(first: Colour, second: Colour, weight: float) -> Colour:
    """Return ``first`` moved towards ``second`` by ``weight`` in 0..1."""
    b, g, r = ((1 - weight) * u + weight * v
               for u, v in zip(first, second, strict=True))
    return b, g, r


def shade(colour: Colour, factor: float) -> Colour:
    """Return the colour with its brightness multiplied by ``factor``."""
    b, g, r = (min(255.0, factor * v) for v in colour)
    return b, g, r


@dataclass
class Canvas:
    """An image and, aligned with it, a map of part numbers."""

    image: np.ndarray  #: ``(h, w, 3)`` uint8 BGR, painted with anti-aliasing
    #: ``(h, w)`` uint8, number of the topmost part, 0 for none.
    parts: np.ndarray
    #: ``(2,)`` unit vector in the image from where light falls.
    light: np.ndarray

    def blob(self, centres: Sequence[np.ndarray] | np.ndarray,
             radii: Sequence[float], colour: Colour, part: int | None = None,
             *, flat: bool = False) -> None:
        """Fill the convex hull of discs, brighter towards the light.

        One disc is a disc, two are a limb, discs of no radius a polygon.
        Centres ``(n, 2)`` and radii ``(n,)`` are in pixels, and the colour is
        that of the lit surface, or of all of it if ``flat``. ``part`` is
        written to the part map; None leaves the map alone, which suits
        decoration within a part.
        """
        middles, sizes = np.asarray(centres), np.asarray(radii, float)
        outline = self._fill(middles, sizes, colour if flat
                             else shade(colour, 0.75))
        if part is not None:
            cv2.fillConvexPoly(self.parts, outline, part, cv2.LINE_8, _SHIFT)
        width = sizes.mean()
        for inset, brightness in ((0.76, 0.92), (0.42, 1.1)):
            if not flat and inset * width >= 1:  # enough to show any shading
                towards_light = 0.8 * (1 - inset) * width * self.light
                self._fill(middles + towards_light, inset * sizes,
                           shade(colour, brightness))

    def _fill(self, centres: np.ndarray, radii: np.ndarray,
              colour: Colour) -> np.ndarray:
        """Fill the hull of discs and return its fixed-point outline."""
        points = centres[:, None] + radii[:, None, None] * _CIRCLE
        outline = cv2.convexHull(np.rint(
            points.reshape(-1, 2) * (1 << _SHIFT)).astype(np.int32))
        cv2.fillConvexPoly(self.image, outline, colour, cv2.LINE_AA, _SHIFT)
        return outline


@dataclass(frozen=True)
class Look:
    """Colours and clothes of one person."""

    skin: Colour
    hair: Colour
    shirt: Colour
    badge: Colour
    trousers: Colour
    shoes: Colour
    #: Covered part of the arm, 0 (none) to 2 (down to the wrist).
    sleeve: float
    trouser_length: float  #: Covered part of the leg, 0.5 to 2 (ankle)
    cue: float  #: Strength of the left-right tint, 0 to 1
    bands: bool  #: Whether the left arm and the left shin carry a band
    long_hair: bool


def sample_look(rng: np.random.Generator) -> Look:
    """Draw the look of one person."""
    bands, long_hair, weak_cue = (rng.random(3) < (0.6, 0.35, 0.12)).tolist()
    return Look(
        skin=shade(SKIN_TONES[rng.integers(len(SKIN_TONES))],
                   rng.uniform(0.88, 1.1)),
        hair=HAIR_TONES[rng.integers(len(HAIR_TONES))],
        shirt=random_colour(rng), badge=random_colour(rng),
        trousers=random_colour(rng, 140, (25, 190)),
        shoes=random_colour(rng, 120, (20, 240)),
        sleeve=float(rng.choice((0.0, 0.55, 0.7, 2.0, 2.0))),
        trouser_length=float(rng.choice((0.5, 0.8, 1.5, 2.0, 2.0, 2.0))),
        cue=rng.uniform(0, 0.15) if weak_cue else rng.uniform(0.4, 1.0),
        bands=bands, long_hair=long_hair)


def paint_person(canvas: Canvas, body: Body, look: Look) -> None:
    """Paint a person, and the numbers of its ``PARTS`` into an empty map."""
    trunk = 0.5 * (body.point('neck') + body.point('waist'))[2]
    head = body.point('head')[2] - 0.02 * body.scale
    steps: list[tuple[float, Callable]] = [
        (trunk - 0.01 * body.scale, _paint_trunk), (head, _paint_head)]
    for side, (limb, ends) in product(('left', 'right'), _ENDS.items()):
        depth = 0.5 * sum(body.point(f'{side}_{end}')[2] for end in ends)
        steps.append((depth + _DEPTH_BIAS[limb] * body.scale,
                      partial(_paint_limb, side=side, limb=limb)))
    for _, paint in sorted(steps, key=lambda step: -step[0]):
        paint(canvas, body, look)


def _paint_limb(canvas: Canvas, body: Body, look: Look, side: str,
                limb: str) -> None:
    """Paint skin, the cloth over its upper part, hand or shoe, and band."""
    arm, lower = limb in ('upper_arm', 'forearm'), limb in ('forearm', 'shin')
    number, size = PARTS[f'{side}_{limb}'], body.scale * body.girth
    start, end = (body.point(f'{side}_{name}')[:2] for name in _ENDS[limb])
    first, second = (max(0.6, size * radius) for radius in _RADII[limb])
    tint = partial(blend, second=_TINTS[side], weight=0.3 * look.cue)
    skin = tint(look.skin)
    if lower:
        tip = body.point(f'{side}_{"hand" if arm else "toe"}')[:2]
        canvas.blob([end, tip], [0.9 * second, max(0.7, 0.02 * size)],
                    skin if arm else tint(look.shoes),
                    number)
    canvas.blob([start, end], [first, second], skin, number)
    length, cloth = ((look.sleeve, look.shirt) if arm
                     else (look.trouser_length, look.trousers))
    covered = min(1.0, length - lower)
    if covered > 0:
        middle = start + covered * (end - start)
        canvas.blob([start, middle],
                    [1.1 * first, 1.12 * (first + covered * (second - first))],
                    tint(cloth), number)
    if side == 'left' and look.bands and limb in ('upper_arm', 'shin'):
        canvas.blob([start + at * (end - start) for at in (0.55, 0.7)],
                    [second, second],
                    blend(look.shirt, _BAND, 0.35 + 0.6 * look.cue), flat=True)


def _paint_trunk(canvas: Canvas, body: Body, look: Look) -> None:
    """Paint neck, pelvis and chest, and what only the front has."""
    size = body.scale * body.girth
    neck, waist, *hips = (body.point(name)[:2] for name in (
        'neck', 'waist', 'left_hip', 'right_hip'))
    canvas.blob([neck, body.point('head')[:2]], [0.029 * size] * 2,
                shade(look.skin, 0.85), PARTS['trunk'])
    canvas.blob([waist, *hips], [0.058 * size, 0.054 * size, 0.054 * size],
                look.trousers, PARTS['trunk'])
    shoulders = [0.88 * body.point(f'{side}_shoulder')[:2] + 0.12 * neck
                 for side in ('left', 'right')]
    canvas.blob([*shoulders, neck + 0.4 * (waist - neck), waist],
                size * np.array([0.036, 0.036, 0.072, 0.062]), look.shirt,
                PARTS['trunk'])
    front = np.cross(body.point('left_shoulder') - body.point(
        'right_shoulder'), body.point('neck') - body.point('waist'))
    front *= 0.055 * size / np.linalg.norm(front)
    if front[2] < -0.01 * size:  # a neckline and buttons
        at = [neck + share * (waist - neck) + front[:2]
              for share in (0.1, 0.3, 0.95)]
        canvas.blob(at[:1], [0.026 * size], look.skin)
        canvas.blob(at[1:], [0.008 * size] * 2, look.badge, flat=True)


def _paint_head(canvas: Canvas, body: Body, look: Look) -> None:
    """Paint skull, hair and what of the face is turned to us."""
    centre, nose = body.point('head'), body.point('nose')
    size = float(np.linalg.norm(nose - centre))
    forward = (nose - centre) / size
    up = np.cross(forward, body.point('left_ear') - body.point('right_ear'))
    up /= np.linalg.norm(up)

    def at(above: float, before: float) -> np.ndarray:
        return (centre + size * (above * up + before * forward))[:2]

    hair = [at(0.5, -0.15), at(-1.1 if look.long_hair else 0, -0.6)]
    skull = partial(canvas.blob, [at(0.35, 0), at(-0.3, 0)],
                    [0.78 * size, 0.72 * size], look.skin, PARTS['head'])
    comb = partial(canvas.blob, hair, [0.8 * size, 0.7 * size], look.hair,
                   PARTS['head'])
    if forward[2] < 0.3:  # the face is before the hair
        comb()
        skull()
        canvas.blob([at(1, -0.3)], [0.62 * size], look.hair)
    else:
        skull()
        comb()
    for name, radius, colour, farthest in (
            ('ear', 0.16, shade(look.skin, 0.8), -look.long_hair or 0.3),
            ('eye', 0.2, (235, 235, 235), 0), ('eye', 0.11, (40, 30, 25), 0),
            ('nose', 0.13, shade(look.skin, 0.72), 0.1)):
        for point in [nose] if name == 'nose' else [
                body.point(f'{side}_{name}') for side in ('left', 'right')]:
            if point[2] < centre[2] + farthest * size:
                canvas.blob([point[:2]], [max(0.5, radius * size)], colour,
                            flat=True)
