"""Composition of whole images: who stands where, in front of what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from .annotation import Painted, annotate, joint_in_image
from .appearance import Appearance, sample_appearance
from .backgrounds import make_background
from .canvas import Canvas
from .effects import apply_camera
from .person import paint_person
from .props import (
    OCCLUDER_PART,
    Prop,
    paint_prop,
    sample_distractor,
    sample_occluder,
)
from .skeleton import NUM_KEYPOINTS, Body, sample_body

MIN_SIDE = 64
MAX_PEOPLE = 12
_PEOPLE_WEIGHTS = (0.2, 0.3, 0.25, 0.15, 0.1)  # 1 to 5 people
_OCCLUDER_WEIGHTS = (0.5, 0.3, 0.15, 0.05)  # 0 to 3 occluders
# What a small network learns in minutes: upright people who face the camera.
_SIMPLE_POSES = ('stand', 'walk', 'arms_up', 'wave', 'hands_on_hips',
                 'star_jump')
_SIMPLE_YAW = 45.0  # degrees to either side
_SIMPLE_PEOPLE_WEIGHTS = (0.4, 0.4, 0.2)
_SIMPLE_OCCLUDER_WEIGHTS = (0.8, 0.2)
_HEIGHT_RANGE = (0.26, 0.92)  # of the image height
_MIN_JOINTS = 5  # annotated joints a person must bring when placed
_MIN_VISIBLE = 0.18  # share of a person's pixels that must stay visible
_MIN_PIXELS = 40


@dataclass(frozen=True)
class Actor:
    """A person to be painted."""

    body: Body
    look: Appearance


@dataclass(frozen=True)
class Scene:
    """Everything an image shows; painting it takes no randomness.

    Attributes:
        background: ``(h, w, 3)`` uint8 BGR, distractors included.
        actors: People from far to near.
        occluders: ``(k, prop)``: the prop is painted right after actor k.
        light: ``(2,)`` unit vector in the image from where light falls.
    """

    background: np.ndarray
    actors: tuple[Actor, ...]
    occluders: tuple[tuple[int, Prop], ...]
    light: np.ndarray


def draw_scene(
    rng: np.random.Generator,
    image_size: tuple[int, int] = (320, 240),
    num_people: int | None = None,
    *,
    simple: bool = False,
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Draw one image of people and annotate everyone in it.

    Args:
        rng: Source of randomness; the result depends on nothing else.
        image_size: Width and height in pixels.
        num_people: Number of people to place; drawn from 1 to 5 when None.
            People of whom others leave almost nothing visible are taken out
            of the scene, so fewer may result, but never none.
        simple: Draw upright people who face the camera, fewer at once and
            with fewer things in front of them.

    Returns:
        ``(h, w, 3)`` uint8 BGR image, and the COCO annotations of all people
        in it, from far to near, without ``id`` and ``image_id``.

    Raises:
        ValueError: If an argument is out of range.
    """
    size = _check_arguments(rng, image_size, num_people)
    if num_people is None:
        weights = _SIMPLE_PEOPLE_WEIGHTS if simple else _PEOPLE_WEIGHTS
        num_people = 1 + int(rng.choice(len(weights), p=weights))
    scene = sample_scene(rng, size, num_people, simple=simple)
    image, people, instances = render(scene)
    hopeless = _hidden_people(people, instances)
    while hopeless.any():
        scene = _without(scene, hopeless)
        image, people, instances = render(scene)
        hopeless = _hidden_people(people, instances)
    annotations = [annotate(person, instances, number + 1)
                   for number, person in enumerate(people)]
    return apply_camera(image, rng), annotations


def _check_arguments(
    rng: np.random.Generator, image_size: tuple[int, int],
    num_people: int | None,
) -> tuple[int, int]:
    """Raise ValueError for bad arguments, return the size as integers."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError('rng must be a numpy.random.Generator, got '
                         f'{type(rng).__name__}')
    if (len(image_size) != 2
            or not all(isinstance(v, (int, np.integer)) for v in image_size)
            or min(image_size) < MIN_SIDE):
        raise ValueError('image_size must be (width, height), both integers '
                         f'of at least {MIN_SIDE}, got {image_size!r}')
    if num_people is not None and not 1 <= num_people <= MAX_PEOPLE:
        raise ValueError(f'num_people must be None or 1 to {MAX_PEOPLE}, '
                         f'got {num_people!r}')
    return int(image_size[0]), int(image_size[1])


def sample_scene(
    rng: np.random.Generator, size: tuple[int, int], num_people: int,
    *,
    simple: bool = False,
) -> Scene:
    """Draw the contents of an image.

    Args:
        rng: Source of randomness.
        size: Width and height in pixels.
        num_people: Number of people to place.
        simple: See :func:`draw_scene`.

    Returns:
        The scene, people sorted from far (small) to near (large).
    """
    angle = rng.uniform(-np.pi, 0)  # light comes from above
    light = np.array([np.cos(angle), np.sin(angle)])
    background = make_background(rng, size)
    canvas = Canvas(background, np.zeros(background.shape[:2], np.uint8),
                    light)
    for _ in range(int(rng.integers(1, 7))):
        paint_prop(canvas, sample_distractor(rng, size))
    bodies: list[Body] = []
    for _ in range(num_people):
        bodies.append(place_body(rng, size, bodies, simple=simple))
    # Nearer people are larger and stand lower; the noise mixes the order of
    # people of similar size.
    bodies.sort(key=lambda body: body.scale * rng.uniform(0.85, 1.15))
    actors = tuple(Actor(body, sample_appearance(rng)) for body in bodies)
    weights = _SIMPLE_OCCLUDER_WEIGHTS if simple else _OCCLUDER_WEIGHTS
    count = int(rng.choice(len(weights), p=weights))
    occluders = tuple(
        (int(rng.integers(num_people)), sample_occluder(rng, size))
        for _ in range(count))
    return Scene(background, actors, occluders, light)


def place_body(
    rng: np.random.Generator, size: tuple[int, int], others: list[Body],
    *,
    simple: bool = False,
) -> Body:
    """Draw a person and its place, often next to somebody present.

    Args:
        rng: Source of randomness.
        size: Width and height of the image in pixels.
        others: People placed so far.
        simple: See :func:`draw_scene`.

    Returns:
        The body in image coordinates, at least ``_MIN_JOINTS`` of its joints
        inside the image.
    """
    width, height = size
    for _ in range(20):
        beside = None
        tall = height * float(np.exp(rng.uniform(*np.log(_HEIGHT_RANGE))))
        if others and rng.random() < 0.6:
            beside = others[int(rng.integers(len(others)))]
            tall = min(beside.scale * rng.uniform(0.75, 1.3), 1.05 * height)
        elif not simple and rng.random() < 0.1:  # cut by the border
            tall = height * rng.uniform(1.0, 1.3)
        pose = str(rng.choice(_SIMPLE_POSES)) if simple else None
        yaw = float(rng.uniform(-1, 1) * _SIMPLE_YAW) if simple else None
        body = sample_body(rng, tall, pose=pose, yaw=yaw)
        body = body.moved(*_place(rng, size, body, beside))
        xy = body.points[:NUM_KEYPOINTS, :2]
        if joint_in_image(xy, (height, width)).sum() >= _MIN_JOINTS:
            return body
    x_min, y_min, x_max, y_max = body.extent()
    return body.moved(0.5 * (width - x_min - x_max),
                      0.5 * (height - y_min - y_max))


def _place(
    rng: np.random.Generator, size: tuple[int, int], body: Body,
    beside: Body | None,
) -> tuple[float, float]:
    """Return the shift that puts a body (at the origin) into the image."""
    width, height = size
    x_min, y_min, x_max, y_max = body.extent()
    # Large people are near, so their feet are low in the image.
    ground = height * (0.6 + 0.36 * min(1.0, body.scale / height))
    ground += rng.uniform(-0.06, 0.06) * height
    if beside is not None:
        x = float(beside.point('pelvis')[0])
        x += rng.choice((-1, 1)) * rng.uniform(0.12, 0.5) * body.scale
    elif rng.random() < 0.15:  # cut by the left or the right border
        x = float(rng.choice((0, width))) + 0.1 * rng.normal() * body.scale
    else:
        margin = min(0.5 * (x_max - x_min), 0.45 * width)
        x = rng.uniform(margin, width - margin) - 0.5 * (x_min + x_max)
    if body.scale > 0.95 * height:  # close-ups show the upper body
        return x, float(rng.uniform(0.02, 0.15) * height - y_min)
    return x, float(ground - body.lift - y_max)


def render(
    scene: Scene,
) -> tuple[np.ndarray, list[Painted], np.ndarray]:
    """Paint a scene from far to near.

    Args:
        scene: Contents of the image.

    Returns:
        ``(h, w, 3)`` uint8 image before camera effects, the painted people,
        and the ``(h, w)`` uint8 map of the topmost person's number (1 for
        the first actor, 0 for background and occluders).
    """
    image = scene.background.copy()
    instances = np.zeros(image.shape[:2], np.uint8)
    people = []
    for index, actor in enumerate(scene.actors):
        parts = np.zeros_like(instances)
        _paint_shadow(image, actor.body)
        paint_person(Canvas(image, parts, scene.light), actor.body,
                     actor.look)
        instances[parts > 0] = index + 1
        people.append(Painted(actor.body, actor.look, parts))
        for after, prop in scene.occluders:
            if after == index:
                over = np.zeros_like(instances)
                paint_prop(Canvas(image, over, scene.light), prop,
                           OCCLUDER_PART)
                instances[over > 0] = 0
    return image, people, instances


def _paint_shadow(image: np.ndarray, body: Body) -> None:
    """Darken the ground under a person's feet, in place."""
    x_min, _, x_max, y_max = body.extent()
    half = (max(2, int(0.3 * (x_max - x_min) + 0.06 * body.scale)),
            max(1, int(0.03 * body.scale)))
    centre = (int(0.5 * (x_min + x_max)), int(y_max + body.lift))
    x0, y0 = max(0, centre[0] - half[0]), max(0, centre[1] - half[1])
    window = image[y0:max(y0, centre[1] + half[1] + 1),
                   x0:max(x0, centre[0] + half[0] + 1)]
    if window.size == 0:
        return
    dark = window.copy()
    local = (centre[0] - x0, centre[1] - y0)
    cv2.ellipse(dark, local, half, 0, 0, 360, (20, 20, 20), -1, cv2.LINE_AA)
    window[:] = cv2.addWeighted(window, 0.65, dark, 0.35, 0)


def _hidden_people(
    people: list[Painted], instances: np.ndarray,
) -> np.ndarray:
    """Return which people are too hidden to be worth annotating."""
    counts = np.array([np.count_nonzero(instances == number + 1)
                       for number in range(len(people))])
    whole = np.array([np.count_nonzero(person.parts) for person in people])
    return counts < np.maximum(_MIN_PIXELS, _MIN_VISIBLE * whole)


def _without(scene: Scene, hopeless: np.ndarray) -> Scene:
    """Return the scene without the hidden people.

    Should that leave nobody, the occluders go instead, and at last everybody
    but the nearest person: an image always shows somebody.
    """
    if hopeless.all():
        if scene.occluders:
            return Scene(scene.background, scene.actors, (), scene.light)
        hopeless = np.arange(len(hopeless)) < len(hopeless) - 1
    kept = np.flatnonzero(~hopeless)
    # An occluder stays in front of the same people: it follows the last kept
    # person that it was painted over.
    occluders = tuple(
        (int(np.count_nonzero(kept <= after)) - 1, prop)
        for after, prop in scene.occluders if (kept <= after).any())
    return Scene(scene.background,
                 tuple(scene.actors[int(k)] for k in kept), occluders,
                 scene.light)
