"""One small refiner and one folder of images for all cases."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from refine_fuzzing import RefineFuzz

from posefix_mm.demo.demo import REFINER
from posefix_mm.inference import PosePredictor

CONFIG = Path(__file__).resolve().parents[2] / 'configs' / REFINER


@pytest.fixture(scope='session')
def tiny_predictor(tmp_path_factory) -> PosePredictor:
    """The demo's refiner with random weights."""
    from mmpose.registry import MODELS
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpose'):
        model = MODELS.build(Config.fromfile(CONFIG).model)
    path = tmp_path_factory.mktemp('weights') / 'random.pth'
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, path)
    return PosePredictor(CONFIG, str(path), flip_test=False)


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
