"""Forward kinematics of a person and its projection into the image.

Frame: x to the image's right, y down, z away from the camera.  At yaw 0 the
person faces the camera, so the person's own left is +x and forward is -z.
The projection is orthographic: x and y in pixels are taken as they are, and z
(also in pixels) only orders body parts by depth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from .poses import sample_angles, sample_pose_name

COCO_KEYPOINTS = (
    'nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear',
    'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
    'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
    'right_knee', 'left_ankle', 'right_ankle')
NUM_KEYPOINTS = len(COCO_KEYPOINTS)

# Points that painting needs beyond the 17 annotated ones.
EXTRA_POINTS = ('neck', 'pelvis', 'waist', 'head', 'left_hand',
                'right_hand', 'left_toe', 'right_toe')
POINT_INDEX = {name: i for i, name in
               enumerate(COCO_KEYPOINTS + EXTRA_POINTS)}

# Head semi-axes (sideways, up, forward) as a fraction of body height.
HEAD_AXES = np.array([0.062, 0.086, 0.074])
# Face points on the head's unit sphere; those of the right are mirrored.
FACE_POINTS = {'nose': (0.0, 0.22, -1.04), 'eye': (0.42, -0.08, -0.90),
               'ear': (1.03, 0.08, 0.05)}


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
    """A posed person in the image.

    Attributes:
        points: ``(25, 3)`` positions in pixels (see the module's frame), in
            the order of ``POINT_INDEX``; the first 17 are COCO's keypoints.
        scale: Standing height in pixels.
        build: Body proportions.
        trunk_rotation: ``(3, 3)`` rotation from the chest to the camera.
        head_rotation: ``(3, 3)`` rotation from the head to the camera.
        lift: Height of the lowest point above the ground, in pixels.
    """

    points: np.ndarray
    scale: float
    build: Build
    trunk_rotation: np.ndarray
    head_rotation: np.ndarray
    lift: float = 0.0

    def point(self, name: str) -> np.ndarray:
        """Return the ``(3,)`` position of a named point in pixels."""
        return self.points[POINT_INDEX[name]]

    def moved(self, dx: float, dy: float) -> Body:
        """Return the same body shifted by ``(dx, dy)`` pixels."""
        return replace(self, points=self.points + np.array([dx, dy, 0.0]))

    def extent(self) -> tuple[float, float, float, float]:
        """Return ``(x_min, y_min, x_max, y_max)`` of all points."""
        low = self.points[:, :2].min(axis=0)
        high = self.points[:, :2].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def rotation(axis: str, degrees: float) -> np.ndarray:
    """Return the ``(3, 3)`` rotation about axis 'x', 'y' or 'z'."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    if axis == 'x':
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    if axis == 'y':
        return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    if axis == 'z':
        return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    raise ValueError(f"axis must be one of 'x', 'y', 'z', got {axis!r}")


def sample_build(rng: np.random.Generator) -> Build:
    """Draw body proportions: mostly adults, some children."""
    if rng.random() < 0.18:
        return Build(girth=rng.uniform(0.95, 1.2),
                     head=rng.uniform(1.25, 1.5),
                     legs=rng.uniform(0.82, 0.92),
                     arms=rng.uniform(0.82, 0.92),
                     shoulders=rng.uniform(0.85, 0.95),
                     hips=rng.uniform(0.9, 1.05))
    return Build(*(float(v) for v in rng.uniform(
        (0.85, 0.92, 0.93, 0.93, 0.88, 0.9),
        (1.3, 1.1, 1.07, 1.07, 1.12, 1.15))))


def sample_yaw(rng: np.random.Generator) -> float:
    """Draw the direction a person faces, in degrees (0: the camera)."""
    centre, spread = ((0, 35), (180, 35), (90, 28), (-90, 28), (0, 180))[
        int(rng.choice(5, p=(0.36, 0.2, 0.14, 0.14, 0.16)))]
    return float(centre + rng.uniform(-spread, spread))


def _arm(
    trunk: np.ndarray, shoulder: np.ndarray, angles: dict[str, float],
    side: str, build: Build,
) -> dict[str, np.ndarray]:
    """Return elbow, wrist and hand of one arm in body units."""
    sign = 1.0 if side == 'left' else -1.0
    frame = (trunk @ rotation('z', -sign * angles[f'{side}.abduct'])
             @ rotation('x', -angles[f'{side}.flex'])
             @ rotation('y', sign * angles[f'{side}.turn']))
    elbow = shoulder + 0.165 * build.arms * frame[:, 1]
    bent = frame @ rotation('x', -angles[f'{side}.elbow'])
    wrist = elbow + 0.15 * build.arms * bent[:, 1]
    return {f'{side}_elbow': elbow, f'{side}_wrist': wrist,
            f'{side}_hand': wrist + 0.055 * build.arms * bent[:, 1]}


def _leg(
    hip: np.ndarray, angles: dict[str, float], side: str, build: Build,
) -> dict[str, np.ndarray]:
    """Return knee, ankle and toe of one leg in body units."""
    sign = 1.0 if side == 'left' else -1.0
    frame = (rotation('z', -sign * angles[f'{side}.spread'])
             @ rotation('x', -angles[f'{side}.hip']))
    knee = hip + 0.245 * build.legs * frame[:, 1]
    bent = frame @ rotation('x', angles[f'{side}.knee'])
    ankle = knee + 0.235 * build.legs * bent[:, 1]
    foot = bent @ rotation('y', -12 * sign) @ rotation(
        'x', angles[f'{side}.foot'])
    toe = ankle + 0.03 * bent[:, 1] - 0.095 * foot[:, 2]
    return {f'{side}_knee': knee, f'{side}_ankle': ankle,
            f'{side}_toe': toe}


def _head(
    head: np.ndarray, centre: np.ndarray, build: Build,
) -> dict[str, np.ndarray]:
    """Return the head's centre and its five face points in body units."""
    points = {'head': centre}
    axes = HEAD_AXES * build.head
    points['nose'] = centre + head @ (axes * FACE_POINTS['nose'])
    for name in ('eye', 'ear'):
        on_sphere = np.array(FACE_POINTS[name])
        for side, sign in (('left', 1.0), ('right', -1.0)):
            mirrored = on_sphere * (sign, 1.0, 1.0)
            points[f'{side}_{name}'] = centre + head @ (axes * mirrored)
    return points


def solve_body(
    angles: dict[str, float],
    *,
    build: Build,
    height: float,
    yaw: float = 0.0,
    tilt: float = 0.0,
) -> Body:
    """Turn joint angles into a body whose pelvis is at the image origin.

    Args:
        angles: Joint angles in degrees, as ``sample_angles`` returns them.
        build: Body proportions.
        height: Standing height in pixels.
        yaw: Direction the person faces in degrees, 0 being the camera.
        tilt: Elevation of the camera in degrees, positive from above.

    Returns:
        The body in pixels.
    """
    trunk = (rotation('y', angles['twist']) @ rotation('z', angles['lean'])
             @ rotation('x', angles['bend']))
    half_bend = rotation('x', 0.5 * angles['bend'])
    head = (trunk @ rotation('y', angles['head_yaw'])
            @ rotation('x', angles['head_pitch'] - 0.4 * angles['bend'])
            @ rotation('z', angles['head_roll']))
    waist = half_bend @ np.array([0.0, -0.1, 0.0])
    neck = waist + trunk @ np.array([0.0, -0.19, 0.0])
    points = {'pelvis': np.zeros(3), 'waist': waist, 'neck': neck}
    lift_head = 0.045 + HEAD_AXES[1] * build.head
    points |= _head(head, neck + 0.5 * lift_head * (
        -trunk[:, 1] - head[:, 1]), build)
    for side, sign in (('left', 1.0), ('right', -1.0)):
        shoulder = neck + trunk @ np.array(
            [sign * 0.105 * build.shoulders, 0.025, 0.0])
        hip = np.array([sign * 0.055 * build.hips, 0.0, 0.0])
        points |= {f'{side}_shoulder': shoulder, f'{side}_hip': hip}
        points |= _arm(trunk, shoulder, angles, side, build)
        points |= _leg(hip, angles, side, build)
    camera = (rotation('z', angles['roll']) @ rotation('x', tilt)
              @ rotation('y', yaw))
    stacked = np.stack([points[name] for name in POINT_INDEX])
    return Body(points=height * stacked @ camera.T, scale=height,
                build=build, trunk_rotation=camera @ trunk,
                head_rotation=camera @ head,
                lift=height * angles['lift'] / 100)


def sample_body(
    rng: np.random.Generator,
    height: float,
    *,
    pose: str | None = None,
    yaw: float | None = None,
) -> Body:
    """Draw a random body of a given standing height.

    Args:
        rng: Source of randomness.
        height: Standing height in pixels.
        pose: Name of the pose; drawn at random when None.
        yaw: Direction the person faces in degrees; drawn when None.

    Returns:
        The body, its pelvis at the image origin.
    """
    name = sample_pose_name(rng) if pose is None else pose
    angles = sample_angles(rng, name)
    facing = sample_yaw(rng) if yaw is None else yaw
    return solve_body(angles, build=sample_build(rng), height=height,
                      yaw=facing, tilt=float(rng.uniform(-8, 22)))
