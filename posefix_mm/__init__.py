"""PoseFix pose refinement as a plugin of MMPose.

Importing this package registers its modules in ``mmpose.registry``; configs
do so with ``custom_imports``.
"""
import importlib

from ._compat import (
                      allow_mmengine_checkpoints,
                      check_versions,
                      register_config_package,
)
from .version import __version__

check_versions()
allow_mmengine_checkpoints()
register_config_package()

from . import (  # noqa: E402, F401
    codecs,
    datasets,
    engine,
    evaluation,
    models,
)

__all__ = ['PosePredictor', '__version__', 'refine', 'refine_file']

# What users call; imported when it is used, since configs import this package
# for its registered modules alone.
_FUNCTIONS = {
    'PosePredictor': 'refinement',
    'refine': 'apis',
    'refine_file': 'apis',
}


def __getattr__(name: str):
    if name in _FUNCTIONS:
        return getattr(
            importlib.import_module(f'.{_FUNCTIONS[name]}', __name__), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
