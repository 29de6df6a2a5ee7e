"""Library of body poses, each given as ranges of joint angles.

All angles are in degrees.  Keys without a prefix describe the trunk and the
head; keys starting with ``a.`` or ``b.`` describe the two body sides.  Which
of the two is the left side is drawn at random, so every pose also occurs
mirrored.

Trunk and head:
    bend: trunk forward (positive) or backward.
    lean: trunk towards the person's left (positive) or right.
    twist: shoulders turned about the spine.
    head_yaw, head_pitch, head_roll: head relative to the trunk.
    roll: rotation of the whole person in the image plane.
    lift: height of the feet above the ground, in percent of body height.

Per side:
    flex: upper arm forward.        hip: thigh forward.
    abduct: upper arm outward.      spread: thigh outward.
    turn: forearm plane inward.     knee: knee flexion.
    elbow: elbow flexion.           foot: toes down.
"""

from __future__ import annotations

import numpy as np

Ranges = dict[str, tuple[float, float]]

TRUNK_KEYS = ('bend', 'lean', 'twist', 'head_yaw', 'head_pitch',
              'head_roll', 'roll', 'lift')
SIDE_KEYS = ('flex', 'abduct', 'turn', 'elbow', 'hip', 'spread', 'knee',
             'foot')

RELAXED_TRUNK: Ranges = {
    'bend': (-4, 10), 'lean': (-6, 6), 'twist': (-12, 12),
    'head_yaw': (-40, 40), 'head_pitch': (-12, 18), 'head_roll': (-10, 10),
    'roll': (-6, 6), 'lift': (0, 0),
}
RELAXED_SIDE: Ranges = {
    'flex': (-12, 18), 'abduct': (4, 20), 'turn': (-10, 35),
    'elbow': (5, 40), 'hip': (-6, 10), 'spread': (1, 9), 'knee': (0, 12),
    'foot': (-5, 10),
}

POSES: dict[str, Ranges] = {
    'stand': {},
    'walk': {
        'a.flex': (-38, -12), 'a.hip': (15, 35), 'a.knee': (2, 25),
        'b.flex': (15, 42), 'b.hip': (-28, -10), 'b.knee': (10, 45),
    },
    'run': {
        'bend': (5, 25), 'lift': (0, 8),
        'a.flex': (-65, -25), 'a.elbow': (60, 110), 'a.hip': (35, 80),
        'a.knee': (40, 105), 'b.flex': (20, 65), 'b.elbow': (60, 110),
        'b.hip': (-35, -10), 'b.knee': (20, 100), 'b.foot': (10, 50),
    },
    'star_jump': {
        'lift': (4, 20), 'a.abduct': (70, 160), 'b.abduct': (70, 160),
        'a.spread': (15, 45), 'b.spread': (15, 45), 'a.foot': (20, 60),
        'b.foot': (20, 60), 'roll': (-20, 20),
    },
    'tuck_jump': {
        'lift': (8, 25), 'a.hip': (50, 110), 'b.hip': (50, 110),
        'a.knee': (70, 130), 'b.knee': (70, 130), 'a.flex': (-30, 150),
        'b.flex': (-30, 150), 'a.abduct': (10, 70), 'b.abduct': (10, 70),
        'roll': (-25, 25),
    },
    'sit': {
        'bend': (-5, 25), 'a.hip': (70, 100), 'b.hip': (70, 100),
        'a.knee': (60, 110), 'b.knee': (60, 110), 'a.spread': (0, 25),
        'b.spread': (0, 25), 'a.flex': (10, 55), 'b.flex': (10, 55),
        'a.elbow': (20, 90), 'b.elbow': (20, 90),
    },
    'crouch': {
        'bend': (20, 55), 'a.hip': (80, 125), 'b.hip': (80, 125),
        'a.knee': (90, 140), 'b.knee': (90, 140), 'a.spread': (5, 30),
        'b.spread': (5, 30), 'a.flex': (20, 90), 'b.flex': (20, 90),
    },
    'arms_up': {
        'a.flex': (0, 20), 'b.flex': (0, 20), 'a.abduct': (130, 178),
        'b.abduct': (130, 178), 'a.elbow': (0, 60), 'b.elbow': (0, 60),
    },
    'wave': {
        'a.abduct': (80, 160), 'a.flex': (-10, 30), 'a.elbow': (20, 110),
        'a.turn': (-80, 60), 'lean': (-12, 12),
    },
    'reach': {
        'a.flex': (60, 120), 'a.abduct': (-10, 40), 'a.elbow': (0, 30),
        'b.flex': (0, 110), 'b.elbow': (0, 60), 'bend': (0, 40),
        'a.hip': (0, 30), 'a.knee': (0, 35),
    },
    'hands_on_hips': {
        'a.flex': (-30, -10), 'b.flex': (-30, -10), 'a.abduct': (35, 55),
        'b.abduct': (35, 55), 'a.elbow': (80, 110), 'b.elbow': (80, 110),
        'a.turn': (50, 85), 'b.turn': (50, 85), 'a.spread': (2, 16),
        'b.spread': (2, 16),
    },
    'arms_crossed': {
        'a.flex': (20, 40), 'b.flex': (20, 40), 'a.abduct': (0, 15),
        'b.abduct': (0, 15), 'a.elbow': (75, 110), 'b.elbow': (75, 110),
        'a.turn': (50, 80), 'b.turn': (50, 80),
    },
    'kick': {
        'bend': (-20, 5), 'a.hip': (60, 110), 'a.spread': (0, 25),
        'a.knee': (0, 40), 'a.foot': (10, 50), 'a.flex': (-50, 0),
        'b.flex': (10, 80), 'a.abduct': (20, 80), 'b.abduct': (20, 80),
        'b.knee': (0, 25), 'roll': (-18, 18),
    },
    'lunge': {
        'a.hip': (55, 95), 'a.knee': (60, 100), 'b.hip': (-45, -20),
        'b.knee': (5, 60), 'b.foot': (10, 60), 'bend': (0, 30),
        'a.abduct': (5, 95), 'b.abduct': (5, 95), 'a.flex': (-30, 90),
        'b.flex': (-30, 90),
    },
    'serve': {
        'bend': (-25, 10), 'twist': (-40, 40), 'lean': (-22, 22),
        'a.abduct': (110, 175), 'a.flex': (-30, 20), 'a.elbow': (20, 120),
        'b.flex': (30, 160), 'b.abduct': (0, 40), 'b.elbow': (0, 40),
        'a.hip': (-20, 15), 'b.hip': (5, 40), 'a.knee': (5, 50),
        'b.knee': (5, 50), 'a.spread': (5, 22), 'b.spread': (5, 22),
    },
    'balance': {
        'a.hip': (30, 80), 'a.spread': (20, 60), 'a.knee': (60, 130),
        'a.abduct': (60, 170), 'b.abduct': (60, 170),
    },
    'bend_down': {
        'bend': (55, 105), 'head_pitch': (-50, 0), 'a.flex': (40, 110),
        'b.flex': (40, 110), 'a.hip': (-5, 15), 'b.hip': (-5, 15),
        'a.knee': (0, 40), 'b.knee': (0, 40),
    },
    'cartwheel': {
        'roll': (90, 270), 'lift': (0, 15), 'a.abduct': (110, 170),
        'b.abduct': (110, 170), 'a.spread': (15, 60),
        'b.spread': (15, 60), 'a.elbow': (0, 25), 'b.elbow': (0, 25),
        'a.hip': (-20, 30), 'b.hip': (-20, 30), 'a.foot': (10, 60),
        'b.foot': (10, 60),
    },
    'dive': {
        'roll': (45, 115), 'lift': (0, 25), 'a.flex': (90, 175),
        'b.flex': (90, 175), 'a.abduct': (0, 35), 'b.abduct': (0, 35),
        'a.hip': (-20, 20), 'b.hip': (-10, 60), 'b.knee': (0, 70),
        'a.foot': (30, 60), 'b.foot': (30, 60),
    },
}

# Everyday poses are drawn more often than acrobatics, as in photographs.
POSE_WEIGHTS: dict[str, float] = {
    name: weight for name, weight in zip(POSES, (
        3, 3, 3, 1.5, 1, 2, 1.3, 1.5, 1.5, 1.5, 1.2, 1, 1.3, 1.5, 1.8, 1.2,
        1, 1.2, 0.8), strict=True)
}


def sample_pose_name(rng: np.random.Generator) -> str:
    """Draw the name of a pose according to ``POSE_WEIGHTS``."""
    weights = np.array(list(POSE_WEIGHTS.values()))
    index = rng.choice(len(weights), p=weights / weights.sum())
    return list(POSE_WEIGHTS)[int(index)]


def sample_angles(
    rng: np.random.Generator,
    name: str,
) -> dict[str, float]:
    """Draw one set of joint angles from a named pose.

    Args:
        rng: Source of randomness.
        name: One of the keys of ``POSES``.

    Returns:
        Angles in degrees; the trunk keys as they are, the side keys with the
        prefix ``left.`` or ``right.``.

    Raises:
        ValueError: If the pose is unknown.
    """
    if name not in POSES:
        raise ValueError(
            f'name must be one of {sorted(POSES)}, got {name!r}')
    ranges = POSES[name]
    sides = ('left', 'right') if rng.random() < 0.5 else ('right', 'left')
    limits = {key: ranges.get(key, RELAXED_TRUNK[key]) for key in TRUNK_KEYS}
    for letter, side in zip('ab', sides, strict=True):
        for key in SIDE_KEYS:
            limits[f'{side}.{key}'] = ranges.get(f'{letter}.{key}',
                                                 RELAXED_SIDE[key])
    low, high = np.array(list(limits.values())).T
    angles = dict(zip(limits, rng.uniform(low, high).tolist(), strict=True))
    if rng.random() < 0.5:  # rolling or falling either way is as likely
        angles['roll'] = -angles['roll']
    return angles
