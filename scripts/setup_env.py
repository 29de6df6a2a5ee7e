#!/usr/bin/env python3
"""Create, or complete, the virtual environment ``.venv`` of this checkout.

Installs the pinned stack of ``requirements/locked``, mmcv with its compiled
operators and this package (editable). It can be stopped and started again at
any point, and returns at once when there is nothing to do.

mmcv has no wheel on PyPI and takes about ten minutes to compile on two cores.
Its wheel is built once and kept for every checkout of the same user under
``${XDG_CACHE_HOME:-~/.cache}/posefix_mm/wheels``.

Set ``FORCE_CUDA=1`` to compile mmcv's CUDA operators as well (needs the CUDA
toolkit). PoseFix itself runs on a GPU without them.
"""

import argparse
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn, Sequence, Set

from environment import mmcv_wheel, state
from environment.process import Programs, last_line
from environment.state import SetupError, find_missing, read_locked, say

# The last release whose Python part imports without its compiled part; wheels
# of torchvision need the CUDA build of torch.
TORCHVISION_FOR_CPU = '0.16.2'

# This package is looked up but not imported: set-up must not fail over it.
CHECK_STACK = """
import torch, torchvision, mmengine, mmdet, mmpose
import mmcv.ops, cv2, timm, xtcocotools.coco
import importlib.util
assert importlib.util.find_spec('posefix_mm') is not None
"""


def main() -> None:
    """Set up the environment; end with one clear line if that fails."""
    args = parse_args()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        set_up(set(args.extras))
    except SetupError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('error: set-up was interrupted; run the same command again '
                 'and it goes on where it stopped')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Create or complete the virtual environment .venv.')
    parser.add_argument(
        '--extras',
        nargs='*',
        choices=state.EXTRAS,
        default=[],
        help='optional packages to install as well')
    return parser.parse_args()


def interrupt(*_: object) -> NoReturn:
    """Treat a polite kill like Ctrl-C, so that children are ended too."""
    raise KeyboardInterrupt


def set_up(extras: Set[str]) -> None:
    """Do whatever is missing.

    Args:
        extras: Optional packages to install, out of :data:`state.EXTRAS`.
    """
    if state.is_done(extras):
        return
    check_interpreter()
    with state.only_one() as lock:
        if state.is_done(extras):
            return
        start = time.monotonic()
        extras = extras | state.stamped_extras()
        setup = Setup(Programs(lock))
        setup.create_venv()
        setup.install_locked(['base', *sorted(extras)])
        setup.install_torch()
        setup.install_torchvision()
        setup.install_mmcv()
        setup.install_package()
        setup.check_stack()
        state.write_stamp(extras)
        say(f'environment ready after {state.elapsed(start)}')


def check_interpreter() -> None:
    """Refuse interpreters that the pinned stack has no builds for."""
    wanted = '.'.join(map(str, state.PYTHON_VERSION))
    if sys.version_info[:2] != state.PYTHON_VERSION:
        found = '.'.join(map(str, sys.version_info[:3]))
        raise SetupError(
            f'the pinned stack is made for Python {wanted}, found {found}; '
            f'install python{wanted} and python{wanted}-venv, or name one: '
            'make setup PYTHON=/path/to/python' + wanted)
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise SetupError(
            'this Python has no venv module; on Debian run: '
            f'apt-get install python{wanted}-venv') from None


class Setup:
    """The steps of a set-up; each does only what is missing.

    Args:
        programs: Runs pip and Python.
    """

    def __init__(self, programs: Programs) -> None:
        self.programs = programs

    def create_venv(self) -> None:
        """Create ``.venv``, or create it anew if it does not work."""
        works = ('import pip, sys; '
                 f'sys.exit(sys.version_info[:2] != {state.PYTHON_VERSION})')
        if state.venv_python().exists() and self.programs.runs(works):
            return
        say('creating .venv' if not state.VENV.exists() else
            'creating .venv anew: the one here does not work')
        command = [sys.executable, '-m', 'venv', '--clear', str(state.VENV)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            raise SetupError(
                'creating .venv failed: '
                f'{last_line(result.stdout + result.stderr)}; on Debian run: '
                'apt-get install python3.11-venv')

    def install_locked(self, names: Sequence[str]) -> None:
        """Install files of exact requirements, without dependencies.

        Args:
            names: File names under ``requirements/locked``.
        """
        wanted = {}
        for name in names:
            wanted.update(read_locked(name))
        missing = find_missing(wanted)
        if missing:
            self.programs.pip(f'installing {len(missing)} packages',
                              '--no-deps', *missing)

    def install_torch(self) -> None:
        """Install torch; its CUDA packages, if any, come with it."""
        missing = find_missing(read_locked('torch'))
        if missing:
            self.programs.pip('installing PyTorch', '--constraint',
                              str(state.LOCKED / 'base.txt'), *missing)

    def install_torchvision(self) -> None:
        """Install a torchvision that imports beside this torch."""
        torch = state.torch_version()
        version = TORCHVISION_FOR_CPU
        if torch.get('cuda'):
            # Releases go in step: 0.15 came with 2.0, 0.16 with 2.1.
            _, minor, patch = torch['__version__'].partition('+')[0].split('.')
            version = f'0.{int(minor) + 15}.{patch}'
        missing = find_missing({'torchvision': version})
        if missing:
            self.programs.pip('installing torchvision', '--no-deps', *missing)

    def install_mmcv(self) -> None:
        """Install mmcv from the kept wheel, or build that first."""
        missing = find_missing({'mmcv': mmcv_wheel.MMCV_VERSION})
        if not missing and self.programs.runs('import mmcv.ops'):
            return
        kept = mmcv_wheel.find_wheel()
        if kept is not None:
            self.install_wheel(kept)
            if self.programs.runs('import mmcv.ops'):
                return
            say('the kept wheel of mmcv does not work here')
            kept.unlink()
        self.install_wheel(mmcv_wheel.build_wheel(self.programs))

    def install_wheel(self, path: Path) -> None:
        """Install one wheel in place of what is there."""
        self.programs.pip('installing mmcv', '--no-deps',
                          '--force-reinstall', str(path))

    def install_package(self) -> None:
        """Install this checkout, editable."""
        self.programs.pip('installing posefix_mm', '--no-deps',
                          '--no-build-isolation', '--editable',
                          str(state.ROOT))

    def check_stack(self) -> None:
        """Import everything once, so that the first use does not fail."""
        say('checking that everything imports')
        self.programs.run(
            [str(state.venv_python()), '-c', CHECK_STACK],
            'importing the stack',
            fix='run `make clean-all` and then the same command again')


if __name__ == '__main__':
    main()
