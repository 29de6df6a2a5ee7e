"""COCO annotations derived from the maps the painter's algorithm leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from .appearance import Appearance
from .person import PARTS
from .skeleton import COCO_KEYPOINTS, NUM_KEYPOINTS, POINT_INDEX, Body

# Head directions whose depth component exceeds this look away from us.
_FACE_TURN = {'nose': 0.1, 'eye': 0.05, 'ear': 0.45}
# A joint this far behind the trunk's middle (fraction of height) is on the
# far side even though the trunk is one of its own parts.
_FAR_SIDE = 0.05


@dataclass(frozen=True)
class Painted:
    """What remains of one painted person.

    Attributes:
        body: Its pose.
        look: Its appearance.
        parts: ``(h, w)`` uint8 part map of the person alone (no occlusion by
            others).
    """

    body: Body
    look: Appearance
    parts: np.ndarray


def joint_in_image(
    keypoints: np.ndarray, shape: tuple[int, int],
) -> np.ndarray:
    """Return which joints fall on a pixel centre within the image.

    Args:
        keypoints: ``(n, 2)`` positions in pixels, rounded as annotated.
        shape: Height and width of the image.

    Returns:
        ``(n,)`` bool.
    """
    height, width = shape
    return ((keypoints >= 0).all(axis=1)
            & (keypoints[:, 0] <= width - 1)
            & (keypoints[:, 1] <= height - 1))


def annotate(
    painted: Painted, instances: np.ndarray, number: int,
) -> dict[str, Any]:
    """Return the COCO annotation of one person.

    Args:
        painted: The person.
        instances: ``(h, w)`` uint8 map of the topmost person's number.
        number: This person's number in ``instances``.

    Returns:
        Annotation without ``id`` and ``image_id``.
    """
    shape = instances.shape[:2]
    xy = np.round(painted.body.points[:NUM_KEYPOINTS, :2], 2)
    inside = joint_in_image(xy, (shape[0], shape[1]))
    keypoints: list[float] = []
    for name, position, is_inside in zip(COCO_KEYPOINTS, xy, inside,
                                         strict=True):
        if not is_inside:
            keypoints += [0.0, 0.0, 0]
            continue
        column, row = (int(v) for v in np.rint(position))
        visible = (instances[row, column] == number
                   and not hidden_by_own_body(painted, name, column, row))
        keypoints += [float(position[0]), float(position[1]),
                      2 if visible else 1]
    x, y, width, height = cv2.boundingRect(
        (painted.parts > 0).astype(np.uint8))
    return {
        'category_id': 1,
        'iscrowd': 0,
        'bbox': [float(x), float(y), float(width), float(height)],
        'area': float(max(1, np.count_nonzero(instances == number))),
        'num_keypoints': int(inside.sum()),
        'keypoints': keypoints,
    }


def hidden_by_own_body(
    painted: Painted, name: str, column: int, row: int,
) -> bool:
    """Return whether the person's own body hides a joint.

    Args:
        painted: The person.
        name: COCO name of the joint.
        column: Pixel column of the joint, within the image.
        row: Pixel row of the joint, within the image.

    Returns:
        True if the joint is on the far side or under another part.
    """
    joint = name.split('_')[-1]
    if joint in _FACE_TURN and _faces_away(painted, name, joint):
        return True
    hosts = _host_parts(painted.body, name, joint)
    # A joint on the seam of two parts counts as visible if a fair share of
    # the pixels around it belong to its own parts.
    window = painted.parts[max(0, row - 1):row + 2,
                           max(0, column - 1):column + 2]
    pixels = window.ravel().tolist()
    return sum(part in hosts for part in pixels) < 0.4 * len(pixels)


def _faces_away(painted: Painted, name: str, joint: str) -> bool:
    """Return whether a face point is on the far side of the head."""
    if joint == 'ear' and painted.look.long_hair:
        return True
    body = painted.body
    from_centre = body.point(name) - body.point('head')
    distance = np.linalg.norm(from_centre)
    return bool(from_centre[2] > _FACE_TURN[joint] * distance)


def _host_parts(body: Body, name: str, joint: str) -> list[int]:
    """Return the numbers of the parts on which a joint may be seen."""
    if joint in _FACE_TURN:
        return [PARTS['head']]
    side = name.split('_')[0]
    limbs = {'shoulder': ('upper_arm',), 'elbow': ('upper_arm', 'forearm'),
             'wrist': ('forearm',), 'hip': ('thigh',),
             'knee': ('thigh', 'shin'), 'ankle': ('shin',)}[joint]
    hosts = [PARTS[f'{side}_{limb}'] for limb in limbs]
    trunk = {'shoulder': ('torso',), 'hip': ('pelvis', 'torso', 'skirt'),
             'knee': ('skirt',)}.get(joint, ())
    if not _on_far_side(body, name, joint):
        hosts += [PARTS[part] for part in trunk]
    return hosts


def _on_far_side(body: Body, name: str, joint: str) -> bool:
    """Return whether a shoulder or hip is behind the trunk's middle."""
    if joint not in ('shoulder', 'hip'):
        return False
    other = ('right' if name.startswith('left') else 'left') + '_' + joint
    middle = 0.5 * (body.points[POINT_INDEX[name], 2]
                    + body.points[POINT_INDEX[other], 2])
    limit = _FAR_SIDE * (1.0 if joint == 'shoulder' else 0.6) * body.scale
    return bool(body.points[POINT_INDEX[name], 2] - middle > limit)
