"""Small models with random weights, and pictures of people."""
from pathlib import Path

import pytest
import torch
from input_fixtures import camera, pictures, rng, video  # noqa: F401
from mmengine.config import Config

from posefix_mm.apis.inferencers import PoseRefineInferencer
from posefix_mm.demo.demo import ESTIMATOR, REFINER

CONFIGS = Path(__file__).resolve().parents[3] / 'configs'
DETECTOR = CONFIGS / '_base_' / 'detectors' / 'rtmdet_toy_person.py'


@pytest.fixture(scope='session')
def inferencer() -> PoseRefineInferencer:
    """The chain of the demo's small models."""
    pytest.importorskip('mmdet')
    torch.manual_seed(0)
    made = PoseRefineInferencer(
        Config.fromfile(CONFIGS / REFINER),
        pose2d=CONFIGS / ESTIMATOR,
        det_model=DETECTOR,
        device='cpu')
    # as they are initialised, maps are flat: joints end in the centre
    torch.nn.init.normal_(made.model.head.final_layer.weight, std=1.)
    return made
