"""Tests of the kinematics and of the drawing primitives."""

import dataclasses

import numpy as np
import pytest

from posefix_mm.testing.body import (
    ANGLES,
    COCO_KEYPOINTS,
    POSES,
    Build,
    sample_angles,
    sample_body,
    solve_body,
)
from posefix_mm.testing.painting import (
    PARTS,
    Canvas,
    paint_person,
    sample_look,
)


def straight_angles():
    """Return angles of a person standing upright, arms hanging."""
    return dict.fromkeys(ANGLES, 0.0)


def blank_canvas(height=40, width=60):
    """Return a black canvas lit from above."""
    return Canvas(np.zeros((height, width, 3), np.uint8),
                  np.zeros((height, width), np.uint8), np.array([0.0, -1.0]))


PAIRED = [name[5:] for name in COCO_KEYPOINTS if name.startswith('left_')]


@pytest.mark.parametrize('joint', PAIRED)
@pytest.mark.parametrize(('yaw', 'sign'), [(0, 1), (180, -1)])
def test_left_is_on_the_image_right_of_a_frontal_person(joint, yaw, sign):
    body = solve_body(straight_angles(), build=Build(), height=100, yaw=yaw)
    left, right = (body.point(f'{side}_{joint}')
                   for side in ('left', 'right'))
    assert sign * (left[0] - right[0]) > 4
    assert left[1] == pytest.approx(right[1])


def test_side_view_orders_depth():
    # Turned to the image's left, the person's left side is the nearer one...
    body = solve_body(straight_angles(), build=Build(), height=100, yaw=90)
    assert body.point('nose')[0] < body.point('head')[0]
    assert body.point('left_hip')[2] < body.point('right_hip')[2]


def test_upright_body_is_as_tall_as_asked():
    body = solve_body(straight_angles(), build=Build(), height=100)
    _, y_min, _, y_max = body.extent()
    # The crown and the soles lie outside the points.
    assert 85 < y_max - y_min < 100


def test_bone_lengths_do_not_depend_on_the_pose():
    rng = np.random.default_rng(0)
    lengths = []
    for pose in POSES:
        angles = sample_angles(rng, pose)
        body = solve_body(angles, build=Build(), height=100, yaw=30)
        lengths.append([
            np.linalg.norm(body.point('left_hip') - body.point('left_knee')),
            np.linalg.norm(body.point('right_elbow')
                           - body.point('right_wrist'))])
    assert np.ptp(lengths, axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert lengths[0] == pytest.approx([24.5, 15.0])


def test_elbow_bends_forward_and_knee_backward():
    angles = straight_angles()
    angles |= {'left.elbow': 90.0, 'left.knee': 90.0}
    body = solve_body(angles, build=Build(), height=100)
    elbow, wrist = body.point('left_elbow'), body.point('left_wrist')
    knee, ankle = body.point('left_knee'), body.point('left_ankle')
    assert wrist - elbow == pytest.approx([0, 0, -15], abs=1e-9)
    assert ankle - knee == pytest.approx([0, 0, 23.5], abs=1e-9)


def test_moved_shifts_the_image_position_only():
    body = sample_body(np.random.default_rng(0), 100)
    shift = body.moved(3, -4).points - body.points
    assert shift == pytest.approx(np.tile([3.0, -4.0, 0.0], (25, 1)))


def test_unknown_pose_is_refused():
    with pytest.raises(ValueError, match="name must be one of .*'moonwalk'"):
        sample_angles(np.random.default_rng(0), 'moonwalk')


def test_integer_coordinates_are_pixel_centres():
    canvas = blank_canvas()
    canvas.blob([np.array([20.0, 15.0]), np.array([40.0, 15.0])], (3, 3),
                (200, 200, 200), part=7)
    rows, columns = np.nonzero(canvas.parts == 7)
    assert rows.mean() == pytest.approx(15, abs=0.1)
    assert columns.mean() == pytest.approx(30, abs=0.1)
    assert rows.min() == 12 and rows.max() == 18
    # The anti-aliased image agrees with the part map.
    drawn = canvas.image.sum(axis=2) > 0
    assert np.argwhere(drawn).mean(axis=0) == pytest.approx([15, 30],
                                                             abs=0.1)


def test_limb_pointing_at_the_camera_is_a_disc():
    canvas = blank_canvas()
    centre = np.array([30.0, 20.0])
    canvas.blob([centre, centre + 0.5], (6, 2), (200, 200, 200), part=1)
    assert np.count_nonzero(canvas.parts) == pytest.approx(np.pi * 36,
                                                           rel=0.2)


def test_left_limbs_are_warmer_than_right_ones():
    body = solve_body(straight_angles(), build=Build(), height=100)
    look = dataclasses.replace(
        sample_look(np.random.default_rng(0)), bands=False, sleeve=0.,
        skin=(120., 120., 120.), cue=1.)
    for cue, left_is_redder in ((1., True), (0., False)):
        canvas = blank_canvas(130, 60)
        paint_person(canvas, body.moved(30, 70),
                     dataclasses.replace(look, cue=cue))
        left, right = (canvas.image[canvas.parts == PARTS[f'{side}_forearm'],
                                    2].mean() for side in ('left', 'right'))
        assert (left > right + 20) == left_is_redder
