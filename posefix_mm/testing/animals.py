"""Very simple four-legged animals with the joints of AP-10K.

They are seen from the side: a fixture in which nothing is a person.
"""
from typing import Any

import numpy as np

from .painting import Canvas, random_colour, shade
from .scene import coco_annotation, joint_in_image
from .surroundings import apply_camera, make_background

# the order of the joints is AP-10K's: eyes, nose, neck, root of the tail; then
# front and hind legs from the trunk to the paw, left before right
_MIRRORED = [1, 0, 2, 3, 4, 8, 9, 10, 5, 6, 7, 14, 15, 16, 11, 12, 13]
# An animal that faces right, in trunk lengths, y down, the root of the tail
# at the origin.  Its right side is turned to us; the left legs are a little
# further in the picture's depth, hence higher.
_STANDING = np.array([
    (1.36, -0.42), (1.30, -0.42), (1.52, -0.28), (1.02, -0.08), (0.0, 0.0),
    (0.96, 0.16), (0.98, 0.44), (1.00, 0.74), (0.88, 0.18), (0.90, 0.48),
    (0.92, 0.80), (0.14, 0.12), (0.20, 0.42), (0.12, 0.74), (0.06, 0.14),
    (0.12, 0.46), (0.04, 0.80)])
_SWINGING = [6, 7, 9, 10, 12, 13, 15, 16]  # elbows, knees and paws
# (two joints, radius in trunk lengths, brightness), from far to near
_LIMBS = ((5, 6, .07, .6), (6, 7, .055, .6), (11, 12, .08, .6),
          (12, 13, .055, .6), (4, 3, .2, 1.), (3, 1, .11, 1.),
          (1, 2, .09, 1.05), (8, 9, .07, .9), (9, 10, .055, .9),
          (14, 15, .08, .9), (15, 16, .055, .9))


def draw_animals(
    rng: np.random.Generator, image_size: tuple[int, int] = (320, 240),
    num_animals: int | None = None, num_species: int = 1,
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Draw one image of animals and annotate them.

    1 or 2 animals when their number is None, each of a category from 1 to
    ``num_species``; ``image_size`` is width and height in pixels. Returns the
    ``(h, w, 3)`` uint8 BGR image, and COCO annotations with 17 joints each,
    without ``id`` and ``image_id``. The result depends on ``rng`` alone.
    """
    image = make_background(rng, image_size)
    instances = np.zeros(image.shape[:2], np.uint8)
    canvas = Canvas(image, instances, np.array([0.0, -1.0]))
    count = int(rng.integers(1, 3)) if num_animals is None else num_animals
    poses = []
    for number in range(1, count + 1):
        points = _STANDING.copy()
        points[_SWINGING] += rng.normal(0, 0.07, (len(_SWINGING), 2))
        trunk = rng.uniform(0.3, 0.45) * min(image_size[0],
                                             1.3 * image_size[1])
        left = rng.random() < 0.5  # the side that is turned to us
        points *= trunk * np.array((-1 if left else 1, 1))
        low, high = points.min(0), points.max(0)
        room = np.array(image_size) - 1 - (high - low)
        points += rng.uniform(0.1, 0.9, 2) * room - low
        fur = random_colour(rng, 140, (70, 200))
        for first, second, radius, brightness in _LIMBS:
            canvas.blob(points[[first, second]],
                        (radius * trunk, 0.8 * radius * trunk),
                        shade(fur, brightness), number)
        canvas.blob(points[[1]], (0.03 * trunk,), (20, 20, 20), number)
        poses.append(points[_MIRRORED] if left else points)
    return apply_camera(image, rng), [
        _annotate(pose, instances, number, int(rng.integers(num_species)) + 1)
        for number, pose in enumerate(poses, start=1)]


def _annotate(pose: np.ndarray, instances: np.ndarray, number: int,
              category: int) -> dict[str, Any]:
    """Return the annotation of one animal."""
    xy = np.round(pose, 2)
    inside = joint_in_image(xy, instances.shape)
    column, row = np.rint(np.where(inside[:, None], xy, 0)).astype(int).T
    flags = np.where(inside, 1 + (instances[row, column] == number), 0)
    x, y = np.maximum(xy.min(0) - 3, 0)
    right, bottom = np.minimum(xy.max(0) + 3, instances.shape[::-1])
    return coco_annotation(xy, flags, instances == number,
                           (x, y, right - x, bottom - y), category)
