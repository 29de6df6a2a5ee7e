"""Fit what is installed, OpenMMLab's packages first, or say what is missing.

Called by ``posefix_mm/__init__.py`` before anything else is imported, so
nothing here may import another part of the package, or anything slow.
"""
import ctypes
import importlib
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from ._on_import import on_import
from .stand_ins import install as install_stand_ins

PACKAGE = 'posefix_mm'
SafeGlobal = Callable | tuple[Callable, str]
# Parameters of glibc's mallopt, from malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


class Requirement(NamedTuple):
    """A package, by its import name, and the versions that are supported.

    Attributes:
        name: Import name, e.g. ``'mmcv'``.
        minimum: Lowest supported version.
        maximum: Lowest version that is not supported, or ``None``.
        fix: Shell command that installs a supported version.
    """

    name: str
    minimum: str
    maximum: str | None
    fix: str

    @property
    def versions(self) -> str:
        """Supported versions as pip writes them, e.g. ``'>=2.0.1,<2.3'``."""
        upper = f',<{self.maximum}' if self.maximum else ''
        return f'>={self.minimum}{upper}'


# mmpose goes in without its dependencies: one of them, chumpy, is never
# imported and does not build with a current pip. It does import torchvision,
# munkres and mmdet.
REQUIREMENTS = (
    Requirement('torch', '2.0', None,
                "pip install 'torch>=2.0' torchvision"),
    Requirement('mmengine', '0.10.0', '1.0',
                "pip install 'mmengine>=0.10.0,<1.0'"),
    Requirement('mmcv', '2.0.1', '2.3', "pip install 'mmcv-lite==2.1.0'"),
    Requirement('mmpose', '1.3.0', '2.0',
                "pip install --no-deps 'mmpose>=1.3.0,<2.0' && "
                "pip install munkres 'mmdet>=3.0.0,<3.4'"),
)


def prepare() -> None:
    """Fit what there is, now or as soon as it is imported.

    Where MMEngine is in use already (``custom_imports`` of a config, mmpose's
    tools), everything is checked and registered at once. Otherwise nothing
    slow is imported: what has to be done is done when MMEngine's and MMPose's
    registries are.

    Raises:
        ImportError: See :func:`check_versions`.
    """
    install_stand_ins()
    if 'mmengine' in sys.modules:
        with quiet_imports():
            check_versions()
            register_shipped_weights()
            _prepare_registries(lazy=False)
            importlib.import_module(f'{PACKAGE}.registry')
        return
    on_import('mmengine.config.utils', add_config_package)
    on_import('mmengine.runner.checkpoint', register_shipped_weights)
    on_import('mmpose.registry', _prepare_registries)


def _prepare_registries(lazy: bool = True) -> None:
    """Do, when MMPose's registries appear, what they need."""
    for requirement in REQUIREMENTS[:-1]:  # MMPose is half imported
        _check(requirement)
    allow_mmengine_checkpoints()
    register_config_package(lazy)
    if 'LOCAL_RANK' in os.environ:  # mmpose's own tools, by custom_imports
        launch_without_cuda()


@contextmanager
def quiet_imports() -> Iterator[None]:
    """Leave out what OpenMMLab and torchvision say when imported."""
    with warnings.catch_warnings():
        for message in ('Failed to load image Python',
                        'pkg_resources is deprecated'):
            warnings.filterwarnings('ignore', message=message)
        yield


def check_versions() -> None:
    """Check that torch and the OpenMMLab packages are there and fit.

    Raises:
        ImportError: If one of :data:`REQUIREMENTS` is missing, cannot be
            imported or has an unsupported version, or if xtcocotools does
            not fit NumPy. The message names what was found, what is needed
            and the command that installs it.
    """
    for requirement in REQUIREMENTS:
        _check(requirement)
    try:
        importlib.import_module('xtcocotools.mask')
    except (ImportError, ValueError) as error:
        import numpy as np
        raise ImportError(
            f'the xtcocotools that is installed does not fit NumPy '
            f'{np.__version__} ({str(error).strip().splitlines()[0]}). To fix '
            'it: pip uninstall xtcocotools (pycocotools then does its work), '
            "or pip install 'numpy<2'") from error


def _check(requirement: 'Requirement') -> None:
    """Raise an ImportError if a package is missing or does not fit."""
    problem = _find_problem(requirement)
    if problem is not None:
        raise ImportError(
            f'{PACKAGE} needs {requirement.name}{requirement.versions}, '
            f'but {problem}. To fix it: {requirement.fix}')


def import_optional(module: str, extra: str) -> ModuleType:
    """Import a module that an extra of this package installs.

    Raises:
        ImportError: If it is not installed; the message names the extra.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f'{module} is not installed; it comes with `pip install '
            f'posefix_mm[{extra}]`') from error


def allow_mmengine_checkpoints() -> None:
    """Let ``torch.load`` read what MMEngine's runner saves.

    From PyTorch 2.6 on, ``torch.load`` refuses every class that is not on
    an allow-list, and MMEngine 0.10.7 checkpoints hold some: the log history
    and NumPy values. Exactly those are added; the check itself stays on.

    This is about loading. *Resuming* with MMEngine also runs the text stored
    under ``checkpoint['meta']['config']``, if there is any, so resume only
    from checkpoints that you trust.
    """
    import torch

    # Older releases do not check, or do not take (object, name) pairs.
    if _parse_version(torch.__version__) < (2, 6, 0):
        return
    torch.serialization.add_safe_globals(_checkpoint_globals())


def register_shipped_weights() -> None:
    """Let ``load_checkpoint`` find the weights that come with the package.

    ``posefix_mm://configs/...``, as the model index names them, is the file
    below the installed package's ``.mim``. MMEngine's ``get_config`` and
    ``get_model`` hand on what the index has, and would look for any other
    path in the current folder.
    """
    from pathlib import Path

    from mmengine.runner.checkpoint import CheckpointLoader, load_from_local

    prefix = f'{PACKAGE}://'

    def load_from_posefix_mm(filename: str, map_location=None) -> dict:
        path = Path(__file__).with_name('.mim') / filename[len(prefix):]
        return load_from_local(str(path), map_location)

    CheckpointLoader.register_scheme(prefix, load_from_posefix_mm, force=True)


def launch_without_cuda() -> None:
    """Let MMEngine's launchers start processes on a machine without CUDA.

    They choose a CUDA device before they look at the backend, which is all
    that stands in the way of gloo. For command-line tools only.
    """
    import torch

    if not torch.cuda.is_available():
        torch.cuda.set_device = lambda device: None


def keep_freed_memory() -> bool:
    """Let this process use the memory of freed tensors again.

    By default glibc takes a block above 32 MiB from the kernel and gives it
    back as soon as it is free. The activations of a batch are such blocks;
    the kernel then clears every page of them for every layer of every batch,
    which costs a small network on a CPU more time than its arithmetic does.

    Returns:
        bool: Whether that was set. It is not where another C library is in
        use, which decides for itself.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    mallopt.argtypes = ctypes.c_int, ctypes.c_int
    mallopt.restype = ctypes.c_int
    return bool(
        mallopt(_M_MMAP_THRESHOLD, 2**31 - 1)
        and mallopt(_M_TRIM_THRESHOLD, -1))  # never


def run_mmpose_tool(name: str) -> None:
    """Run one of MMPose's tools, ``'train'`` or ``'test'``, as a program."""
    import runpy
    from pathlib import Path

    import mmpose

    tool = Path(mmpose.__file__).parent / '.mim' / 'tools' / f'{name}.py'
    if not tool.is_file():
        raise SystemExit(
            f'error: the installed MMPose {mmpose.__version__} has no '
            f'{tool}; install it from its wheel: '
            'pip install --no-deps --force-reinstall mmpose==1.3.2')
    launch_without_cuda()
    keep_freed_memory()
    runpy.run_path(str(tool), run_name='__main__')


def add_config_package() -> None:
    """Make ``_base_ = 'posefix_mm::...'`` and ``get_config`` work.

    MMEngine only resolves ``package::config`` for packages of a table of its
    own.
    """
    from mmengine.config.utils import MODULE2PACKAGE

    # The value is where MMEngine looks for the package. The name of a module
    # rather than of the distribution makes it take that module's folder,
    # which is right for editable installs as well: there the folder beside
    # the installed metadata does not exist.
    MODULE2PACKAGE.setdefault(PACKAGE, f'{PACKAGE}.version')


def register_config_package(lazy: bool = False) -> None:
    """Let modules be found that ``posefix_mm::...`` configs build.

    MMEngine builds it in a registry scope of that name, which is made of empty
    children of MMPose's registries: a lookup falls through to MMPose. With
    ``lazy``, these import ``posefix_mm.registry`` at the first lookup.
    """
    from mmengine.registry import Registry

    add_config_package()
    registries = importlib.import_module('mmpose.registry')
    for parent in list(vars(registries).values()):
        if not isinstance(parent, Registry) or parent.scope != 'mmpose':
            continue
        if lazy:
            parent._locations = [*parent._locations, f'{PACKAGE}.registry']
        if PACKAGE not in parent.children:
            # A lookup reads the parent but does not import its modules.
            Registry(
                parent.name,
                parent=parent,
                scope=PACKAGE,
                locations=[*parent._locations, f'{PACKAGE}.registry'])


def _find_problem(requirement: Requirement) -> str | None:
    """Complete the sentence "X is needed, but ..."; None if X fits."""
    name = requirement.name
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name == name:
            return f'{name} is not installed'
        return f'importing {name} failed: {error}'
    except (ImportError, AssertionError) as error:
        # OpenMMLab packages check each other with assertions; their messages
        # say which versions go together.
        return f'importing {name} failed: {error}'
    version = str(getattr(module, '__version__', 'of unknown version'))
    if not _is_supported(version, requirement):
        return f'found {name} {version}'
    return None


def _is_supported(version: str, requirement: Requirement) -> bool:
    """Whether a version lies in the supported range."""
    found = _parse_version(version)
    if found < _parse_version(requirement.minimum):
        return False
    maximum = requirement.maximum
    return maximum is None or found < _parse_version(maximum)


def _parse_version(version: str) -> tuple[int, int, int]:
    """Read major, minor and patch; anything else counts as 0.0.0."""
    match = re.match(r'(\d+)\.(\d+)(?:\.(\d+))?', version)
    if match is None:
        return 0, 0, 0
    major, minor, patch = (int(part or 0) for part in match.groups())
    return major, minor, patch


def _history_method(owner: Any, name: str) -> Callable:
    """Stand in for ``getattr`` while a checkpoint is read.

    MMEngine's history buffers name their statistics, which pickle writes as
    ``getattr(HistoryBuffer, 'mean')``. The real ``getattr`` would hand a
    crafted file every attribute of every allowed object.
    """
    from mmengine.logging import HistoryBuffer

    statistics = ('current', 'max', 'mean', 'min')
    if owner is not HistoryBuffer or name not in statistics:
        raise ValueError(
            'a checkpoint may only look up the statistics '
            f'{", ".join(statistics)} of HistoryBuffer, got {name!r} of '
            f'{owner!r}')
    return getattr(HistoryBuffer, name)


def _checkpoint_globals() -> list[SafeGlobal]:
    """What a checkpoint of MMEngine's runner may hold.

    Pairs have the name in the file where it differs from the object's own.
    """
    import numpy as np
    from mmengine.logging import HistoryBuffer

    # NumPy 2 renamed numpy.core to numpy._core; files of both are around.
    core = np.core if np.__version__.startswith('1.') \
        else getattr(np, '_core')  # noqa: B009
    allowed: list[SafeGlobal] = [
        HistoryBuffer, np.ndarray, np.dtype,
        (_history_method, 'builtins.getattr')
    ]
    for function in ('_reconstruct', 'scalar'):
        for module in ('numpy.core', 'numpy._core'):
            allowed.append((getattr(core.multiarray, function),
                            f'{module}.multiarray.{function}'))
    # Booleans, numbers and text; dtypes that hold objects stay out.
    dtypes = {type(np.dtype(code)) for code in '?bhilqBHILQefdgSU'}
    return allowed + sorted(dtypes, key=lambda dtype: dtype.__name__)
