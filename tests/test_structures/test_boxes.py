"""Boxes, by hand."""

import numpy as np
import pytest

from posefix_mm.structures.boxes import pairwise_iou, pose_to_bbox


@pytest.mark.parametrize(('first', 'second', 'expected'), [
    ((0, 0, 10, 10), (0, 0, 10, 10), 1.),
    ((0, 0, 10, 10), (5, 0, 15, 10), 50 / 150),
    ((0, 0, 10, 10), (5, 5, 15, 15), 25 / 175),
    ((0, 0, 10, 10), (10, 0, 20, 10), 0.),
    ((0, 0, 10, 10), (30, 30, 40, 40), 0.),
    ((0, 0, 10, 10), (2, 2, 4, 4), .04),
    ((5, 5, 5, 5), (5, 5, 5, 5), 0.),
    ((5, 5, 4, 4), (0, 0, 10, 10), 0.),
])
def test_iou(first, second, expected):
    boxes = np.array([first, second], np.float64)
    iou = pairwise_iou(boxes[:1], boxes[1:])
    assert iou[0, 0] == pytest.approx(expected)
    assert pairwise_iou(boxes[1:], boxes[:1])[0, 0] == iou[0, 0]


def test_iou_of_all_pairs():
    assert pairwise_iou(np.zeros((3, 4)), np.zeros((2, 4))).shape == (3, 2)
    assert pairwise_iou(np.zeros((3, 4)), np.zeros((0, 4))).shape == (3, 0)


@pytest.mark.parametrize(
    ('points', 'visible', 'expected'),
    [
        # 10 x 20 grows by a tenth on each side
        ([(10, 20), (20, 40)], (1, 1), (9, 18, 21, 42)),
        # no width: 20 px, then x 1.2
        ([(10, 20), (10, 40)], (1, 1), (-2, 18, 22, 42)),
        ([(10, 20), (30, 20)], (2, 1), (8, 8, 32, 32)),
        ([(10, 20), (0, 0)], (1, 0), (-2, 8, 22, 32)),
        ([(10, 20), (np.nan, 9)], (1, 0), (-2, 8, 22, 32)),
        ([(10, 20), (9, 9)], (0, 0), (-12, -12, 12, 12)),
    ])
def test_box_of_a_pose(points, visible, expected):
    box = pose_to_bbox(np.array([points], np.float64), np.array([visible]))
    np.testing.assert_allclose(box, [expected], rtol=1e-6)
    assert box.dtype == np.float32


def test_box_of_a_pose_with_other_parameters():
    points, visible = np.array([[(10., 20.), (20., 20.)]]), np.ones((1, 2))
    box = pose_to_bbox(points, visible, expand=1., min_size=6.)
    np.testing.assert_allclose(box, [(10, 17, 20, 23)])
