"""Put off imports of others that a refinement does not need.

Some modules of MMEngine and MMPose import far more than they use: a shift
of boxes all of ``scipy.stats``, an optimizer FSDP and with it SymPy, the COCO
API Matplotlib. That is more than half of all that is imported before the
first pose is refined.
"""
import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

from ._on_import import around_import

#: Modules and those of their imports that are put off. None of the names
#: is used before something is trained, drawn, grouped or printed.
PUT_OFF = {
    'mmdet.utils.mot_error_visualize': (
        'seaborn', 'matplotlib', 'matplotlib.patches', 'matplotlib.pyplot'),
    'mmengine.config.config': ('yapf', 'yapf.yapflib.yapf_api'),
    'mmengine.model.wrappers': (
        'mmengine.model.wrappers.fully_sharded_distributed', ),
    'mmengine.optim.optimizer': ('mmengine.optim.optimizer.zero_optimizer', ),
    'mmengine.runner': ('mmengine.runner._flexible_runner', ),
    'mmpose.codecs.associative_embedding': ('munkres', ),
    'mmpose.datasets.datasets.body.mpii_dataset': ('scipy.io', ),
    'mmpose.datasets.transforms.bottomup_transforms': ('scipy.stats', ),
    'mmpose.datasets.transforms.common_transforms': ('scipy.stats', ),
    'xtcocotools.coco': ('matplotlib', 'matplotlib.collections',
                         'matplotlib.patches', 'matplotlib.pyplot'),
}


def put_off_imports() -> None:
    """Put off the imports of :data:`PUT_OFF`, if they are not done yet.

    Only there: whoever else imports the same module gets it. MMEngine's
    ``FlexibleRunner`` and its classes for FSDP and ZeRO are not registered
    until they are used, so this is for commands, which do not train, and not
    for ``import posefix_mm``.
    """
    for importer, modules in PUT_OFF.items():
        if importer not in sys.modules:
            around_import(importer, partial(_stand_in, modules))


@contextmanager
def _stand_in(names: Sequence[str]) -> Iterator[None]:
    """Let imports of modules give names that import them when used."""
    modules = {
        name: _LateModule(name) for name in names if name not in sys.modules
    }
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


class _LateModule(ModuleType):
    """Has every name, without having been imported."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is not self:  # it is used
            return getattr(importlib.import_module(self.__name__), name)
        if name.startswith('__'):  # what the import system asks for
            raise AttributeError(name)
        return _LateName(self.__name__, name)


class _LateName:
    """A class, function or module that is imported when it is used."""

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    def _import(self) -> Any:
        module, name = self._place
        found = importlib.import_module(module)
        if not hasattr(found, name):  # a part of a package
            return importlib.import_module(f'{module}.{name}')
        return getattr(found, name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):  # what annotations are asked for
            raise AttributeError(name)
        return getattr(self._import(), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._import()(*args, **kwargs)

    def __mro_entries__(self, bases: tuple) -> tuple[type]:
        return self._import(),
