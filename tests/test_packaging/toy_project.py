"""A model, data and a metric that train in a moment; imported by configs."""

from typing import Any, Dict, List, Sequence

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmpose.registry import DATASETS, METRICS, MODELS


@MODELS.register_module()
class ToyModel(BaseModel):
    """A line fitted to y = 2x."""

    def __init__(self) -> None:
        super().__init__()
        self.line = torch.nn.Linear(1, 1)

    def forward(self, inputs: torch.Tensor, target: torch.Tensor,
                mode: str) -> Any:
        output = self.line(inputs)
        if mode == 'loss':
            return dict(loss=(output - target).square().mean())
        return list(output.detach())


@DATASETS.register_module()
class ToyDataset(torch.utils.data.Dataset):
    """Eight points, with the kinds of values pose datasets describe."""

    METAINFO = dict(
        dataset_name='toy',
        keypoint_id2name={0: 'nose'},
        sigmas=np.array([0.026], dtype=np.float32),
        keypoint_colors=np.array([[255, 0, 0]], dtype=np.uint8),
        joint_names=np.array(['nose']))

    @property
    def metainfo(self) -> Dict[str, Any]:
        return self.METAINFO

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> Dict[str, torch.Tensor]:
        x = torch.tensor([index / 8])
        return dict(inputs=x, target=2 * x)


@METRICS.register_module()
class ToyMetric(BaseMetric):
    """Mean output, returned as NumPy metrics often are."""

    default_prefix = 'toy'

    def process(self, data_batch: Any, data_samples: Sequence) -> None:
        self.results.extend(float(sample) for sample in data_samples)

    def compute_metrics(self, results: List[float]) -> Dict[str, np.float32]:
        return dict(mean=np.float32(np.mean(results)))
