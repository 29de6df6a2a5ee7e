"""Skeletons by the names that mmpose gives them."""
from pathlib import Path
from typing import List, Union

import mmpose
from mmengine.config import Config, ConfigDict
from mmpose.datasets.datasets.utils import parse_pose_metainfo

_MMPOSE_SKELETONS = Path(mmpose.__file__).parent.joinpath(
    '.mim', 'configs', '_base_', 'datasets')


def skeleton_names() -> List[str]:
    """Names of the skeletons that come with mmpose."""
    return sorted(path.stem for path in _MMPOSE_SKELETONS.glob('*.py'))


def load_skeleton(name: Union[str, Path] = 'coco') -> dict:
    """Load the meta information of a skeleton.

    Args:
        name (str | Path): Name of one of mmpose's skeletons
            (``coco``, ``crowdpose``, ``ap10k``...) or path of a config with
            ``dataset_info``, as they have. A config is Python code that is
            run. Defaults to ``'coco'``.

    Returns:
        dict: As ``mmpose.datasets.datasets.utils.parse_pose_metainfo`` makes
        it: ``num_keypoints``, ``sigmas``, ``flip_indices``...

    Raises:
        FileNotFoundError: If there is no such skeleton.
        ValueError: If the file does not describe a skeleton.
    """
    path = Path(name)
    if not path.suffix:
        path = _MMPOSE_SKELETONS / f'{name}.py'
    if not path.is_file():
        raise FileNotFoundError(
            f'{name} is neither a config file nor one of the skeletons '
            f'{", ".join(skeleton_names())}')
    info = Config.fromfile(path).get('dataset_info')
    if not isinstance(info, ConfigDict):
        raise ValueError(f'{name} has no dataset_info, which describes a '
                         'skeleton in mmpose')
    try:
        return parse_pose_metainfo(info)
    except (AssertionError, KeyError, TypeError) as error:
        raise ValueError(
            f'{name}: its dataset_info is not complete ({error!r})') from error
