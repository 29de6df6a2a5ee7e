"""Run any refiner through mmpose's data samples."""
from collections.abc import Callable

import numpy as np
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from torch import nn

from ..crops import Crops
from .torch_backends import Located, no_poses


class SampleBackend:
    """A refiner whose head can't work on tensors alone.

    Such as mmpose's ``HeatmapHead`` in an ablation; slower than
    :class:`TorchBackend`. The flip test is in the model's ``test_cfg``.
    """

    def __init__(self, model: nn.Module, metainfo: dict) -> None:
        self.model = model
        self.metainfo = metainfo

    @torch.no_grad()
    def start(self, crops: Crops) -> Callable[[], Located]:
        """Run a batch; see :class:`Backend`."""
        if not len(crops):
            return no_poses(crops)
        images = torch.from_numpy(crops.images).permute(0, 3, 1, 2)
        outputs = self.model.test_step(
            dict(
                inputs=list(images),
                data_samples=[
                    self._sample(crops, i) for i in range(len(crops))
                ]))
        names = ['keypoints', 'keypoint_scores']
        if 'pose_scores' in outputs[0].pred_instances:
            names.append('pose_scores')
        located = tuple(
            np.concatenate([o.pred_instances[name] for o in outputs]).astype(
                np.float32) for name in names)
        return lambda: located

    def _sample(self, crops: Crops, index: int) -> PoseDataSample:
        height, width = crops.images.shape[1:3]
        size = np.array([width, height], np.float32)
        part = slice(index, index + 1)
        return PoseDataSample(
            # centre and scale of the crop itself: predictions stay there
            metainfo=dict(
                flip_indices=self.metainfo['flip_indices'],
                input_size=(width, height),
                input_center=size / 2,
                input_scale=size),
            gt_instances=InstanceData(
                bboxes=np.array([[0, 0, width, height]], np.float32),
                bbox_scores=np.ones(1, np.float32)),
            gt_instance_labels=InstanceData(
                input_pose=torch.from_numpy(crops.input_pose[part]),
                input_pose_visible=torch.from_numpy(
                    crops.input_pose_visible[part])))
