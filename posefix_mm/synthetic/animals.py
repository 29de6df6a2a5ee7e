"""Very simple four-legged animals with the joints of AP-10K.

They are seen from the side: capsules for trunk, neck, head and legs, discs
for eyes and nose.  Enough for a fixture in which nothing is a person.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .annotation import joint_in_image
from .appearance import random_colour, shade
from .backgrounds import make_background
from .canvas import Canvas
from .effects import apply_camera

ANIMAL_KEYPOINTS = (
    'L_Eye', 'R_Eye', 'Nose', 'Neck', 'Root of tail', 'L_Shoulder',
    'L_Elbow', 'L_F_Paw', 'R_Shoulder', 'R_Elbow', 'R_F_Paw', 'L_Hip',
    'L_Knee', 'L_B_Paw', 'R_Hip', 'R_Knee', 'R_B_Paw')
_INDEX = {name: i for i, name in enumerate(ANIMAL_KEYPOINTS)}
_MIRRORED = [_INDEX[{'L': 'R', 'R': 'L'}[name[0]] + name[1:]
                    if name[:2] in ('L_', 'R_') else name]
             for name in ANIMAL_KEYPOINTS]

# An animal that faces right, in trunk lengths, y down, the root of the tail
# at the origin.  Its right side is turned to us; the left legs are a little
# further in the picture's depth, hence higher.
_STANDING = np.array([
    (1.36, -0.42), (1.30, -0.42), (1.52, -0.28), (1.02, -0.08), (0.0, 0.0),
    (0.96, 0.16), (0.98, 0.44), (1.00, 0.74), (0.88, 0.18), (0.90, 0.48),
    (0.92, 0.80), (0.14, 0.12), (0.20, 0.42), (0.12, 0.74), (0.06, 0.14),
    (0.12, 0.46), (0.04, 0.80)])
# (joints, radius in trunk lengths, brightness), from far to near
_LEG = 0.055
_LIMBS = (
    (('L_Shoulder', 'L_Elbow'), 1.3 * _LEG, 0.6),
    (('L_Elbow', 'L_F_Paw'), _LEG, 0.6), (('L_Hip', 'L_Knee'), 1.5 * _LEG, .6),
    (('L_Knee', 'L_B_Paw'), _LEG, 0.6), (('Root of tail', 'Neck'), 0.2, 1.0),
    (('Neck', 'R_Eye'), 0.11, 1.0), (('R_Eye', 'Nose'), 0.09, 1.05),
    (('R_Shoulder', 'R_Elbow'), 1.3 * _LEG, 0.9),
    (('R_Elbow', 'R_F_Paw'), _LEG, 0.9), (('R_Hip', 'R_Knee'), 1.5 * _LEG, .9),
    (('R_Knee', 'R_B_Paw'), _LEG, 0.9))
_STRIDE = 0.07  # standard deviation of elbows, knees and paws, in trunks
_SWINGING = [_INDEX[f'{side}_{name}'] for side in 'LR'
             for name in ('Elbow', 'F_Paw', 'Knee', 'B_Paw')]


def draw_animals(
    rng: np.random.Generator,
    image_size: tuple[int, int] = (320, 240),
    num_animals: int | None = None,
    num_species: int = 1,
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Draw one image of animals and annotate them.

    Args:
        rng: Source of randomness; the result depends on nothing else.
        image_size: Width and height in pixels.
        num_animals: Number of animals; 1 or 2 when None.
        num_species: The category of an animal is drawn from 1 to this.

    Returns:
        ``(h, w, 3)`` uint8 BGR image, and the COCO annotations of the animals
        with 17 joints each, without ``id`` and ``image_id``.
    """
    width, height = image_size
    image = make_background(rng, image_size)
    count = int(rng.integers(1, 3)) if num_animals is None else num_animals
    instances = np.zeros((height, width), np.uint8)
    poses = []
    for number in range(1, count + 1):
        parts = np.zeros_like(instances)
        canvas = Canvas(image, parts, np.array([0.0, -1.0]))
        poses.append(_pose(rng, image_size))
        _paint(canvas, rng, poses[-1])
        instances[parts > 0] = number
    people = [_annotate(pose, instances, number, int(
        rng.integers(1, num_species + 1)))
        for number, pose in enumerate(poses, start=1)]
    return apply_camera(image, rng), people


def _pose(
    rng: np.random.Generator, size: tuple[int, int],
) -> np.ndarray:
    """Draw the ``(17, 3)`` joints in pixels; z is 1 where they face left."""
    points = _STANDING.copy()
    points[_SWINGING] += rng.normal(0, _STRIDE, (len(_SWINGING), 2))
    left = rng.random() < 0.5
    if left:
        points = (points * (-1, 1))[_MIRRORED]
    trunk = rng.uniform(0.3, 0.45) * min(size[0], 1.3 * size[1])
    points *= trunk
    low, high = points.min(0), points.max(0)
    room = np.array(size) - 1 - (high - low)
    points += rng.uniform(0.1, 0.9, 2) * room - low
    return np.column_stack((points, np.full(len(points), float(left))))


def _paint(
    canvas: Canvas, rng: np.random.Generator, pose: np.ndarray,
) -> None:
    """Paint one animal from its far to its near side."""
    # the side that is turned to us is the left one if the animal faces left
    points = pose[_MIRRORED, :2] if pose[0, 2] else pose[:, :2]
    trunk = float(np.linalg.norm(points[_INDEX['Neck']]
                                 - points[_INDEX['Root of tail']]))
    fur = random_colour(rng, max_saturation=140, value=(70, 200))
    for (start, end), radius, brightness in _LIMBS:
        canvas.capsule(points[_INDEX[start]], points[_INDEX[end]],
                       (radius * trunk, 0.8 * radius * trunk),
                       shade(fur, brightness), 1)
    canvas.disc(points[_INDEX['R_Eye']], 0.03 * trunk, (20, 20, 20), 1)
    canvas.disc(points[_INDEX['Nose']], 0.04 * trunk, (30, 30, 40), 1)


def _annotate(
    pose: np.ndarray, instances: np.ndarray, number: int, category: int,
) -> dict[str, Any]:
    """Return the annotation of one animal."""
    xy = np.round(pose[:, :2], 2)
    inside = joint_in_image(xy, (instances.shape[0], instances.shape[1]))
    column, row = np.rint(np.where(inside[:, None], xy, 0)).astype(int).T
    seen = instances[row, column] == number
    flags = np.where(inside, 1 + seen, 0)
    low, high = xy.min(0), xy.max(0)
    x, y = np.maximum(low - 3, 0)
    right, bottom = np.minimum(high + 3, instances.shape[::-1])
    return {
        'category_id': category,
        'iscrowd': 0,
        'bbox': [float(x), float(y), float(right - x), float(bottom - y)],
        'area': float(max(1, np.count_nonzero(instances == number))),
        'num_keypoints': int(inside.sum()),
        'keypoints': np.column_stack(
            (xy * inside[:, None], flags)).ravel().tolist(),
    }
