"""Figure 3: errors of one type at a time."""

import numpy as np
import pytest
import toy_people as toy

from posefix_mm.datasets.transforms import ERROR_TYPES
from posefix_mm.visualization.figures import (
    draw_only,
    synthesized_errors_figure,
)

POSES = np.stack([toy.POSE, toy.NEAR])
METAINFO = dict(toy.METAINFO, skeleton_links=[[0, 1], [0, 2], [0, 3], [0, 4]])


def draw(error: str, poses=POSES):
    return draw_only(
        ERROR_TYPES.index(error),
        toy.SIGMAS,
        toy.FLIP,
        poses,
        np.ones(poses.shape[:2]),
        toy.AREA,
        draws=50)


@pytest.mark.parametrize(('error', 'low', 'high'), [
    ('good', 0, toy.D85),
    ('jitter', toy.D85, toy.D50),
])
def test_distance_from_the_own_joint(error, low, high) -> None:
    drawn = draw(error)
    distance = np.linalg.norm(drawn.keypoints - toy.POSE, axis=-1)
    assert (drawn.status == ERROR_TYPES.index(error)).all()
    assert low <= distance.min() and distance.max() <= high + 1e-9


def test_inversions_lie_at_the_twin() -> None:
    drawn = draw('inversion')
    twins = toy.POSE[toy.FLIP]
    assert not drawn.visible[:, 0].any()  # the nose has no twin
    distance = np.linalg.norm(drawn.keypoints - twins, axis=-1)[:, 1:]
    assert distance.max() <= toy.D50


def test_nobody_near_no_swap() -> None:
    assert draw('swap').visible.all()
    assert not draw('swap', POSES[:1]).visible.any()


@pytest.mark.parametrize('num_people', [1, 2])
def test_panels(num_people) -> None:
    image = np.zeros((300, 300, 3), np.uint8)
    figure = synthesized_errors_figure(
        image,
        POSES[:num_people],
        np.ones((num_people, 5)),
        toy.AREA,
        METAINFO,
        draws=10)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ['annotation', *ERROR_TYPES]
    # dots of all positions: 10 of each of 5 joints
    assert len(figure.axes[1].collections[0].get_offsets()) == 50
    swap = figure.axes[1 + ERROR_TYPES.index('swap')]
    notes = [text.get_text() for text in swap.texts]
    assert notes == (['not possible here: nobody near']
                     if num_people == 1 else [])


def test_seed() -> None:
    first, second = draw('miss'), draw('miss')
    np.testing.assert_array_equal(first.keypoints, second.keypoints)
