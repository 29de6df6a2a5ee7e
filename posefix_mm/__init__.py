"""PoseFix pose refinement as a plugin of MMPose.

Importing this package, as configs do with ``custom_imports``, makes its
modules available in ``mmpose.registry``. Nothing slow is imported before it
is used.
"""
import importlib
from typing import Any

from . import _compat
from .version import __version__

_compat.prepare()

_PUBLIC = {
    'PosePredictor': '.inference',
    'PoseRefineInferencer': '.apis.inferencers',
    'refine': '.apis',
    'refine_file': '.apis',
}
_SUBPACKAGES = ('apis', 'codecs', 'datasets', 'engine', 'evaluation',
                'models', 'inference')

__all__ = [
    'PosePredictor', 'PoseRefineInferencer', '__version__', 'refine',
    'refine_file'
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _PUBLIC and name not in _SUBPACKAGES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    with _compat.quiet_imports():
        _compat.check_versions()
        if name in _SUBPACKAGES:
            return importlib.import_module(f'.{name}', __name__)
        module = importlib.import_module(_PUBLIC[name], __name__)
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    """Name what can be imported too."""
    return sorted({*globals(), *_PUBLIC, *_SUBPACKAGES})
