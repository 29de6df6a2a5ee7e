"""What was recorded of the release, and the weights behind it.

The recordings in ``tests/data/official`` were computed with weights that are a
function of a variable's name and shape, so nothing has to be stored. NumPy is
enough to import this; a process that only writes weights needs no more.
"""

import gzip
import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Dict

import numpy as np

if TYPE_CHECKING:
    import torch

OFFICIAL = Path(__file__).resolve().parents[1] / 'data/official'
MEAN = np.array([123.68, 116.78, 103.94], np.float32)


def read_shapes(depth: int) -> Dict[str, list]:
    """Names and shapes of all variables of a release checkpoint."""
    path = OFFICIAL / 'variables.json.gz'
    shapes = json.loads(gzip.decompress(path.read_bytes()))
    return dict(shapes[f'resnet{depth}'])


def make_variables(depth: int) -> Dict[str, np.ndarray]:
    """Regenerate them."""
    return {
        name: _make_variable(name, shape)
        for name, shape in read_shapes(depth).items()
    }


def _make_variable(name: str, shape: list) -> np.ndarray:
    rng = np.random.RandomState(zlib.crc32(name.encode()) & 0x7fffffff)
    kind = name.rpartition('/')[2]
    if kind == 'weights':
        inputs = shape[3] if _is_deconv(name) else shape[2]
        fan = shape[0] * shape[1] * inputs
        value = rng.randn(*shape) * np.sqrt(2 / fan)
    elif kind == 'gamma':
        low, high = (.05, .15) if '/conv3/' in name else (.5, 1.)
        value = rng.uniform(low, high, shape)
    elif kind == 'moving_variance':
        value = rng.uniform(.5, 1.5, shape)
    else:
        value = rng.randn(*shape) * .1
    return value.astype(np.float32)


def _is_deconv(name: str) -> bool:
    return name.startswith('up')


def recorded_images(record: dict) -> 'torch.Tensor':
    """Return the images of a recording, (B, 3, h, w)."""
    import torch
    image = np.random.RandomState(7).randint(
        0, 256, (2, *record['input_hw'], 3)).astype(np.float32) - MEAN
    return torch.from_numpy(image.transpose(0, 3, 1, 2).copy())


def recorded_samples(record: dict) -> list:
    """Return data samples with the input poses of a recording."""
    import torch
    from mmengine.structures import InstanceData
    from mmpose.structures import PoseDataSample
    samples = []
    for pose in np.array(record['input_pose'], np.float32):
        sample = PoseDataSample()
        sample.gt_instance_labels = InstanceData(
            input_pose=torch.from_numpy(pose)[None],
            input_pose_visible=torch.ones(1, 17))
        samples.append(sample)
    return samples
