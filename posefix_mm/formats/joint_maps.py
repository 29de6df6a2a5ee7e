"""Joint maps by the name of a skeleton."""
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..structures.joint_map import JointMap

# As MMEngine and MIM find the configs of a package.
_FOLDER = Path(__file__).resolve().parents[1].joinpath('.mim', 'configs',
                                                       '_base_', 'joint_maps')


class SourceJoints(NamedTuple):
    """Names of the J joints of a file, None where they are left to the file.

    ``pairs`` are the refiner's names to the file's, where they differ.
    """

    names: list[str] | None
    pairs: dict


def joint_map_names() -> list[str]:
    """Names of the joint maps that come with the package."""
    return sorted(path.stem for path in _FOLDER.glob('*.py'))


def load_source_joints(config: str | Path) -> SourceJoints:
    """Read the source's side of a joint map.

    Args:
        config (str | Path): Name of one of the package's joint maps, or path
            of a config with ``source_joints`` (names), ``source_metainfo`` or
            ``dataset_info`` (mmpose's), and ``joints``, the refiner's names
            to the source's where they differ. A ``.py`` config is code that
            is run.

    Raises:
        FileNotFoundError: If there is no such map; the message lists the
            names.
        ValueError: If the config describes none.
    """
    from mmengine.config import Config  # slow, as is mmpose

    path = Path(config)
    if not path.suffix:
        path = _FOLDER / f'{config}.py'
    if not path.is_file():
        raise FileNotFoundError(
            f'{config} is neither a config file nor one of the joint maps '
            f'{", ".join(joint_map_names())}')
    cfg = Config.fromfile(path)
    pairs = dict(cfg.get('joints', {}))
    if 'source_joints' in cfg:
        return SourceJoints(list(cfg.source_joints), pairs)
    metainfo = cfg.get('source_metainfo') or cfg.get('dataset_info')
    if metainfo is not None:
        return SourceJoints(_names_of(metainfo, config), pairs)
    if not pairs:
        raise ValueError(f'{config} is no joint map: it has none of '
                         'source_joints, source_metainfo and joints')
    return SourceJoints(None, pairs)


def build_joint_map(target: Sequence[str],
                    *,
                    config: str | Path | None = None,
                    file_names: Sequence[str] | None = None) -> JointMap:
    """Map the joints of a file to the refiner's keypoints.

    Args:
        target (Sequence[str]): Names of the refiner's keypoints, (K, ).
        config (str | Path, optional): See :func:`load_source_joints`. Its
            names win over the file's.
        file_names (Sequence[str], optional): Names that the file or its
            format gives to its J joints. Without any both skeletons are the
            same.

    Raises:
        FileNotFoundError: If there is no such joint map.
        ValueError: If the skeletons have no joint in common; the message lists
            their names.
    """
    names, pairs = (None, {}) if config is None \
        else load_source_joints(config)
    names = names or file_names
    if names is None and not pairs:
        return JointMap.identity(len(target))
    if names is None:
        raise ValueError(f'{config} has no source_joints, and the file does '
                         'not name its joints either')
    try:
        joint_map = JointMap.from_names(names, target, pairs)
    except ValueError as error:
        raise ValueError(
            f'{error}: the file has {", ".join(map(str, names)):.300}; the '
            f'refiner has {", ".join(target):.300}; name another joint map'
        ) from error
    unknown = [n for n, k in zip(target, joint_map.known, strict=True)
               if not k]
    if unknown and len(names) == len(target):
        # As many joints: it may be the same skeleton under other names.
        warnings.warn(
            f'the file has no joints called {", ".join(unknown)}; these '
            "keypoints of the refiner are taken as absent. If the file's "
            "skeleton is the refiner's, use the joint map identity",
            stacklevel=2)
    return joint_map


def source_names(file_names: Sequence[str] | None,
                 config: str | Path | None = None) -> Sequence[str] | None:
    """Names of the joints of a file: a joint map's win over the file's own."""
    if config is None or config == 'identity':
        return file_names
    return load_source_joints(config).names or file_names


def _names_of(metainfo: str | dict, config: object) -> list[str]:
    import mmpose
    from mmpose.datasets.datasets.utils import parse_pose_metainfo

    metainfo = dict(from_file=metainfo) if isinstance(metainfo, str) \
        else dict(metainfo)
    shipped = Path(mmpose.__file__).parent.joinpath(
        '.mim', metainfo.get('from_file', ''))
    if shipped.is_file():  # mmpose finds it too, but warns
        metainfo = dict(from_file=str(shipped))
    try:
        parsed = parse_pose_metainfo(metainfo)
    except (AssertionError, KeyError, OSError, TypeError) as error:
        raise ValueError(f'{config} does not describe an mmpose skeleton '
                         f'({error!r:.200})') from error
    names = parsed['keypoint_id2name']
    return [names[i] for i in range(parsed['num_keypoints'])]
