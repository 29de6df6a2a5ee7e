"""Per-pixel rendering of a head as a shaded ellipsoid with a painted face.

The head is small in the image, so casting one ray per (supersampled) pixel is
cheap, and face, hair and hat are right from every viewing direction.
"""

from __future__ import annotations

import cv2
import numpy as np

from .appearance import Appearance, Colour, shade
from .canvas import Canvas
from .skeleton import FACE_POINTS, HEAD_AXES, Body

_MAX_SUPERSAMPLING = 3
_EYE_WHITE: Colour = (235, 240, 240)
_PUPIL: Colour = (30, 25, 25)
_LIPS: Colour = (60, 50, 150)


def draw_head(
    canvas: Canvas, body: Body, look: Appearance, part: int,
) -> None:
    """Draw the head with ears, nose, face, hair and hat.

    Args:
        canvas: Canvas to draw on.
        body: Posed person.
        look: Colours and clothes.
        part: Number for the part map.
    """
    centre = body.point('head')
    ear_size = 0.02 * body.scale * body.build.head
    ears = [body.point('left_ear'), body.point('right_ear')]
    for ear in ears:
        if ear[2] >= centre[2]:
            canvas.disc(ear[:2], ear_size, shade(look.skin, 0.85), part)
    _draw_ellipsoid(canvas, body, look, part)
    nose = body.point('nose')
    if nose[2] < centre[2]:
        canvas.disc(nose[:2], 0.014 * body.scale * body.build.head,
                    shade(look.skin, 0.84), part)
    for ear in ears:
        if ear[2] < centre[2] and not look.long_hair:
            canvas.disc(ear[:2], ear_size, shade(look.skin, 0.88), part)


def _draw_ellipsoid(
    canvas: Canvas, body: Body, look: Appearance, part: int,
) -> None:
    """Ray cast the skull and blend it onto the canvas."""
    axes = HEAD_AXES * body.build.head * body.scale
    turn = body.head_rotation
    half = np.sqrt(np.diag(turn @ np.diag(axes ** 2) @ turn.T))[:2]
    centre = body.point('head')[:2]
    height, width = canvas.parts.shape
    x0, y0 = np.maximum(np.floor(centre - half - 1), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(centre + half + 2),
                        (width, height)).astype(int)
    if x0 >= x1 or y0 >= y1:
        return
    # Big heads need less supersampling to look smooth.
    factor = _MAX_SUPERSAMPLING if half.max() < 9 else 2
    xs = _sample_positions(x0, x1, factor) - centre[0]
    ys = _sample_positions(y0, y1, factor) - centre[1]
    colour, alpha = _render(xs, ys, turn, axes, look, canvas.light)
    size = (int(x1 - x0), int(y1 - y0))
    colour = cv2.resize(colour * alpha[..., None], size,
                        interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    window = canvas.image[y0:y1, x0:x1]
    blended = colour + (1 - alpha[..., None]) * window
    window[:] = np.rint(blended).astype(np.uint8)
    canvas.parts[y0:y1, x0:x1][alpha >= 0.5] = part


def _sample_positions(first: int, last: int, factor: int) -> np.ndarray:
    """Return the centres of the sub-pixels of pixels first..last-1."""
    count = (int(last) - int(first)) * factor
    return first - 0.5 + (np.arange(count, dtype=np.float32) + 0.5) / factor


def _render(
    xs: np.ndarray, ys: np.ndarray, turn: np.ndarray, axes: np.ndarray,
    look: Appearance, light: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Cast one ray per sample.

    Args:
        xs: ``(m,)`` sample columns relative to the head's centre, pixels.
        ys: ``(n,)`` sample rows relative to the head's centre, pixels.
        turn: ``(3, 3)`` rotation from the head to the camera.
        axes: ``(3,)`` semi-axes in pixels.
        look: Colours of the person.
        light: ``(2,)`` image direction of the light.

    Returns:
        ``(n, m, 3)`` float32 colours and ``(n, m)`` float32 coverage.
    """
    quadric = turn @ np.diag(axes ** -2.0) @ turn.T
    x, y = xs[None, :], ys[:, None]
    # Points with p' quadric p = 1 along the ray (x, y, z): a quadratic in z.
    b = quadric[0, 2] * x + quadric[1, 2] * y
    c = (quadric[0, 0] * x * x + 2 * quadric[0, 1] * x * y
         + quadric[1, 1] * y * y - 1)
    root = b * b - quadric[2, 2] * c
    alpha = (root >= 0).astype(np.float32)
    z = (-b - np.sqrt(np.maximum(root, 0))) / quadric[2, 2]
    to_sphere = (turn / axes).T  # maps camera offsets to the unit sphere
    sphere = [row[0] * x + row[1] * y + row[2] * z for row in to_sphere]
    colour = _surface_colour(sphere, look)
    lit = light[0] * x + light[1] * y
    brightness = 0.95 + 0.2 * lit / max(axes) + 0.12 * np.sqrt(
        np.maximum(root, 0) / quadric[2, 2])
    colour *= brightness[..., None]
    return np.minimum(colour, 255).astype(np.float32), alpha


def _surface_colour(
    sphere: list[np.ndarray], look: Appearance,
) -> np.ndarray:
    """Colour points of the unit sphere: face, hair, eyes, mouth, hat."""
    u, v, w = sphere
    kind = np.zeros(u.shape, np.uint8)  # index into the palette below
    front = w < 0
    eye_x, eye_y, _ = FACE_POINTS['eye']
    from_eye = (np.abs(u) - eye_x) ** 2 + 1.6 * (v - eye_y) ** 2
    brow = (np.abs(np.abs(u) - eye_x) < 0.2) & (np.abs(v + 0.33) < 0.06)
    mouth = (np.abs(u) < 0.3) & (np.abs(v - 0.56) < 0.07)
    kind[front & (from_eye < 0.045)] = 1
    kind[front & (from_eye < 0.018)] = 2
    kind[front & brow] = 3
    kind[front & mouth] = 4
    back, low = (-0.35, 0.95) if look.long_hair else (-0.05, 0.5)
    kind[((w > back) & (v < low)) | (v < -0.52)] = 5
    if look.hat:
        kind[v < -0.4] = 6
    palette = np.array(
        [look.skin, _EYE_WHITE, _PUPIL, shade(look.hair, 0.7), _LIPS,
         look.hair, look.pattern], np.float32)
    return palette[kind]
