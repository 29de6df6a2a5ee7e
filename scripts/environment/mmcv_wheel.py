"""Build mmcv with its operators once, and keep the wheel."""

import os
import shutil
import sysconfig
import tempfile
import zipfile
from pathlib import Path
from typing import Dict, Optional

from . import state
from .process import Programs, log_path

MMCV_VERSION = '2.1.0'
BYTES_PER_COMPILER = 2 << 30


def check_compiler() -> None:
    """Refuse to start the long build where it cannot succeed."""
    compiler = os.environ.get('CXX', 'c++').split()[0]
    if shutil.which(compiler) is None:
        raise state.SetupError(
            f'no C++ compiler ({compiler}); mmcv has to be compiled once. On '
            'Debian run: apt-get install build-essential')
    if not Path(sysconfig.get_path('include'), 'Python.h').is_file():
        raise state.SetupError(
            'the C headers of Python are missing; mmcv has to be compiled '
            'once. On Debian run: apt-get install python3-dev')


def wheel_folder() -> Path:
    """Return where mmcv is kept, for this Python and this torch only."""
    python = 'cp' + ''.join(map(str, state.PYTHON_VERSION))
    operators = '-cuda' if os.environ.get('FORCE_CUDA') == '1' else ''
    tag = f'{python}-torch{state.torch_version()["__version__"]}{operators}'
    folder = state.cache_folder() / 'wheels' / tag
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def is_good_wheel(path: Path) -> bool:
    """Tell whether a wheel is whole and holds the compiled operators."""
    try:
        with zipfile.ZipFile(path) as wheel:
            names = wheel.namelist()
            return wheel.testzip() is None and any(
                name.startswith('mmcv/_ext.') for name in names)
    except (OSError, zipfile.BadZipFile):
        return False


def find_wheel() -> Optional[Path]:
    """Return mmcv's wheel if there is a good one; removes broken ones."""
    for path in wheel_folder().glob(f'mmcv-{MMCV_VERSION}-*.whl'):
        if is_good_wheel(path):
            return path
        state.say(f'the kept wheel {path.name} is broken')
        path.unlink()
    return None


def count_jobs() -> int:
    """Choose how many compilers run at once: by cores and by memory."""
    memory = os.sysconf('SC_AVPHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    cores = len(os.sched_getaffinity(0))
    return max(1, min(cores, memory // BYTES_PER_COMPILER))


def build_environment() -> Dict[str, str]:
    """Return the variables that mmcv is built with."""
    values = {
        'MMCV_WITH_OPS': '1',
        'MAX_JOBS': os.environ.get('MAX_JOBS') or str(count_jobs()),
    }
    # Without debug information and symbols the wheel is 1 MB, not 30.
    for name, flag in (('CFLAGS', '-g0'), ('CXXFLAGS', '-g0'),
                       ('LDFLAGS', '-Wl,-s')):
        values[name] = f'{os.environ.get(name, "")} {flag}'.strip()
    if os.environ.get('FORCE_CUDA') != '1':
        # A visible GPU makes mmcv compile its CUDA operators too.
        values['CUDA_VISIBLE_DEVICES'] = ''
    return values


def build_wheel(programs: Programs) -> Path:
    """Build mmcv's wheel and keep it.

    Args:
        programs: Runs pip.

    Returns:
        The wheel, moved into place only when whole.
    """
    check_compiler()
    folder = wheel_folder()
    for leftover in folder.glob('.build-*'):
        shutil.rmtree(leftover, ignore_errors=True)
    state.say('mmcv has to be compiled, once: about 10 minutes on two cores')
    with tempfile.TemporaryDirectory(prefix='.build-', dir=folder) as tmp:
        # pip's own cache does not tell wheels for different torch apart.
        programs.run([
            str(state.venv_python()), '-m', 'pip', 'wheel', '--verbose',
            '--no-cache-dir', '--no-build-isolation', '--no-deps',
            '--no-binary', 'mmcv', '--wheel-dir', tmp,
            f'mmcv=={MMCV_VERSION}'
        ], 'compiling mmcv', {
            **build_environment(), 'TMPDIR': tmp
        })
        built = next(Path(tmp).glob('mmcv-*.whl'))
        if not is_good_wheel(built):
            raise state.SetupError(
                'mmcv was built without its operators; see '
                f'{log_path("compiling mmcv")}')
        return built.replace(folder / built.name)
