"""BUCTD's pipelines, from annotations on disk to what its loss reads."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmpose.registry import DATASETS

pytestmark = pytest.mark.usefixtures('mmpose_scope')

INPUT = Config.fromfile(
    Path(__file__).resolve().parents[2] /
    'configs/_base_/inputs/buctd_384x288.py')


@pytest.mark.parametrize('real', [False, True])
def test_training_samples(people, real):
    """Input pose and target are those of one crop, around the pose."""
    np.random.seed(0)
    dataset = DATASETS.build(
        dict(
            type='PoseRefineDataset',
            near_iou=1e-6,
            real_pose_files=[str(people / 'results.json')] if real else [],
            dataset=dict(
                type='CocoDataset',
                data_root=str(people),
                ann_file='annotations.json',
                data_prefix=dict(img='images/')),
            pipeline=INPUT.train_pipeline))
    for index in range(len(dataset)):
        packed = dataset[index]
        labels = packed['data_samples'].gt_instance_labels
        assert packed['inputs'].shape == (3, 384, 288)
        assert packed['data_samples'].gt_fields.heatmaps.shape == (17, 96, 72)
        assert labels.input_pose.shape == (1, 17, 2)
        assert labels.input_pose_visible.shape == (1, 17)
        assert labels.keypoint_weights.shape == (1, 17)
        assert labels.input_pose_visible.any()
