"""Files of the release's models."""
import re
from pathlib import Path
from typing import Dict, Union

import numpy as np
import torch
from mmengine.registry import DefaultScope
from mmpose.registry import MODELS

from ..fileio import atomic_write
from ..version import __version__
from .variables import ReleaseNetwork, convert_variables, describe_variables


def read_tensorflow_checkpoint(
        prefix: Union[str, Path]) -> Dict[str, np.ndarray]:
    """Read all variables of a TensorFlow checkpoint.

    Args:
        prefix (str | Path): What the names of its files start with, such as
            ``snapshot_140.ckpt``; the name of one of them will do.

    Returns:
        Dict[str, np.ndarray]: Arrays by variable name.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ImportError: If TensorFlow is not installed.
        ValueError: If TensorFlow can't read it.
    """
    prefix = re.sub(r'\.(index|meta|data-\d+-of-\d+)$', '', str(prefix))
    if not Path(f'{prefix}.index').is_file() and not Path(prefix).is_file():
        raise FileNotFoundError(
            f'there is no checkpoint {prefix}: neither {prefix}.index nor a '
            'file of that name; name the files up to and without ".index"')
    try:
        import tensorflow as tf
    except ImportError as error:
        raise ImportError(
            'TensorFlow reads the files of the release; install it with '
            '`pip install tensorflow-cpu` (or `make setup '
            'EXTRAS=tensorflow`). It is not needed afterwards') from error
    try:
        reader = tf.train.load_checkpoint(prefix)
        return {
            name: reader.get_tensor(name)
            for name in reader.get_variable_to_shape_map()
        }
    except (tf.errors.OpError, ValueError) as error:
        raise ValueError(f'TensorFlow cannot read {prefix}: '
                         f'{" ".join(str(error).split()):.300}') from error


def convert_checkpoint(prefix: Union[str, Path],
                       out: Union[str, Path]) -> ReleaseNetwork:
    """Make a checkpoint for our configs of one of the release's.

    Args:
        prefix (str | Path): The TensorFlow checkpoint.
        out (str | Path): File to write; it holds weights only.

    Returns:
        ReleaseNetwork: Which network it is.

    Raises:
        FileNotFoundError: If there is no such checkpoint.
        ImportError: If TensorFlow is not installed.
        ValueError: If it is unreadable, or its variables are not exactly
            those of the release's network; the message names them.
    """
    variables = read_tensorflow_checkpoint(prefix)
    network = describe_variables(variables)
    try:
        weights = convert_variables(variables, _expected_state(network))
    except ValueError as error:
        raise ValueError(f'{prefix} does not fit the release\'s network: '
                         f'{error}') from error
    with atomic_write(out) as file:
        meta = dict(posefix_mm_version=__version__)
        torch.save(dict(state_dict=weights, meta=meta), file)
    return network


def _expected_state(network: ReleaseNetwork) -> Dict[str, torch.Tensor]:
    """Names and shapes of our model of that network, without memory."""
    if network.depth not in (50, 101, 152):
        raise ValueError(f'the release has no ResNet-{network.depth}')
    with torch.device('meta'), DefaultScope.overwrite_default_scope('mmpose'):
        return MODELS.build(
            dict(
                type='PoseRefiner',
                num_keypoints=network.num_keypoints,
                pose_sigma=1.,
                backbone=dict(type='ResNet', depth=network.depth),
                head=dict(
                    type='PoseFixHead',
                    in_channels=2048,
                    out_channels=network.num_keypoints,
                    decoder=dict(
                        type='SoftArgmaxIntegral',
                        input_size=(192, 256),
                        heatmap_size=(48, 64))))).state_dict()
