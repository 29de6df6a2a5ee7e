"""Painting of one person, body part by body part, from far to near."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .appearance import BAND, Appearance, blend, shade, side_tint
from .canvas import Canvas, hull_of_discs
from .head import draw_head
from .skeleton import POINT_INDEX, Body

PART_NAMES = (
    'torso', 'pelvis', 'neck', 'head', 'hair', 'skirt', 'backpack',
    'left_upper_arm', 'right_upper_arm', 'left_forearm', 'right_forearm',
    'left_thigh', 'right_thigh', 'left_shin', 'right_shin')
PARTS = {name: i + 1 for i, name in enumerate(PART_NAMES)}

# Radii at both ends of the limbs, as fractions of body height.
RADII = {'upper_arm': (0.031, 0.025), 'forearm': (0.026, 0.018),
         'thigh': (0.050, 0.036), 'shin': (0.037, 0.022),
         'foot': (0.024, 0.017), 'neck': (0.030, 0.028)}

# Added to a part's depth (fractions of height): limbs beside the trunk lie on
# its surface rather than inside, and trousers start beneath the pelvis.
DEPTH_BIAS = {'upper_arm': -0.035, 'forearm': -0.045, 'thigh': 0.02,
              'shin': 0.02, 'torso': -0.01, 'head': -0.02}

Step = tuple[float, Callable[[], None]]


def paint_person(canvas: Canvas, body: Body, look: Appearance) -> None:
    """Paint a person and record its parts.

    Args:
        canvas: Canvas; its part map should be empty (0) beforehand and holds
            the numbers of ``PARTS`` where the person is, afterwards.
        body: Posed person in image coordinates.
        look: Colours and clothes.
    """
    painter = _Painter(canvas, body, look)
    for _, paint in sorted(painter.steps(), key=lambda step: -step[0]):
        paint()


class _Painter:
    """The parts of one person with their depths."""

    def __init__(self, canvas: Canvas, body: Body, look: Appearance) -> None:
        self.canvas = canvas
        self.body = body
        self.look = look
        self.size = body.scale * body.build.girth
        self.depths = dict(zip(POINT_INDEX, body.points[:, 2].tolist(),
                               strict=True))
        self.front = body.trunk_rotation @ np.array([0.0, 0.0, -1.0])

    def steps(self) -> list[Step]:
        """Return ``(depth in pixels, painter)`` of every part."""
        torso = self._depth('torso', 'neck', 'waist')
        head = self._depth('head', 'head')
        steps: list[Step] = [
            (torso, self._torso),
            (self._depth('', 'pelvis', 'waist'), self._pelvis),
            (head, self._head),
            # Both ends of the neck are inside the trunk and the head.
            (max(torso, head) + 0.5, self._neck),
        ]
        for side in ('left', 'right'):
            steps += [
                (self._depth('upper_arm', f'{side}_shoulder',
                             f'{side}_elbow'), self._of(side, 'upper_arm')),
                (self._depth('forearm', f'{side}_elbow', f'{side}_wrist'),
                 self._of(side, 'forearm')),
                (self._depth('thigh', f'{side}_hip', f'{side}_knee'),
                 self._of(side, 'thigh')),
                (self._depth('shin', f'{side}_knee', f'{side}_ankle'),
                 self._of(side, 'shin')),
            ]
        if self.look.skirt > 0:
            depth = self._depth('', 'pelvis', 'left_knee', 'right_knee')
            steps.append((depth - 0.05 * self.body.scale, self._skirt))
        if self.look.backpack:
            offset = -0.11 * self.front[2] * self.body.scale
            steps.append((self._depth('', 'neck', 'waist') + offset,
                          self._backpack))
        if self.look.long_hair:
            back = self.body.head_rotation @ np.array([0.0, 0.8, 1.0])
            depth = self.body.point('head')[2] + (
                0.08 * back[2] * self.body.scale)
            steps.append((depth, self._hair))
        return steps

    def _of(self, side: str, part: str) -> Callable[[], None]:
        """Return the painter of a limb of one side."""
        method = {'upper_arm': self._upper_arm, 'forearm': self._forearm,
                  'thigh': self._thigh, 'shin': self._shin}[part]
        return lambda: method(side)

    def _depth(self, part: str, *points: str) -> float:
        """Return the mean depth of points plus the part's bias, pixels."""
        mean = sum(self.depths[name] for name in points) / len(points)
        return mean + DEPTH_BIAS.get(part, 0.0) * self.body.scale

    def _at(self, name: str) -> np.ndarray:
        """Return the ``(2,)`` image position of a point."""
        return self.body.point(name)[:2]

    def _radii(self, part: str, factor: float = 1.0) -> tuple[float, float]:
        """Return the limb's radii in pixels, at least half a pixel."""
        first, second = (max(0.6, factor * self.size * r)
                         for r in RADII[part])
        return first, second

    def _limb(
        self, side: str, part: str, ends: tuple[str, str],
        colours: tuple[tuple[float, float, float], ...], covered: float,
    ) -> None:
        """Draw a bare limb and the cloth over its first ``covered`` part."""
        skin, cloth = (side_tint(c, side, self.look.cue) for c in colours)
        number = PARTS[f'{side}_{part}']
        start, end = (self._at(name) for name in ends)
        first, second = self._radii(part)
        if covered < 1:
            self.canvas.capsule(start, end, (first, second), skin, number)
        if covered > 0:
            reach = min(covered, 1.0)
            radii = (1.1 * first,
                     1.12 * (first + reach * (second - first)))
            self.canvas.capsule(start, start + reach * (end - start), radii,
                                cloth, number)

    def _band(
        self, part: str, ends: tuple[str, str], at: tuple[float, float],
    ) -> None:
        """Draw a bright band across a limb already drawn."""
        start, end = (self._at(name) for name in ends)
        delta = end - start
        length = float(np.hypot(delta[0], delta[1]))
        if length < 0.25 * self.size * RADII[part][0]:
            return
        first, second = self._radii(part, 1.05)
        across = np.array([-delta[1], delta[0]]) / length
        corners = []
        for position, sign in ((at[0], 1), (at[1], 1), (at[1], -1),
                               (at[0], -1)):
            radius = first + position * (second - first)
            corners.append(start + position * delta + sign * radius * across)
        colour = blend(self.look.shirt, BAND, 0.35 + 0.6 * self.look.cue)
        self.canvas.polygon(np.stack(corners), colour)

    def _upper_arm(self, side: str) -> None:
        ends = (f'{side}_shoulder', f'{side}_elbow')
        self._limb(side, 'upper_arm', ends,
                   (self.look.skin, self.look.shirt), self.look.sleeve)
        if side == 'left' and self.look.arm_band:
            self._band('upper_arm', ends, (0.45, 0.72))

    def _forearm(self, side: str) -> None:
        colour = side_tint(self.look.skin, side, 0.5 * self.look.cue)
        radius = max(0.7, 0.021 * self.size)
        self.canvas.capsule(
            self._at(f'{side}_wrist'), self._at(f'{side}_hand'),
            (0.8 * radius, radius), colour, PARTS[f'{side}_forearm'])
        self._limb(side, 'forearm', (f'{side}_elbow', f'{side}_wrist'),
                   (self.look.skin, self.look.shirt),
                   self.look.sleeve - 1)

    def _leg_cover(self) -> float:
        """Return the covered part of the leg; skirts leave legs bare."""
        return 0.0 if self.look.skirt > 0 else self.look.trouser_length

    def _thigh(self, side: str) -> None:
        self._limb(side, 'thigh', (f'{side}_hip', f'{side}_knee'),
                   (self.look.skin, self.look.trousers), self._leg_cover())

    def _shin(self, side: str) -> None:
        ankle, toe = self._at(f'{side}_ankle'), self._at(f'{side}_toe')
        number = PARTS[f'{side}_shin']
        shoe = side_tint(self.look.shoes, side, 1.3 * self.look.cue)
        ends = (f'{side}_knee', f'{side}_ankle')
        self._limb(side, 'shin', ends,
                   (self.look.skin, self.look.trousers),
                   self._leg_cover() - 1)
        if side == 'left' and self.look.sock:
            self._band('shin', ends, (0.66, 0.86))
        self.canvas.capsule(ankle, toe, self._radii('foot'), shoe, number)

    def _neck(self) -> None:
        self.canvas.capsule(self._at('neck'), self._at('head'),
                            self._radii('neck'), shade(self.look.skin, 0.85),
                            PARTS['neck'])

    def _torso(self) -> None:
        neck, waist = self._at('neck'), self._at('waist')
        shoulders = [0.88 * self._at(f'{side}_shoulder') + 0.12 * neck
                     for side in ('left', 'right')]
        chest = neck + 0.4 * (waist - neck)
        outline = hull_of_discs(
            np.stack([*shoulders, chest, waist]),
            self.size * np.array([0.036, 0.036, 0.072, 0.062]))
        self._shaded_hull(outline, self.look.shirt, 'torso')
        self._pattern(outline, neck, waist)
        if self.front[2] < -0.2:
            self._front_details(neck, waist)

    def _shaded_hull(
        self, outline: np.ndarray, colour: tuple[float, float, float],
        part: str,
    ) -> None:
        """Fill a hull with two tones, brighter towards the light."""
        self.canvas.polygon(outline, shade(colour, 0.82), PARTS[part])
        centre = outline.mean(axis=0)
        for inset, brightness in ((0.84, 0.92), (0.6, 1.02)):
            shift = 0.05 * (1 - inset) * self.size * self.canvas.light
            self.canvas.polygon(centre + inset * (outline - centre) + shift,
                                shade(colour, brightness))

    def _pattern(
        self, outline: np.ndarray, neck: np.ndarray, waist: np.ndarray,
    ) -> None:
        """Blend stripes, checks or a colour block into the shirt."""
        kind = self.look.pattern_kind
        height, width = self.canvas.parts.shape
        x0, y0 = np.maximum(np.floor(outline.min(axis=0)), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(outline.max(axis=0)) + 1,
                            (width, height)).astype(int)
        if kind == 'plain' or x0 >= x1 or y0 >= y1:
            return
        axis = (waist - neck) / max(1.0, float(np.hypot(*(waist - neck))))
        xs = np.arange(x0, x1)[None, :] - neck[0]
        ys = np.arange(y0, y1)[:, None] - neck[1]
        period = max(3.0, self.look.pattern_period * self.body.scale)
        along = xs * axis[0] + ys * axis[1]
        if kind == 'split':
            chosen = along > 0.09 * self.body.scale
        else:
            chosen = along % period < 0.5 * period
        if kind == 'checks':
            across = ys * axis[0] - xs * axis[1]
            chosen ^= across % period < 0.5 * period
        window = self.canvas.image[y0:y1, x0:x1]
        chosen &= self.canvas.parts[y0:y1, x0:x1] == PARTS['torso']
        window[chosen] = (0.4 * window[chosen] + 0.6 * np.array(
            self.look.pattern)).astype(np.uint8)

    def _front_details(self, neck: np.ndarray, waist: np.ndarray) -> None:
        """Draw the neckline, the zip and a badge: cues of the front."""
        surface = 0.06 * self.size * self.front[:2]
        axis = waist - neck
        self.canvas.disc(neck + 0.1 * axis + 0.8 * surface,
                         0.026 * self.size, shade(self.look.skin, 0.92))
        if self.look.zip_front:
            half = 0.006 * self.size
            across = np.array([max(half, 0.4), 0.0])
            top, bottom = (neck + t * axis + surface for t in (0.22, 1.0))
            self.canvas.polygon(
                np.stack([top - across, top + across, bottom + across,
                          bottom - across]), shade(self.look.pattern, 0.7))

    def _pelvis(self) -> None:
        outline = hull_of_discs(
            np.stack([self._at('waist'), self._at('left_hip'),
                      self._at('right_hip')]),
            self.size * np.array([0.058, 0.054, 0.054]))
        self._shaded_hull(outline, self.look.trousers, 'pelvis')

    def _skirt(self) -> None:
        hips = [self._at('left_hip'), self._at('right_hip')]
        hems = [hip + self.look.skirt * (self._at(f'{side}_knee') - hip)
                for hip, side in zip(hips, ('left', 'right'), strict=True)]
        outline = hull_of_discs(
            np.stack([*hips, *hems]),
            self.size * np.array([0.055, 0.055, 0.056, 0.056]))
        self._shaded_hull(outline, self.look.trousers, 'skirt')

    def _backpack(self) -> None:
        neck, waist = self._at('neck'), self._at('waist')
        behind = -0.09 * self.size * self.front[:2]
        ends = np.stack([neck + t * (waist - neck) + behind
                         for t in (0.25, 0.85)])
        outline = hull_of_discs(ends, self.size * np.array([0.06, 0.068]))
        self._shaded_hull(outline, shade(self.look.pattern, 0.75),
                          'backpack')

    def _hair(self) -> None:
        turn = self.body.head_rotation * self.body.scale
        head = self._at('head')
        top, tip = (head + (turn @ np.array(offset))[:2] for offset in
                    ((0.0, 0.02, 0.02), (0.0, 0.125, 0.045)))
        radius = 0.055 * self.body.scale * self.body.build.head
        self.canvas.capsule(top, tip, (radius, 0.75 * radius),
                            self.look.hair, PARTS['hair'])

    def _head(self) -> None:
        draw_head(self.canvas, self.body, self.look, PARTS['head'])
