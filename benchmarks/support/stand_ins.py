"""Refiners without training, for benchmarks in which weights do not matter."""
import tempfile
from pathlib import Path
from typing import Callable, List, Type

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS

from posefix_mm.inference import Crops, PosePredictor, RefinedCrops


class NoNetwork(PosePredictor):
    """Crops as a refiner does, and answers at once: three pixels right."""

    def start(self, crops: Crops) -> Callable[[], RefinedCrops]:
        """Give the input pose back, moved a bit."""
        return lambda: RefinedCrops(
            crops.to_image(crops.input_pose) + 3, crops.input_pose_visible,
            np.full((len(crops), 2), np.nan, np.float32))


class Recorder(NoNetwork):
    """Also keeps all batches."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.batches: List[Crops] = []

    def start(self, crops: Crops) -> Callable[[], RefinedCrops]:
        """Keep a batch."""
        self.batches.append(crops)
        return super().start(crops)


def random_refiner(config: Path,
                   kind: Type[PosePredictor] = PosePredictor,
                   **options) -> PosePredictor:
    """Load a refiner with random weights.

    Args:
        config (Path): Its config.
        kind (type): Class of the predictor.
        **options: Of the predictor.
    """
    cfg = Config.fromfile(config)
    cfg.model.backbone.init_cfg = None
    init_default_scope('mmpose')
    torch.manual_seed(0)
    with tempfile.NamedTemporaryFile(suffix='.pth') as file:
        torch.save({'state_dict': MODELS.build(cfg.model).state_dict()},
                   file.name)
        return kind(cfg, file.name, **options)
