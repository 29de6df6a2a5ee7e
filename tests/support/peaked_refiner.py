"""A refiner of the demo's size whose maps have peaks, and crops for it."""
import runpy
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config
from torch import nn

from posefix_mm.inference import Crops
from posefix_mm.inference.predictor import (
    build_test_dataset,
    load_refiner,
    load_refiner_config,
)

ROOT = Path(__file__).resolve().parents[2]
POSEFIX = ROOT / 'configs/body_2d_keypoint/posefix'
DEMO = POSEFIX / 'demo/posefix_tiny_1xb32-14e_demo-64x48.py'
BENCHMARK = ROOT / 'benchmarks/cpu_backends.py'


class PeakedRefiner(NamedTuple):
    """Where it lies, and crops for it."""

    cfg: Config
    weights: str
    metainfo: dict
    crops: Crops

    def load(self) -> nn.Module:
        """Load it anew."""
        return load_refiner(self.cfg, self.weights, 'cpu')


def make_refiner(folder: Path, config: Path = DEMO) -> PeakedRefiner:
    """Write random weights with peaks and draw crops.

    Some keypoints of the crops are absent and not a number.
    """
    benchmark = runpy.run_path(str(BENCHMARK))
    cfg = load_refiner_config(config, pretrained=False)
    crops = benchmark['draw_crops'](cfg.model.head.decoder.input_size, 5)
    benchmark['write_weights'](cfg, crops, folder / 'weights.pth')
    crops.input_pose_visible[::2, 3:6] = 0
    crops.input_pose[::2, 3:6] = float('nan')
    return PeakedRefiner(cfg, str(folder / 'weights.pth'),
                         build_test_dataset(cfg).metainfo, crops)
