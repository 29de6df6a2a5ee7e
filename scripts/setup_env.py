#!/usr/bin/env python3
"""Create, or complete, the virtual environment ``.venv`` of this checkout.

Installs the versions of ``requirements/lock.txt`` and this package, editable,
with uv, which is taken from PyPI. It can be stopped and started again at any
point, and returns at once when there is nothing to do.

``--ops`` compiles mmcv's operators, which PoseFix does not need: about ten
minutes on two cores, with a C++ compiler and Python's headers; with
``FORCE_CUDA=1`` those for CUDA as well.
"""

import argparse
import ast
import contextlib
import hashlib
import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, NoReturn, Sequence

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
STAMP = VENV / 'setup-done.json'
EXTRAS = ('browser', 'formats', 'onnx', 'openvino', 'photos', 'tensorboard',
          'tensorflow')
PYTHONS = ((3, 11), (3, 12), (3, 13))
MMCV = '2.1.0'
# The last release whose Python part imports without its compiled part; that
# of later ones fits the CUDA build of torch only.
TORCHVISION_FOR_CPU = '0.16.2'
ALIVE_SECONDS = 10
# Where pip is configured to find packages, in the names of uv.
UV_NAMES = {
    'index-url': 'UV_DEFAULT_INDEX',
    'extra-index-url': 'UV_INDEX',
    'find-links': 'UV_FIND_LINKS',
    'cert': 'SSL_CERT_FILE',
}
CHECK = ('import posefix_mm.registry, torchvision, mmdet.models, mmcv.ops, '
         'cv2, timm, xtcocotools.coco')


class SetupError(Exception):
    """A failure that the user has to resolve; the message says how."""


def main() -> None:
    """Set up the environment; end with one clear line if that fails."""
    parser = argparse.ArgumentParser(
        description='Create or complete the virtual environment .venv.')
    parser.add_argument(
        '--extras',
        nargs='*',
        choices=EXTRAS,
        default=[],
        help='optional packages to install as well')
    parser.add_argument(
        '--ops', action='store_true', help="compile mmcv's operators")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        set_up(args.extras, args.ops)
    except SetupError as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('error: set-up was interrupted; run the same command again')


def interrupt(*_: object) -> NoReturn:
    """Treat a polite kill like Ctrl-C, so that children are ended too."""
    raise KeyboardInterrupt


def set_up(extras: Sequence[str], ops: bool) -> None:
    """Do whatever is missing; what was asked for earlier stays.

    Args:
        extras: Optional packages to install, out of :data:`EXTRAS`.
        ops: Whether to compile mmcv's operators.
    """
    stamp = read_stamp()
    wanted = dict(
        key=hash_inputs(),
        extras=sorted({*extras, *stamp.get('extras', ())} & {*EXTRAS}),
        ops=ops or stamp.get('ops', False))
    if stamp == wanted and PYTHON.exists():
        return
    start = time.monotonic()
    check_interpreter()
    create_venv()
    if wanted['ops'] and not has_ops():
        check_compiler()
    # no longer complete, but what was asked for earlier stays known
    STAMP.write_text(json.dumps({**stamp, 'key': None}))
    install(wanted['extras'], wanted['ops'])
    run('checking that everything imports', PYTHON, '-W', 'ignore', '-c',
        CHECK)
    STAMP.write_text(json.dumps(wanted))
    say(f'environment ready after {time.monotonic() - start:.0f} s')


def install(extras: Sequence[str], ops: bool) -> None:
    """Install everything into the environment."""
    run('installing uv', PYTHON, '-m', 'pip', 'install', '--constraint',
        ROOT / 'requirements' / 'lock.txt', 'uv')
    uv('installing PyTorch', 'torch')
    packages = ','.join(['test', 'lint', *extras])
    uv(f'installing posefix_mm[{packages}]', '--requirements',
       ROOT / 'requirements' / 'stack.txt',
       f'torchvision=={torchvision_version()}', '--editable',
       f'{ROOT}[{packages}]',
       *(('--overrides', ROOT / 'requirements' / 'ops.txt') if ops else ()))
    use_stand_ins()
    if ops and not has_ops():
        # and an mmcv for another torch, of which uv would say it is there
        run('removing mmcv-lite', VENV / 'bin' / 'uv', 'pip', 'uninstall',
            '--python', PYTHON, 'mmcv-lite', 'mmcv')
        # uv does not tell builds for different releases of torch apart
        uv("compiling mmcv's operators", '--verbose', '--no-cache',
           '--no-deps', '--no-build-isolation', '--no-binary', 'mmcv',
           f'mmcv=={MMCV}')


def use_stand_ins() -> None:
    """Let mmpose's own tools run that import mmpose before posefix_mm."""
    [folder] = VENV.glob('lib/python*/site-packages')
    module = ROOT / 'posefix_mm' / 'stand_ins' / '__init__.py'
    (folder / 'posefix_mm_stand_ins.pth').write_text(
        f"import runpy; runpy.run_path({str(module)!a})['install']()\n")


def uv(label: str, *arguments: object) -> None:
    """Run ``uv pip install`` with the locked versions."""
    folder = ROOT / 'requirements'
    run(label, VENV / 'bin' / 'uv', 'pip', 'install', '--python', PYTHON,
        '--constraints', folder / 'lock.txt', '--overrides',
        folder / 'overrides.txt', *arguments)


def read_stamp() -> Dict:
    """Read what the last complete run left; empty if there was none."""
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def hash_inputs() -> str:
    """Hash what the environment depends on, the checkout's place included."""
    digest = hashlib.sha256(f'{ROOT} {sys.version_info[:2]}'.encode())
    for path in (Path(__file__), ROOT / 'setup.py',
                 *sorted(ROOT.glob('requirements/*.txt'))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def check_interpreter() -> None:
    """Refuse interpreters that there are no packages for."""
    version = '.'.join(map(str, sys.version_info[:2]))
    if sys.version_info[:2] not in PYTHONS:
        raise SetupError(
            f'Python 3.11, 3.12 or 3.13 is needed, found {version}; name one '
            'of them: make setup PYTHON=/path/to/python3.11')
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise SetupError(
            'this Python has no venv module; on Debian run: apt-get install '
            f'python{version}-venv') from None


def check_compiler() -> None:
    """Refuse to start the long build where it cannot succeed."""
    compiler = os.environ.get('CXX', 'c++').split()[0]
    if shutil.which(compiler) is None:
        raise SetupError(
            f'no C++ compiler ({compiler}) for OPS=1; on Debian run: apt-get '
            'install g++ python3-dev, or leave OPS=1 out')


def create_venv() -> None:
    """Create ``.venv``, or create it anew if it is of another Python."""
    works = ('import pip, sys; '
             f'sys.exit(sys.version_info != {sys.version_info[:]})')
    if PYTHON.exists() and subprocess.run(
        [PYTHON, '-c', works], capture_output=True).returncode == 0:
        return
    say('creating .venv')
    result = subprocess.run(
        [sys.executable, '-m', 'venv', '--clear', '--without-pip', VENV],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise SetupError(f'creating .venv failed: {last_line(result.stdout)}')
    run('installing pip', PYTHON, '-m', 'ensurepip', '--default-pip')


def has_ops() -> bool:
    """Whether mmcv with compiled operators is there and works."""
    code = ('from mmcv import _ext; '
            'raise SystemExit(_ext.__file__.endswith(".py"))')
    return subprocess.run([PYTHON, '-c', code],
                          capture_output=True).returncode == 0


def torchvision_version() -> str:
    """Choose a torchvision that imports beside the installed torch."""
    [path] = VENV.glob('lib/python*/site-packages/torch/version.py')
    torch = runpy.run_path(str(path))
    if sys.version_info < (3, 12) and not torch['cuda']:
        return TORCHVISION_FOR_CPU
    # Releases go in step: 0.15 came with 2.0, 0.16 with 2.1.
    _, minor, patch = torch['__version__'].partition('+')[0].split('.')
    return f'0.{int(minor) + 15}.{patch}'


def child_environment() -> Dict[str, str]:
    """Return the variables for pip, uv and compilers."""
    unwanted = ('PYTHONPATH', 'PYTHONHOME', 'PIP_TARGET', 'PIP_PREFIX',
                'PIP_USER', 'PIP_REQUIRE_VIRTUALENV')
    values = {k: v for k, v in os.environ.items() if k not in unwanted}
    values['PATH'] = f'{VENV / "bin"}:{values.get("PATH", os.defpath)}'
    for name, parts in pip_settings().items():
        separator = ',' if name == 'UV_FIND_LINKS' else ' '
        values.setdefault(name, separator.join(parts))
    values.setdefault('UV_INDEX_STRATEGY', 'unsafe-best-match')  # as pip does
    values.setdefault('UV_COMPILE_BYTECODE', '1')  # imports twice as fast
    values.setdefault('UV_LINK_MODE', 'copy')  # no warning between disks
    if not can_cache():
        values.setdefault('UV_NO_CACHE', '1')
    # for mmcv: a wheel of 1 MB, not 30; no CUDA unless it is asked for
    values.setdefault('MMCV_WITH_OPS', '1')
    for name, flag in (('CFLAGS', '-g0'), ('CXXFLAGS', '-g0'),
                       ('LDFLAGS', '-Wl,-s')):
        values[name] = f'{values.get(name, "")} {flag}'.strip()
    values.setdefault('MAX_JOBS', str(os.cpu_count()))
    if values.get('FORCE_CUDA') != '1':
        values['CUDA_VISIBLE_DEVICES'] = ''
    return values


def can_cache() -> bool:
    """Whether uv can write to its cache, without which it would not start."""
    folder = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache',
                  'uv')
    while not folder.exists():
        folder = folder.parent
    return 'UV_CACHE_DIR' in os.environ or os.access(folder, os.W_OK)


def pip_settings() -> Dict[str, List[str]]:
    """Read where pip is configured to look, by the names that uv has."""
    listed = subprocess.run(
        [PYTHON, '-m', 'pip', 'config', 'list'],  # not every Python has pip
        capture_output=True, text=True).stdout
    found: Dict[str, List[str]] = {}
    for line in listed.splitlines():
        match = re.fullmatch(r'(?:global|install|:env:)\.([\w-]+)=(.*)', line)
        if match and match[1] in UV_NAMES:
            parts = ast.literal_eval(match[2]).split()
            found.setdefault(UV_NAMES[match[1]], []).extend(parts)
    return {name: parts[-1:] if name in ('UV_DEFAULT_INDEX', 'SSL_CERT_FILE')
            else list(dict.fromkeys(parts)) for name, parts in found.items()}


def run(label: str, *command: object) -> None:
    """Run a command with its output in a log, and show that it lives.

    Args:
        label: What it does; also names the log.
        command: Program and arguments.

    Raises:
        SetupError: If the command fails.
    """
    say(label)
    name = re.sub(r'\W+', '-', label).strip('-')
    log = VENV / 'setup-logs' / f'{name}.log'
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with open(log, 'w') as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True)
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(ALIVE_SECONDS)
                    break
                say(f'{label}: {time.monotonic() - start:.0f} s'
                    f'{build_step(log)}')
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    if process.returncode != 0:
        raise SetupError(
            f'{label} failed: {last_line(log.read_text(errors="replace"))}; '
            f'see {log}, then run the same command again')


def build_step(log: Path) -> str:
    """Report how far a build is, from the last ``[3/97]`` in its log."""
    steps = re.findall(r'\[(\d+/\d+)\]', log.read_text(errors='replace'))
    return f', file {steps[-1].replace("/", " of ")}' if steps else ''


def last_line(text: str) -> str:
    """Pick the most telling line of a log: the last error, or the last."""
    lines = [line.strip(' ×╰─▶') for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r'(?i)\w*error\b', line)]
    return (errors or lines or ['no output'])[-1].rstrip('.')


def say(text: str) -> None:
    """Report progress."""
    print(f'[setup] {text}', flush=True)


if __name__ == '__main__':
    main()
