"""One small refiner and one folder of images for all cases."""


import cv2
import numpy as np
import pytest
from refine_fuzzing import RefineFuzz

from posefix_mm.inference import PosePredictor


@pytest.fixture(scope='session')
def tiny_predictor(refiner_config, checkpoint) -> PosePredictor:
    """The demo's refiner with random weights."""
    return PosePredictor(refiner_config, str(checkpoint), flip_test=False)


@pytest.fixture(scope='session')
def picture() -> np.ndarray:
    """BGR, 64 x 48 pixels."""
    small = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    return cv2.resize(small, (64, 48))


@pytest.fixture
def fuzz(tiny_predictor, picture, tmp_path) -> RefineFuzz:
    images = tmp_path / 'images'
    images.mkdir()
    cv2.imwrite(str(images / 'good.jpg'), picture)
    return RefineFuzz(tiny_predictor, images)
