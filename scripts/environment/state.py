"""What is there and what is wanted: versions, stamps, shared folders."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import runpy
import shutil
import time
from pathlib import Path
from typing import Dict, Iterator, List, Set

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / '.venv'
LOCKED = ROOT / 'requirements' / 'locked'

PYTHON_VERSION = (3, 11)
EXTRAS = ('browser', 'formats', 'onnx', 'openvino', 'photos', 'tensorboard',
          'tensorflow')
# Either one brings the module; the headless one needs no graphics libraries.
ALTERNATIVES = {'opencv-python-headless': 'opencv-python'}


class SetupError(Exception):
    """Something that the user has to see to; the message says what."""


def venv_python() -> Path:
    """Return the interpreter of the environment."""
    return VENV / 'bin' / 'python'


def stamp_path() -> Path:
    """Return where a complete set-up is noted."""
    return VENV / 'setup-done.json'


def say(text: str) -> None:
    """Report progress."""
    print(f'[setup] {text}', flush=True)


def elapsed(start: float) -> str:
    """Write the time since ``start`` as e.g. ``3 min 20 s``."""
    minutes, seconds = divmod(int(time.monotonic() - start), 60)
    return f'{minutes} min {seconds} s' if minutes else f'{seconds} s'


def canonical(name: str) -> str:
    """Write a distribution's name as PyPI compares it."""
    return re.sub(r'[-_.]+', '-', name).lower()


def stamp_key() -> str:
    """Hash what the environment depends on, the checkout's place included."""
    digest = hashlib.sha256(str(ROOT).encode())
    files = [
        ROOT / 'setup.py',
        ROOT / 'scripts' / 'setup_env.py',
        *(ROOT / 'scripts' / 'environment').glob('*.py'),
        *(ROOT / 'requirements').glob('**/*.txt'),
    ]
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_stamp() -> Dict:
    """Read what the last complete run left; empty if there was none."""
    try:
        return json.loads(stamp_path().read_text())
    except (OSError, ValueError):
        return {}


def stamped_extras() -> Set[str]:
    """Tell which optional packages are to stay."""
    return set(read_stamp().get('extras', ())) & set(EXTRAS)


def is_done(extras: Set[str]) -> bool:
    """Tell whether there is nothing to do."""
    stamp = read_stamp()
    return (venv_python().exists() and stamp.get('key') == stamp_key()
            and extras <= stamped_extras())


def write_stamp(extras: Set[str]) -> None:
    """Note that everything is there."""
    content = json.dumps({'key': stamp_key(), 'extras': sorted(extras)})
    partial = stamp_path().with_suffix('.part')
    partial.write_text(content)
    partial.replace(stamp_path())


def cache_folder() -> Path:
    """Return the folder that all checkouts of this user share."""
    base = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    folder = Path(base) / 'posefix_mm'
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f'cannot write {folder} ({error.strerror}); set XDG_CACHE_HOME '
            'to a folder that you can write') from error
    return folder


@contextlib.contextmanager
def only_one() -> Iterator[int]:
    """Hold off other set-ups of this user; yields the lock's descriptor."""
    with open(cache_folder() / 'setup.lock', 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say('waiting for another set-up to finish')
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def read_locked(name: str) -> Dict[str, str]:
    """Read a file of exact requirements.

    Args:
        name: File name under ``requirements/locked``, without the suffix.

    Returns:
        Version by canonical name.
    """
    lines = (LOCKED / f'{name}.txt').read_text().splitlines()
    pairs = (line.split('==') for line in lines if '==' in line)
    return {canonical(name): version.strip() for name, version in pairs}


def site_packages() -> Path:
    """Return the folder that packages are installed into."""
    version = '.'.join(map(str, PYTHON_VERSION))
    return VENV / 'lib' / f'python{version}' / 'site-packages'


def installed() -> Dict[str, str]:
    """List what is installed, clearing away what is only half installed.

    Returns:
        Version, without a local part such as ``+cpu``, by canonical name.
    """
    found = {}
    for info in site_packages().glob('*.dist-info'):
        name, _, version = info.stem.rpartition('-')
        # pip writes this file after the last one of the package itself.
        if (info / 'INSTALLER').is_file():
            found[canonical(name)] = version.partition('+')[0]
        else:
            shutil.rmtree(info)
    return found


def find_missing(wanted: Dict[str, str]) -> List[str]:
    """List the requirements that the environment does not meet."""
    found = installed()
    return [
        f'{name}=={version}' for name, version in wanted.items()
        if version not in (found.get(name),
                           found.get(ALTERNATIVES.get(name, name)))
    ]


def torch_version() -> Dict:
    """Read the names of ``torch/version.py`` without importing torch."""
    return runpy.run_path(str(site_packages() / 'torch' / 'version.py'))
