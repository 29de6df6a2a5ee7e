"""Similarities become places in the bands of the synthesis."""

import pytest

from posefix_mm.diagnosis.error_estimation import relative_radius
from posefix_mm.structures.oks import (
    GOOD,
    INVERSION,
    JITTER,
    MISS,
    SWAP,
)


@pytest.mark.parametrize(('kind', 'low', 'high'), [
    (GOOD, 1., .85),
    (JITTER, .85, .5),
    (INVERSION, 1., .5),
    (SWAP, 1., .5),
    (MISS, .5, .1),
])
def test_ends_of_the_bands(kind, low, high):
    assert relative_radius(low, kind) == pytest.approx(0, abs=1e-9)
    assert relative_radius(high, kind) == pytest.approx(1)


def test_misses_may_be_beyond_and_stay_finite():
    assert relative_radius(.05, MISS) > 1
    assert 30 < relative_radius(0., MISS) < 50


def test_half_of_the_distance():
    """KS is exp(-d^2 / c): half the distance is the fourth root."""
    assert relative_radius(.5**.25, SWAP) == pytest.approx(.5)
