"""Find the skeleton that a user names."""
from pathlib import Path

import mmpose
from mmpose.datasets.datasets.utils import parse_pose_metainfo

_FOLDER = Path(mmpose.__file__).parent / '.mim/configs/_base_/datasets'


def load_skeleton(name: str | None = None) -> dict:
    """Load the meta information of a skeleton, as mmpose's data sets have it.

    Args:
        name (str, optional): A metainfo config of mmpose, such as ``ap10k``,
            or the path of a file like these. Defaults to COCO's.

    Raises:
        ValueError: If there is no such skeleton, or the file describes none.
    """
    name = 'coco' if name is None else name
    known = {path.stem: path for path in _FOLDER.glob('*.py')}
    path = Path(name) if Path(name).is_file() else known.get(name)
    if path is None:
        raise ValueError(
            f'there is no skeleton {name!r}: it must be a metainfo file or '
            f'one of {", ".join(sorted(known))}')
    try:
        metainfo = parse_pose_metainfo(dict(from_file=str(path)))
    except (AssertionError, AttributeError, KeyError,
            SyntaxError) as error:
        raise ValueError(
            f'{path} describes no skeleton: it must set dataset_info as '
            "mmpose's configs/_base_/datasets do") from error
    if len(metainfo['sigmas']) != metainfo['num_keypoints']:
        raise ValueError(
            f'{path} has {len(metainfo["sigmas"])} sigmas for '
            f'{metainfo["num_keypoints"]} keypoints; errors are measured in '
            'sigmas, so each keypoint needs one')
    return metainfo
