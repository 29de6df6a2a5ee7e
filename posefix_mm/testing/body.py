"""Poses as joint angles, forward kinematics and projection into the image.

Frame: x to the image's right, y down, z away from the camera.  At yaw 0 the
person faces the camera, so the person's own left is +x and forward is -z.
The projection is orthographic: x and y in pixels are taken as they are, and z
(also in pixels) only orders body parts by depth.
"""
from dataclasses import dataclass, replace

import numpy as np

COCO_KEYPOINTS = (
    'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear',
    'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle')
# Points that painting needs beyond the 17 annotated ones.
POINT_INDEX = {name: i for i, name in enumerate((
    *COCO_KEYPOINTS, 'neck', 'pelvis', 'waist', 'head', 'left_hand',
    'right_hand', 'left_toe', 'right_toe'))}

# Head semi-axes (sideways, up, forward) as a fraction of body height.
HEAD_AXES = np.array([0.062, 0.086, 0.074])
# Face points on the head's unit sphere; those of the right are mirrored.
_FACE = {'nose': (0.0, 0.22, -1.04), 'eye': (0.42, -0.08, -0.90),
         'ear': (1.03, 0.08, 0.05)}

# Ranges of the angles in degrees of somebody who stands at ease. `bend`,
# `lean`, `twist`: of the trunk forward, to the person's left, about the spine;
# `head_*`: relative to the trunk; `roll`: of the whole person in the image;
# `lift`: of the feet above the ground, in percent of the body's height.
_TRUNK = {
    'bend': (-4, 10), 'lean': (-6, 6), 'twist': (-12, 12),
    'head_yaw': (-40, 40), 'head_pitch': (-12, 18), 'head_roll': (-10, 10),
    'roll': (-6, 6), 'lift': (0, 0)}
# Of each side. Upper arm forward (`flex`) and outward (`abduct`), the
# forearm's plane inward (`turn`); thigh forward (`hip`) and outward
# (`spread`); toes down (`foot`); elbow and knee bent.
_SIDE = {
    'flex': (-12, 18), 'abduct': (4, 20), 'turn': (-10, 35), 'elbow': (5, 40),
    'hip': (-6, 10), 'spread': (1, 9), 'knee': (0, 12), 'foot': (-5, 10)}
#: Names of all angles that a body is made of.
ANGLES = (*_TRUNK, *(f'{s}.{key}' for s in ('left', 'right') for key in _SIDE))

# What differs from standing at ease: of one side (a), the other (b), or both
# (ab). Which of the two is the left one is drawn at random.
POSES: dict[str, dict[str, tuple[float, float]]] = {
    'stand': {},
    'walk': {
        'a.flex': (-38, -12), 'a.hip': (15, 35), 'a.knee': (2, 25),
        'b.flex': (15, 42), 'b.hip': (-28, -10), 'b.knee': (10, 45)},
    'arms_up': {'ab.abduct': (130, 178), 'ab.elbow': (0, 60)},
    'wave': {'a.abduct': (80, 160), 'a.elbow': (20, 110), 'a.turn': (-80, 60)},
    'hands_on_hips': {
        'ab.flex': (-30, -10), 'ab.abduct': (35, 55), 'ab.elbow': (80, 110),
        'ab.turn': (50, 85), 'ab.spread': (2, 16)},
    'star_jump': {
        'lift': (4, 20), 'ab.abduct': (70, 160), 'ab.spread': (15, 45),
        'ab.foot': (20, 60), 'roll': (-20, 20)},
    'run': {
        'bend': (5, 25), 'lift': (0, 8), 'ab.elbow': (60, 110),
        'a.flex': (-65, -25), 'a.hip': (35, 80), 'a.knee': (40, 105),
        'b.flex': (20, 65), 'b.hip': (-35, -10), 'b.knee': (20, 100)},
    'sit': {
        'bend': (-5, 25), 'ab.hip': (70, 100), 'ab.knee': (60, 110),
        'ab.spread': (0, 25), 'ab.flex': (10, 55), 'ab.elbow': (20, 90)},
    'crouch': {
        'bend': (20, 55), 'ab.hip': (80, 125), 'ab.knee': (90, 140),
        'ab.spread': (5, 30), 'ab.flex': (20, 90)},
    'reach': {
        'bend': (0, 40), 'a.flex': (60, 120), 'a.abduct': (-10, 40),
        'b.flex': (0, 110), 'ab.elbow': (0, 45), 'a.hip': (0, 30)},
    'cartwheel': {
        'roll': (90, 270), 'lift': (0, 15), 'ab.abduct': (110, 170),
        'ab.spread': (15, 60), 'ab.elbow': (0, 25), 'ab.hip': (-20, 30)},
}
# Everyday poses are drawn more often than acrobatics, as in photographs.
_WEIGHTS = np.array([3, 3, 1.5, 1.5, 1.2, 1.5, 3, 2, 1.3, 1.5, 1.2])


@dataclass(frozen=True)
class Build:
    """Body proportions as factors of an average adult's."""

    girth: float = 1.0
    head: float = 1.0
    legs: float = 1.0
    arms: float = 1.0
    shoulders: float = 1.0
    hips: float = 1.0


@dataclass(frozen=True)
class Body:
    """A posed person in the image."""

    #: ``(25, 3)`` positions in pixels (see the module's frame), in the order
    #: of ``POINT_INDEX``; the first 17 are COCO's keypoints.
    points: np.ndarray
    scale: float  #: Standing height in pixels
    #: Thickness of trunk and limbs as a factor of an average adult's.
    girth: float = 1.0
    #: Height of the lowest point above the ground, in pixels.
    lift: float = 0.0

    def point(self, name: str) -> np.ndarray:
        """Return the ``(3,)`` position of a named point in pixels."""
        return self.points[POINT_INDEX[name]]

    def moved(self, dx: float, dy: float) -> 'Body':
        """Return the same body shifted by ``(dx, dy)`` pixels."""
        return replace(self, points=self.points + np.array([dx, dy, 0.0]))

    def extent(self) -> tuple[float, float, float, float]:
        """Return ``(x_min, y_min, x_max, y_max)`` of all points."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def rotation(axis: str, degrees: float) -> np.ndarray:
    """Return the ``(3, 3)`` rotation about axis 'x', 'y' or 'z'."""
    first, second = {'x': (1, 2), 'y': (2, 0), 'z': (0, 1)}[axis]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cos
    matrix[second, first], matrix[first, second] = sin, -sin
    return matrix


def sample_angles(rng: np.random.Generator, name: str) -> dict[str, float]:
    """Draw the degrees of all ``ANGLES`` of one of ``POSES``.

    Raises:
        ValueError: If the pose is unknown.
    """
    if name not in POSES:
        raise ValueError(
            f'name must be one of {sorted(POSES)}, got {name!r}')
    a, b = ('left', 'right') if rng.random() < 0.5 else ('right', 'left')
    limits = dict(zip(ANGLES, (*_TRUNK.values(), *_SIDE.values(),
                               *_SIDE.values()), strict=True))
    for key, limit in POSES[name].items():
        who, _, angle = key.rpartition('.')
        for prefix in [{'a': f'{a}.', 'b': f'{b}.'}[x] for x in who] or ['']:
            limits[prefix + angle] = limit
    low, high = np.array(list(limits.values())).T
    angles = dict(zip(limits, rng.uniform(low, high).tolist(), strict=True))
    angles['roll'] *= rng.choice((-1, 1))  # falling either way is as likely
    return angles


def _limbs(trunk: np.ndarray, shoulder: np.ndarray, hip: np.ndarray,
           angles: dict[str, float], side: str,
           build: Build) -> dict[str, np.ndarray]:
    """Return the points of one side's arm and leg in body units."""
    of = {key: angles[f'{side}.{key}'] for key in _SIDE}
    sign = 1.0 if side == 'left' else -1.0
    upper = (trunk @ rotation('z', -sign * of['abduct'])
             @ rotation('x', -of['flex']) @ rotation('y', sign * of['turn']))
    lower = upper @ rotation('x', -of['elbow'])
    elbow = shoulder + 0.165 * build.arms * upper[:, 1]
    wrist = elbow + 0.15 * build.arms * lower[:, 1]
    thigh = rotation('z', -sign * of['spread']) @ rotation('x', -of['hip'])
    shin = thigh @ rotation('x', of['knee'])
    foot = shin @ rotation('y', -12 * sign) @ rotation('x', of['foot'])
    knee = hip + 0.245 * build.legs * thigh[:, 1]
    ankle = knee + 0.235 * build.legs * shin[:, 1]
    points = {
        'shoulder': shoulder, 'elbow': elbow, 'wrist': wrist,
        'hand': wrist + 0.055 * build.arms * lower[:, 1],
        'hip': hip, 'knee': knee, 'ankle': ankle,
        'toe': ankle + 0.03 * shin[:, 1] - 0.095 * foot[:, 2]}
    return {f'{side}_{name}': point for name, point in points.items()}


def solve_body(angles: dict[str, float], *, build: Build, height: float,
               yaw: float = 0.0, tilt: float = 0.0) -> Body:
    """Turn joint angles into a body in pixels, its pelvis at the origin.

    Args:
        angles: Degrees, as ``sample_angles`` returns them.
        build: Body proportions.
        height: Standing height in pixels.
        yaw: Direction the person faces in degrees, 0 being the camera.
        tilt: Elevation of the camera in degrees, positive from above.
    """
    trunk = (rotation('y', angles['twist']) @ rotation('z', angles['lean'])
             @ rotation('x', angles['bend']))
    head = (trunk @ rotation('y', angles['head_yaw'])
            @ rotation('x', angles['head_pitch'] - 0.4 * angles['bend'])
            @ rotation('z', angles['head_roll']))
    waist = rotation('x', 0.5 * angles['bend']) @ np.array([0.0, -0.1, 0.0])
    neck = waist + trunk @ np.array([0.0, -0.19, 0.0])
    axes = HEAD_AXES * build.head
    centre = neck - 0.5 * (0.045 + axes[1]) * (trunk[:, 1] + head[:, 1])
    points = {'pelvis': np.zeros(3), 'waist': waist, 'neck': neck,
              'head': centre, 'nose': centre + head @ (axes * _FACE['nose'])}
    for side, sign in (('left', 1.0), ('right', -1.0)):
        shoulder = neck + trunk @ np.array(
            [sign * 0.105 * build.shoulders, 0.025, 0.0])
        hip = np.array([sign * 0.055 * build.hips, 0.0, 0.0])
        points |= _limbs(trunk, shoulder, hip, angles, side, build)
        for name in ('eye', 'ear'):
            offset = axes * _FACE[name] * (sign, 1.0, 1.0)
            points[f'{side}_{name}'] = centre + head @ offset
    camera = (rotation('z', angles['roll']) @ rotation('x', tilt)
              @ rotation('y', yaw))
    stacked = np.stack([points[name] for name in POINT_INDEX])
    return Body(height * stacked @ camera.T, height, build.girth,
                height * angles['lift'] / 100)


def sample_body(rng: np.random.Generator, height: float, *,
                pose: str | None = None, yaw: float | None = None) -> Body:
    """Draw a body as of :func:`solve_body`; pose and yaw if they are None."""
    if pose is None:
        pose = str(rng.choice(list(POSES), p=_WEIGHTS / _WEIGHTS.sum()))
    if yaw is None:  # to the camera, away from it, aside, or anywhere
        middle, spread = ((0, 35), (180, 35), (90, 28), (-90, 28), (0, 180))[
            int(rng.choice(5, p=(0.36, 0.2, 0.14, 0.14, 0.16)))]
        yaw = middle + rng.uniform(-spread, spread)
    child = rng.random() < 0.18
    build = Build(*rng.uniform(
        *(((.95, 1.25, .82, .82, .85, .9), (1.2, 1.5, .92, .92, .95, 1.05))
          if child else
          ((.85, .92, .93, .93, .88, .9), (1.3, 1.1, 1.07, 1.07, 1.12, 1.15)))
    ).tolist())
    return solve_body(sample_angles(rng, pose), build=build, height=height,
                      yaw=float(yaw), tilt=float(rng.uniform(-8, 22)))
