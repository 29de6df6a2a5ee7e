"""What was recorded of BUCTD's release, and the weights behind it.

``tests/data/buctd/README.md`` says where the numbers are from. The weights
are a function of a variable's name and shape, so nothing has to be stored.
"""

import gzip
import json
import zlib
from pathlib import Path
from typing import Dict

import numpy as np
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

FOLDER = Path(__file__).resolve().parents[1] / 'data/buctd'
MEAN = np.array([0.485, 0.456, 0.406])
STD = np.array([0.229, 0.224, 0.225])


def read(name: str) -> dict:
    """Return one of the files."""
    return json.loads(gzip.decompress((FOLDER / name).read_bytes()))


def shapes(model: str) -> Dict[str, list]:
    """Names and shapes of all variables of a checkpoint."""
    recorded = read('variables.json.gz')
    return {
        name: shape
        for part in recorded['models'][model]
        for name, shape in recorded['parts'][part]
    }


def weights(model: str) -> Dict[str, torch.Tensor]:
    """Regenerate the recorded weights."""
    return {n: _weight(n, s) for n, s in shapes(model).items()}


def _weight(name: str, shape: list) -> torch.Tensor:
    if name.endswith('num_batches_tracked'):
        return torch.tensor(0)
    rng = np.random.RandomState(zlib.crc32(name.encode()) & 0x7fffffff)
    kind = name.rpartition('.')[2]
    if kind == 'weight' and len(shape) == 4:
        value = rng.randn(*shape) * np.sqrt(2 / np.prod(shape[1:]))
        if 'cond_preNet' in name or 'cnn_cond' in name:
            value /= 20
    elif kind == 'weight' and len(shape) == 2:
        value = rng.randn(*shape) * np.sqrt(1 / shape[1])
    elif kind == 'weight':
        low, high = .5, 1.
        if '.bn3.' in name or name.startswith('stage') and '.bn2.' in name:
            low, high = .1, .3
        elif 'fuse_layers' in name:
            low, high = .2, .4
        value = rng.uniform(low, high, shape)
    elif kind == 'running_var':
        value = rng.uniform(.5, 1.5, shape)
    else:
        value = rng.randn(*shape) * .1
    return torch.from_numpy(value.astype(np.float32))


def images(hw: list) -> torch.Tensor:
    """Return the recorded images, normalised, (2, 3, h, w)."""
    height, width = hw
    rng = np.random.RandomState(7)
    coarse = rng.randint(0, 224, (2, height // 16, width // 16, 3))
    fine = rng.randint(0, 32, (2, height, width, 3))
    image = (coarse.repeat(16, 1).repeat(16, 2) + fine) / 255
    image = ((image - MEAN) / STD).astype(np.float32)
    return torch.from_numpy(image.transpose(0, 3, 1, 2).copy())


def poses(record: dict) -> tuple:
    """Return recorded poses, (2, K, 2), and which joints they have."""
    pose = torch.tensor(record['pose'])
    return pose, (pose != 0).any(-1).float()


def samples(record: dict) -> list:
    """Return data samples with the recorded poses."""
    twins = flip_indices(record['joints'])
    height, width = record['input_hw']
    result = []
    for pose, visible in zip(*poses(record), strict=True):
        sample = PoseDataSample(
            metainfo=dict(
                flip_indices=twins,
                input_size=(width, height),
                input_center=np.array([width, height]) / 2,
                input_scale=np.array([width, height], np.float64)))
        sample.gt_instances = InstanceData(
            bboxes=np.array([[0, 0, width, height]], np.float32),
            bbox_scores=np.ones(1, np.float32))
        sample.gt_instance_labels = InstanceData(
            input_pose=pose[None], input_pose_visible=visible[None])
        result.append(sample)
    return result


def flip_indices(num_keypoints: int) -> list:
    """Twins of the joints of COCO or CrowdPose."""
    if num_keypoints == 17:
        return [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
    return [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 12, 13]


def sampled(values: torch.Tensor, count: int) -> np.ndarray:
    """Take the values at the recorded places of a tensor."""
    places = np.random.RandomState(11).randint(0, values.numel(), count)
    return values.detach().reshape(-1).numpy()[places]
