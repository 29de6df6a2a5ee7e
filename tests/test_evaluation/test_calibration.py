"""Calibration errors by hand."""
import numpy as np
import pytest

from posefix_mm.apis.calibrate_quality import calibration_error


def test_by_hand() -> None:
    """Two in the bin of .2 to .3, off by .05 on average; one off by .5."""
    predicted = np.array([.25, .25, 1.])
    true = np.array([.1, .5, .5])
    assert calibration_error(predicted, true) == pytest.approx(
        (2 * .05 + .5) / 3)
    assert calibration_error(true, true) == 0
    assert calibration_error(np.zeros(0), np.zeros(0)) == 0
