"""Find the config and weights of a detector or an estimator."""
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mmengine.config import Config, ConfigDict
from mmengine.infer import BaseInferencer

#: A config file, ``'package::path'``, a name of a package's model index, or
#: the config itself.
ModelType = str | Path | Config | ConfigDict | dict


class ModelFiles(NamedTuple):
    """Config and weights of a model.

    Attributes:
        config (Config): A config that the owner may change.
        checkpoint (str | None): File or address of its weights; None for
            random ones.
        name (str): What messages call it.
    """

    config: Config
    checkpoint: str | None
    name: str


def find_model(model: ModelType,
               weights: str | None = None,
               *,
               scope: str) -> ModelFiles:
    """Find the files of a model of any OpenMMLab package.

    Args:
        model (str | Path | Config | dict): A config file; the place of one in
            an installed package, such as
            ``'mmdet::rtmdet/rtmdet_m_8xb32-300e_coco.py'``; a name or alias
            of the package's model index, such as ``'rtmdet-m'``; or the
            config itself.
        weights (str, optional): Checkpoint. Defaults to the one of the model
            index where ``model`` is a name of it, else to none: random
            weights.
        scope (str): Package whose model index is read, ``'mmdet'`` or
            ``'mmpose'``.

    Returns:
        ModelFiles: The config, and the weights.

    Raises:
        FileNotFoundError: If there is no such config or checkpoint.
        ModuleNotFoundError: If the package of ``'package::path'`` is not
            installed.
    """
    if isinstance(model, (Config, dict)):
        config = Config(copy.deepcopy(dict(model))) \
            if not isinstance(model, Config) else copy.deepcopy(model)
        return ModelFiles(config, check_weights(weights), 'the given config')
    name = str(model)
    if '::' in name or Path(name).suffix == '.py':
        return ModelFiles(read_config(name), check_weights(weights), name)
    entry = _find_entry(name, scope)
    root = Path(BaseInferencer._get_repo_or_mim_dir(scope))
    if weights is None:
        published = entry.get('Weights')
        weights = published[0] if isinstance(published, list) else published
    return ModelFiles(
        Config.fromfile(root / entry['Config']), check_weights(weights), name)


def read_config(name: str | Path) -> Config:
    """Read a config file, of this machine or of an installed package.

    Args:
        name (str | Path): The file, or ``'package::path'``.

    Raises:
        FileNotFoundError: If it does not exist.
        ModuleNotFoundError: If the package is not installed.
    """
    name = str(name)
    if '::' not in name:
        if not Path(name).is_file():
            raise FileNotFoundError(f'the config {name} does not exist')
        return Config.fromfile(name)
    try:
        # the way in which configs inherit from other packages
        return Config.fromstring(f'_base_ = {name!r}\n', '.py')
    except ModuleNotFoundError:
        raise
    except (AssertionError, OSError, LookupError, ValueError,
            RuntimeError) as error:
        raise FileNotFoundError(
            f'there is no config {name}: {error}') from error


def check_weights(weights: str | None) -> str | None:
    """Check that a checkpoint exists, unless it is to be fetched.

    Raises:
        FileNotFoundError: If it does not.
    """
    if weights is not None and '://' not in str(weights) \
            and not Path(weights).is_file():
        raise FileNotFoundError(f'the checkpoint {weights} does not exist')
    return None if weights is None else str(weights)


def _entries(scope: str) -> Iterator[dict]:
    """Read the entries of a package's model index."""
    root = BaseInferencer._get_repo_or_mim_dir(scope)
    yield from BaseInferencer._get_models_from_metafile(root)


def _find_entry(name: str, scope: str) -> dict:
    wanted = name.lower()
    for entry in _entries(scope):
        aliases = entry.get('Alias', [])
        aliases = [aliases] if isinstance(aliases, str) else aliases
        if wanted in (n.lower() for n in (entry['Name'], *aliases)):
            return entry
    raise FileNotFoundError(
        f'{name} is neither a config file nor the name of a model of {scope}; '
        f"give the path of a .py file, '{scope}::path/in/its/configs.py', or "
        'a name of its model index')
