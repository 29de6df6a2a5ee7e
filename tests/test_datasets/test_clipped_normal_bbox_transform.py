"""Scale and rotation of the release: distribution over 20,000 draws."""

from math import erf, sqrt

import numpy as np
import pytest
from mmpose.registry import TRANSFORMS

DRAWS = 20000


@pytest.fixture(scope='module')
def draws():
    np.random.seed(0)
    transform = TRANSFORMS.build(dict(type='ClippedNormalBBoxTransform'))
    return transform._get_transform_params(DRAWS)


def tail(sigmas):
    """Probability beyond so many standard deviations, on one side."""
    return (1 - erf(sigmas / sqrt(2))) / 2


def share(condition, expected):
    """Assert that a share is as expected, within four standard errors."""
    error = sqrt(expected * (1 - expected) / DRAWS)
    assert abs(condition.mean() - expected) < 4 * error


def test_shapes_and_types(draws):
    assert [(d.shape, d.dtype.name) for d in draws] == [
        ((DRAWS, 2), 'float32'),
        ((DRAWS, 1), 'float32'),
        ((DRAWS, ), 'float32'),
    ]


def test_nothing_is_shifted(draws):
    assert not draws[0].any()


def test_scale_is_clipped_not_truncated(draws):
    scale = draws[1][:, 0]
    share(scale == np.float32(.7), tail(1))
    share(scale == np.float32(1.3), tail(1))
    assert scale.min() == np.float32(.7)
    assert scale.max() == np.float32(1.3)
    share((scale > .85) & (scale < 1.15), 1 - 2 * tail(.5))
    share(scale < 1, .5)


def test_rotation_is_clipped_at_two_deviations(draws):
    angle = draws[2]
    share(angle == 0, .4)
    share(angle == 80, .6 * tail(2))
    share(angle == -80, .6 * tail(2))
    assert np.abs(angle).max() == 80
    share(np.abs(angle) > 40, .6 * 2 * tail(1))


def test_parameters_are_free():
    np.random.seed(0)
    transform = TRANSFORMS.build(
        dict(
            type='ClippedNormalBBoxTransform',
            scale_std=.1,
            rotate_std=5.,
            rotate_prob=1.))
    _, scale, angle = transform._get_transform_params(1000)
    assert (scale.min(), scale.max()) == pytest.approx((.9, 1.1))
    assert (angle.min(), angle.max()) == (-10, 10)
    assert (angle != 0).all()
    assert repr(transform) == ('ClippedNormalBBoxTransform(scale_std=0.1, '
                               'rotate_std=5.0, rotate_prob=1.0)')


def test_box_is_scaled_and_rotated_about_its_centre():
    np.random.seed(1)
    transform = TRANSFORMS.build(
        dict(type='ClippedNormalBBoxTransform', rotate_prob=1.))
    results = transform.transform(
        dict(
            bbox_center=np.array([[50., 60.]], np.float32),
            bbox_scale=np.array([[30., 40.]], np.float32)))
    np.testing.assert_array_equal(results['bbox_center'], [[50., 60.]])
    factor = results['bbox_scale'] / [30., 40.]
    assert factor[0, 0] == pytest.approx(factor[0, 1])
    assert .7 <= factor[0, 0] <= 1.3
    assert abs(results['bbox_rotation'][0]) <= 80
