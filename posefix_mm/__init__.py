"""PoseFix pose refinement as a plugin of MMPose.

Importing this package registers its modules in ``mmpose.registry``; configs
do so with ``custom_imports``.
"""
import importlib
import warnings

from .version import __version__

with warnings.catch_warnings():
    # what the libraries below say when they are imported, of no use here
    warnings.filterwarnings('ignore', message='Failed to load image Python')
    warnings.filterwarnings('ignore', message='pkg_resources is deprecated')
    from ._compat import (
        allow_mmengine_checkpoints,
        check_versions,
        register_config_package,
    )
    check_versions()
    allow_mmengine_checkpoints()
    register_config_package()
    from . import codecs, datasets, engine, evaluation, models  # noqa: F401

__all__ = [
    'PosePredictor', 'PoseRefineInferencer', '__version__', 'refine',
    'refine_file'
]

# What users call; imported when it is used, since configs import this package
# for its registered modules alone.
_FUNCTIONS = {
    'PosePredictor': 'refinement',
    'PoseRefineInferencer': 'apis.inferencers',
    'refine': 'apis',
    'refine_file': 'apis',
}


def __getattr__(name: str):
    if name in _FUNCTIONS:
        return getattr(
            importlib.import_module(f'.{_FUNCTIONS[name]}', __name__), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
