"""Composition of whole images and the annotations that follow from them."""
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from .body import COCO_KEYPOINTS, Body, sample_body
from .painting import PARTS, Canvas, Look, paint_person, sample_look
from .surroundings import (
    Prop,
    apply_camera,
    make_background,
    paint_prop,
    sample_prop,
)

_MIN_SIDE, _MAX_PEOPLE = 64, 12
# What a small network learns in minutes: upright people who face the camera.
_SIMPLE_POSES = ('stand', 'walk', 'arms_up', 'wave', 'hands_on_hips',
                 'star_jump')
_SIMPLE_YAW = 45.0  # degrees to either side
_PEOPLE = {False: (0.2, 0.3, 0.25, 0.15, 0.1), True: (0.4, 0.4, 0.2)}  # from 1
_OCCLUDERS = {False: (0.5, 0.3, 0.15, 0.05), True: (0.8, 0.2)}  # from 0
_HEIGHT_RANGE = (0.26, 0.92)  # of the image height
_MIN_JOINTS = 5  # annotated joints a person must bring when placed
_MIN_VISIBLE = 0.18  # share of a person's pixels that must stay visible
_MIN_PIXELS = 40
_OTHERS = 255  # in the part map: hidden by something that is no person
# Parts on which a joint is seen. Shoulders and hips are seen on the trunk,
# too, unless they are on its far side.
_HOSTS = {'shoulder': ('upper_arm',), 'elbow': ('upper_arm', 'forearm'),
          'wrist': ('forearm',), 'hip': ('thigh',),
          'knee': ('thigh', 'shin'), 'ankle': ('shin',)}
# Face points whose direction from the head's centre has a larger depth
# component look away from us.
_FACE_TURN = {'nose': 0.1, 'eye': 0.05, 'ear': 0.45}
_FAR_SIDE = 0.05  # behind the trunk's middle, as a fraction of body height


Actor = tuple[Body, Look]


@dataclass(frozen=True)
class Scene:
    """Everything an image shows; painting it takes no randomness."""

    background: np.ndarray  #: ``(h, w, 3)`` uint8 BGR, distractors included
    actors: tuple[Actor, ...]  #: People from far to near
    #: ``(k, prop)``: the prop is painted right after actor k.
    occluders: tuple[tuple[int, Prop], ...]
    #: ``(2,)`` unit vector in the image from where light falls.
    light: np.ndarray


def draw_scene(
    rng: np.random.Generator, image_size: tuple[int, int] = (320, 240),
    num_people: int | None = None, *, simple: bool = False,
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
    if (len(image_size) != 2
            or not all(isinstance(v, (int, np.integer)) for v in image_size)
            or min(image_size) < _MIN_SIDE):
        raise ValueError('image_size must be (width, height), both integers '
                         f'of at least {_MIN_SIDE}, got {image_size!r}')
    if num_people is None:
        shares = _PEOPLE[simple]
        num_people = 1 + int(rng.choice(len(shares), p=shares))
    if not 1 <= num_people <= _MAX_PEOPLE:
        raise ValueError(f'num_people must be None or 1 to {_MAX_PEOPLE}, '
                         f'got {num_people!r}')
    scene = sample_scene(rng, image_size, num_people, simple=simple)
    scene = _without_hidden(scene, *render(scene)[1:])
    image, parts, instances = render(scene)
    people = [annotate(actor, part, instances, number)
              for number, (actor, part) in enumerate(
                  zip(scene.actors, parts, strict=True), start=1)]
    return apply_camera(image, rng), people


def sample_scene(rng: np.random.Generator, size: tuple[int, int],
                 num_people: int, *, simple: bool = False) -> Scene:
    """Draw what an image shows; people are sorted from far to near."""
    angle = rng.uniform(-np.pi, 0)  # light comes from above
    light = np.array([np.cos(angle), np.sin(angle)])
    background = make_background(rng, size)
    canvas = Canvas(background, np.zeros(size[::-1], np.uint8), light)
    for _ in range(int(rng.integers(1, 7))):
        paint_prop(canvas, sample_prop(rng, size))
    bodies: list[Body] = []
    for _ in range(num_people):
        bodies.append(_place_body(rng, size, bodies, simple))
    # Nearer people are larger and stand lower; the noise mixes the order of
    # people of similar size.
    bodies.sort(key=lambda body: body.scale * rng.uniform(0.85, 1.15))
    shares = _OCCLUDERS[simple]
    return Scene(
        background, tuple((body, sample_look(rng)) for body in bodies),
        tuple((int(rng.integers(num_people)), sample_prop(rng, size))
              for _ in range(int(rng.choice(len(shares), p=shares)))), light)


def _place_body(rng: np.random.Generator, size: tuple[int, int],
                others: list[Body], simple: bool) -> Body:
    """Draw a body within the image, often next to one of the others."""
    width, height = size
    for _ in range(20):
        beside = None
        tall = height * np.exp(rng.uniform(*np.log(_HEIGHT_RANGE)))
        if others and rng.random() < 0.6:
            beside = others[int(rng.integers(len(others)))]
            tall = min(beside.scale * rng.uniform(0.75, 1.3), 1.05 * height)
        elif not simple and rng.random() < 0.1:  # cut by the border
            tall = height * rng.uniform(1.0, 1.3)
        body = sample_body(rng, float(tall), **(dict(
            pose=str(rng.choice(_SIMPLE_POSES)),
            yaw=rng.uniform(-_SIMPLE_YAW, _SIMPLE_YAW)) if simple else {}))
        left, top, right, bottom = body.extent()
        if beside is not None:
            x = beside.point('pelvis')[0] + body.scale * (
                rng.choice((-1, 1)) * rng.uniform(0.12, 0.5))
        else:  # the border may cut people
            x = rng.uniform(-0.05, 1.05) * width
        # Large people are near, so their feet are low in the image.
        ground = 0.6 + 0.36 * min(1, tall / height) + rng.uniform(-.06, .06)
        y = ground * height - body.lift - bottom
        if body.scale > 0.95 * height:  # close-ups show the upper body
            y = rng.uniform(0.02, 0.15) * height - top
        placed = body.moved(float(x), float(y))
        if joint_in_image(placed.points[:17, :2],
                          (height, width)).sum() >= _MIN_JOINTS:
            return placed
    return body.moved(0.5 * (width - left - right),
                      0.5 * (height - top - bottom))


def render(scene: Scene) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Paint a scene from far to near.

    Returns the ``(h, w, 3)`` uint8 image before camera effects, for each
    person the ``(h, w)`` uint8 map of its parts as if alone, and the ``(h,
    w)`` uint8 map of the topmost person's number (1 for the first actor, 0 for
    background and occluders).
    """
    image = scene.background.copy()
    instances = np.zeros(image.shape[:2], np.uint8)
    people = []
    for index, (body, look) in enumerate(scene.actors):
        parts = np.zeros_like(instances)
        paint_person(Canvas(image, parts, scene.light), body, look)
        instances[parts > 0] = index + 1
        people.append(parts)
        for after, prop in scene.occluders:
            if after == index:
                over = np.zeros_like(instances)
                paint_prop(Canvas(image, over, scene.light), prop, _OTHERS)
                instances[over > 0] = 0
    return image, people, instances


def _without_hidden(scene: Scene, people: list[np.ndarray],
                    instances: np.ndarray) -> Scene:
    """Return the scene without people too hidden to be worth annotating.

    Should that leave nobody, the nearest stays, with nothing in front.
    """
    counts = np.bincount(instances.ravel(), minlength=len(people) + 1)[1:]
    whole = np.array([np.count_nonzero(parts) for parts in people])
    kept = np.flatnonzero(
        counts >= np.maximum(_MIN_PIXELS, _MIN_VISIBLE * whole))
    if not len(kept):
        return replace(scene, actors=scene.actors[-1:], occluders=())
    # An occluder stays in front of the same people: it follows the last kept
    # person that it was painted over.
    return replace(
        scene, actors=tuple(scene.actors[k] for k in kept), occluders=tuple(
            (int(np.count_nonzero(kept <= after)) - 1, prop)
            for after, prop in scene.occluders if (kept <= after).any()))


def joint_in_image(keypoints: np.ndarray, shape: tuple) -> np.ndarray:
    """Return which of ``(n, 2)`` joints lie within an image (h, w): (n,)."""
    return ((keypoints >= 0) & (keypoints <= np.array(shape[::-1]) - 1)).all(1)


def coco_annotation(xy: np.ndarray, flags: np.ndarray, visible: np.ndarray,
                    box: tuple, category: int = 1) -> dict[str, Any]:
    """Lay out ``(n, 2)`` joints, their flags, ``(h, w)`` mask and xywh box."""
    return {
        'category_id': category, 'iscrowd': 0,
        'bbox': [float(v) for v in box],
        'area': float(max(1, np.count_nonzero(visible))),
        'num_keypoints': int(np.count_nonzero(flags)),
        'keypoints': [v for (x, y), flag in zip(
            xy.tolist(), flags.tolist(), strict=True)
            for v in ((x, y, flag) if flag else (0., 0., 0))]}


def annotate(actor: Actor, parts: np.ndarray, instances: np.ndarray,
             number: int) -> dict[str, Any]:
    """Return the COCO annotation of a person; the maps are `render`'s."""
    xy = np.round(actor[0].points[:17, :2], 2)
    inside = joint_in_image(xy, instances.shape)
    flags = inside.astype(int)
    for index in np.flatnonzero(inside):
        column, row = np.rint(xy[index]).astype(int)
        around = parts[max(0, row - 1):row + 2, max(0, column - 1):column + 2]
        # On the seam of two parts, a fair share of the pixels is enough.
        own = np.isin(around, _hosts(actor, COCO_KEYPOINTS[index])).mean()
        flags[index] += instances[row, column] == number and own >= 0.4
    return coco_annotation(xy, flags, instances == number, cv2.boundingRect(
        (parts > 0).astype(np.uint8)))


def _hosts(actor: Actor, name: str) -> list[int]:
    """Return the parts on which a joint may be seen, none if it faces away."""
    (body, look), (side, _, joint) = actor, name.rpartition('_')
    if joint in _FACE_TURN:
        direction = body.point(name) - body.point('head')
        away = direction[2] > _FACE_TURN[joint] * np.linalg.norm(direction)
        covered = joint == 'ear' and look.long_hair
        return [] if away or covered else [PARTS['head']]
    hosts = [PARTS[f'{side}_{limb}'] for limb in _HOSTS[joint]]
    if joint in ('shoulder', 'hip'):
        other = {'left': 'right', 'right': 'left'}[side]
        behind = body.point(name)[2] - body.point(f'{other}_{joint}')[2]
        limit = _FAR_SIDE * (1 if joint == 'shoulder' else 0.6)
        if 0.5 * behind <= limit * body.scale:
            hosts.append(PARTS['trunk'])
    return hosts
