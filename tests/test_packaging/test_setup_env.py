"""Parts of the set-up script that can go wrong on somebody's machine."""

import importlib
import os
import re
import sys
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def script(tmp_path: Path,
           monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Load the script's modules, working in an empty folder."""
    monkeypatch.syspath_prepend(ROOT / 'scripts')
    names = ('setup_env', 'environment.state', 'environment.process',
             'environment.mmcv_wheel')
    modules = {
        name.rpartition('.')[2]: importlib.import_module(name)
        for name in names
    }
    monkeypatch.setattr(modules['state'], 'VENV', tmp_path / '.venv')
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    monkeypatch.delenv('FORCE_CUDA', raising=False)
    return SimpleNamespace(**modules)


def add_package(script: SimpleNamespace,
                name: str,
                whole: bool = True) -> Path:
    """Lay down the metadata of an installed package."""
    info = script.state.site_packages() / f'{name}.dist-info'
    info.mkdir(parents=True)
    if whole:
        (info / 'INSTALLER').write_text('pip')
    return info


def add_torch(script: SimpleNamespace, version: str, cuda: str = None) -> None:
    """Lay down the part of torch that the script reads."""
    folder = script.state.site_packages() / 'torch'
    folder.mkdir(parents=True)
    (folder / 'version.py').write_text(
        f'__version__ = {version!r}\ncuda = {cuda!r}\n')


# -------------------------------------------------------------- requirements
@pytest.mark.parametrize(
    'name', [
        'browser', 'formats', 'lint', 'mminstall', 'onnx', 'openvino',
        'photos', 'runtime', 'tensorboard', 'tensorflow', 'tests'
    ])
def test_locked_versions_meet_the_ranges(name: str,
                                         script: SimpleNamespace) -> None:
    locked = {'mmcv': script.mmcv_wheel.MMCV_VERSION}
    for path in script.state.LOCKED.glob('*.txt'):
        locked.update(script.state.read_locked(path.stem))
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text().splitlines()
    for line in filter(None, (line.partition('#')[0] for line in lines)):
        wanted = Requirement(line)
        version = locked[script.state.canonical(wanted.name)]
        assert wanted.specifier.contains(version), line


def test_find_missing(script: SimpleNamespace) -> None:
    add_package(script, 'Right-1.0')
    add_package(script, 'build_tag-2.0+cpu')
    add_package(script, 'old-0.9')
    add_package(script, 'opencv_python-4.11')
    wanted = {
        'right': '1.0',
        'build-tag': '2.0',
        'old': '1.0',
        'absent': '3.0',
        'opencv-python-headless': '4.11'
    }
    assert script.state.find_missing(wanted) == ['old==1.0', 'absent==3.0']


def test_half_installed_package_is_cleared(script: SimpleNamespace) -> None:
    info = add_package(script, 'half-1.0', whole=False)
    assert script.state.find_missing({'half': '1.0'}) == ['half==1.0']
    assert not info.exists()


@pytest.mark.parametrize(('version', 'cuda', 'expected'), [
    ('2.13.0+cpu', None, '0.16.2'),
    ('2.13.0+cu130', '13.0', '0.28.0'),
    ('2.1.2+cu121', '12.1', '0.16.2'),
])
def test_torchvision_goes_with_torch(version: str, cuda: str, expected: str,
                                     script: SimpleNamespace) -> None:
    add_torch(script, version, cuda)
    asked = []
    programs = SimpleNamespace(pip=lambda *args: asked.extend(args))
    script.setup_env.Setup(programs).install_torchvision()
    assert asked[-1] == f'torchvision=={expected}'


# --------------------------------------------------------------------- wheel
def write_wheel(path: Path, *names: str) -> None:
    """Write a zip file with some names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, 'w') as wheel:
        for name in names:
            wheel.writestr(name, 'x' * 1000)


def test_wheel_is_kept_per_torch(script: SimpleNamespace, tmp_path: Path,
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    add_torch(script, '2.13.0+cpu')
    wheels = tmp_path / 'cache' / 'posefix_mm' / 'wheels'
    name = 'cp311-torch2.13.0+cpu'
    assert script.mmcv_wheel.wheel_folder() == wheels / name
    monkeypatch.setenv('FORCE_CUDA', '1')
    assert script.mmcv_wheel.wheel_folder() == wheels / f'{name}-cuda'


@pytest.mark.parametrize('damage', ['cut', 'flipped', 'lite'])
def test_broken_wheel_is_dropped(damage: str, script: SimpleNamespace) -> None:
    add_torch(script, '2.13.0+cpu')
    mmcv = script.mmcv_wheel
    path = mmcv.wheel_folder() / f'mmcv-{mmcv.MMCV_VERSION}-cp311.whl'
    write_wheel(path, 'mmcv/__init__.py', 'mmcv/_ext.cpython-311.so')
    assert mmcv.find_wheel() == path
    content = bytearray(path.read_bytes())
    if damage == 'cut':
        path.write_bytes(content[:len(content) // 2])
    elif damage == 'flipped':
        content[500] ^= 1
        path.write_bytes(content)
    else:
        write_wheel(path, 'mmcv/__init__.py')
    assert mmcv.find_wheel() is None
    assert not path.exists()


def test_build_progress(script: SimpleNamespace, tmp_path: Path) -> None:
    log = tmp_path / 'log'
    log.write_text('  [1/97] c++ a.cpp\n  [12/97] c++ b.cpp\nnote: [1] x\n')
    assert script.process.describe_build(log) == ', file 12 of 97'


def test_build_hides_gpus_unless_asked(script: SimpleNamespace,
                                       monkeypatch: pytest.MonkeyPatch
                                       ) -> None:
    monkeypatch.setenv('CFLAGS', '-O1')
    values = script.mmcv_wheel.build_environment()
    assert values['CUDA_VISIBLE_DEVICES'] == ''
    assert values['CFLAGS'] == '-O1 -g0'
    assert 1 <= int(values['MAX_JOBS']) <= os.cpu_count()
    monkeypatch.setenv('FORCE_CUDA', '1')
    assert 'CUDA_VISIBLE_DEVICES' not in script.mmcv_wheel.build_environment()


# ------------------------------------------------------------------ failures
def test_wrong_python(script: SimpleNamespace,
                      monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script.state, 'PYTHON_VERSION', (3, 99))
    with pytest.raises(
            script.state.SetupError, match='made for Python 3.99, found'):
        script.setup_env.check_interpreter()


def test_missing_compiler(script: SimpleNamespace,
                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('CXX', 'no-such-compiler')
    with pytest.raises(
            script.state.SetupError, match='install build-essential'):
        script.mmcv_wheel.check_compiler()


def test_failing_step_names_cause_and_log(script: SimpleNamespace) -> None:
    code = "print('ERROR: No space left.'); print('bye'); raise SystemExit(1)"
    label = 'installing 3 packages'
    log = script.process.log_path(label)
    expected = re.escape(
        'installing 3 packages failed: ERROR: No space left; see '
        f'{log}, then run the same command again')
    with open(os.devnull) as lock:
        programs = script.process.Programs(lock.fileno())
        with pytest.raises(script.state.SetupError, match=f'^{expected}$'):
            programs.run([sys.executable, '-c', code], label)
    assert log.read_text().endswith('bye\n')


def is_running(pid: int) -> bool:
    """Tell whether a process is there and not just a zombie."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().split()[2] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_broken_off_step_ends_its_children(
        script: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grandchildren too: a build left behind would eat the machine."""
    code = ('import subprocess; c = subprocess.Popen(["sleep", "60"]); '
            'print(c.pid, flush=True); c.wait()')

    def broken_off(process: object, label: str, log: Path,
                   start: float) -> None:
        while not log.read_text().endswith('\n'):
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(script.process, 'wait', broken_off)
    with open(os.devnull) as lock, pytest.raises(KeyboardInterrupt):
        script.process.Programs(lock.fileno()).run(
            [sys.executable, '-c', code], 'sleeping')
    pid = int(script.process.log_path('sleeping').read_text())
    deadline = time.monotonic() + 10
    while is_running(pid):
        assert time.monotonic() < deadline, f'process {pid} still runs'
        time.sleep(0.01)


def test_unwritable_cache(script: SimpleNamespace, tmp_path: Path,
                          monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / 'file'
    blocked.touch()
    monkeypatch.setenv('XDG_CACHE_HOME', str(blocked))
    with pytest.raises(script.state.SetupError, match='set XDG_CACHE_HOME'):
        script.state.cache_folder()


def test_child_environment_is_clean(script: SimpleNamespace,
                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PYTHONPATH', '/elsewhere')
    monkeypatch.setenv('PIP_USER', '1')
    values = script.process.child_environment()
    assert 'PYTHONPATH' not in values
    assert 'PIP_USER' not in values
    assert values['PATH'].startswith(str(script.state.VENV / 'bin'))


# --------------------------------------------------------------------- stamp
@pytest.fixture
def venv(script: SimpleNamespace) -> Path:
    """Lay down an environment with an interpreter."""
    python = script.state.venv_python()
    python.parent.mkdir(parents=True)
    python.touch()
    return script.state.VENV


def test_stamp(venv: Path, script: SimpleNamespace) -> None:
    state = script.state
    assert not state.is_done(set())
    state.write_stamp({'photos'})
    assert state.is_done(set())
    assert state.is_done({'photos'})
    assert not state.is_done({'tensorboard'})
    state.stamp_path().write_text('{"key"')  # cut off
    assert not state.is_done(set())


def test_stamp_does_not_outlive_the_interpreter(
        venv: Path, script: SimpleNamespace) -> None:
    script.state.write_stamp(set())
    script.state.venv_python().unlink()
    assert not script.state.is_done(set())


def test_stamp_does_not_survive_a_move(
        venv: Path, script: SimpleNamespace, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    script.state.write_stamp(set())
    for name in ('setup.py', 'scripts', 'requirements'):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.setattr(script.state, 'ROOT', tmp_path)
    assert not script.state.is_done(set())
