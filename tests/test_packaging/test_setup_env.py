"""The set-up script: what it refuses, how it fails, what it hands on."""

import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / 'scripts' / 'setup_env.py'


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The script, for an environment in an empty folder."""
    names = runpy.run_path(str(SCRIPT))
    venv = tmp_path / '.venv'
    venv.mkdir()
    for module in {id(f.__globals__): f.__globals__
                   for f in names.values() if hasattr(f, '__globals__')
                   and 'set_up' in f.__globals__}.values():
        module.update(
            VENV=venv, PYTHON=Path(sys.executable), STAMP=venv / 'stamp.json')
    return SimpleNamespace(**names, folder=venv, names=names)


def test_locked_versions_name_no_machine() -> None:
    lock = (ROOT / 'requirements' / 'lock.txt').read_text()
    lines = [line for line in lock.splitlines() if not line.startswith('#')]
    assert all('==' in line for line in lines)
    assert '/' not in lock
    assert '\ntorch==' in lock
    assert 'torchvision' not in lock  # chosen by the build of torch


@pytest.mark.parametrize('version', [(3, 10, 13), (3, 14, 0), (2, 7, 18)])
def test_other_pythons_are_refused(script, monkeypatch, version) -> None:
    monkeypatch.setattr(sys, 'version_info', version)
    with pytest.raises(script.SetupError, match=(
            '3.11, 3.12 or 3.13 is needed, found '
            rf'{version[0]}\.{version[1]}; .*PYTHON=')):
        script.check_interpreter()


@pytest.mark.skipif(not shutil.which('make'), reason='there is no make')
def test_make_keeps_the_python_of_the_environment(tmp_path) -> None:
    """`make setup PYTHON=python3.13; make test` does not start anew."""
    python = tmp_path / '.venv' / 'bin' / 'python'
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    for option, expected in (('OPS=', '.venv/bin/python'),
                             (f'PYTHON={sys.executable}', sys.executable)):
        shown = subprocess.run(
            ['make', '-n', '-C', tmp_path, '-f', ROOT / 'Makefile', 'test',
             option], capture_output=True, text=True, check=True).stdout
        assert f'"{expected}" scripts/setup_env.py' in shown


def test_operators_need_a_compiler(script, monkeypatch) -> None:
    monkeypatch.setenv('CXX', 'no-such-compiler -O2')
    with pytest.raises(script.SetupError, match='apt-get install g'):
        script.check_compiler()


def test_torchvision_goes_with_torch(script, monkeypatch) -> None:
    torch = script.folder / 'lib' / 'python3.11' / 'site-packages' / 'torch'
    torch.mkdir(parents=True)
    version = torch / 'version.py'
    version.write_text("__version__ = '2.13.0+cu130'\ncuda = '13.0'")
    assert script.torchvision_version() == '0.28.0'
    version.write_text("__version__ = '2.13.1+cpu'\ncuda = None")
    monkeypatch.setattr(sys, 'version_info', (3, 11, 7))
    assert script.torchvision_version() == '0.16.2'
    monkeypatch.setattr(sys, 'version_info', (3, 12, 1))
    assert script.torchvision_version() == '0.28.1'


def test_failing_step_names_cause_and_log(script, capsys) -> None:
    code = "print('Error: no space left.\\nsee above'); raise SystemExit(3)"
    with pytest.raises(script.SetupError) as found:
        script.run('installing all', sys.executable, '-c', code)
    log = script.folder / 'setup-logs' / 'installing-all.log'
    assert str(found.value) == (
        f'installing all failed: Error: no space left; see {log}, then run '
        'the same command again')
    assert capsys.readouterr().out == '[setup] installing all\n'


def test_shows_that_it_is_alive(script, capsys) -> None:
    script.run.__globals__['ALIVE_SECONDS'] = .05
    code = "print('[3/97] c++ nms.cpp', flush=True); import time; " \
        'time.sleep(.4)'
    script.run('compiling', sys.executable, '-c', code)
    assert re.search(r'compiling: \d+ s, file 3 of 97\n',
                     capsys.readouterr().out)


def test_broken_off_step_ends_its_children(script, request) -> None:
    mark = script.folder / 'child.pid'
    code = ('import subprocess, sys; p = subprocess.Popen(["sleep", "60"]); '
            f'open({str(mark)!r}, "w").write(str(p.pid)); p.wait()')

    def stop() -> None:
        while not (mark.exists() and mark.read_text()):
            time.sleep(.02)
        os.kill(os.getpid(), signal.SIGINT)

    # in the background of a shell, Ctrl-C would be ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    threading.Thread(target=stop).start()
    with pytest.raises(KeyboardInterrupt):
        script.run('waiting', sys.executable, '-c', code)
    for _ in range(100):
        state = subprocess.run(['ps', '-o', 'stat=', mark.read_text()],
                               capture_output=True, text=True).stdout
        if not state.strip() or state.startswith('Z'):
            break
        time.sleep(.02)
    else:
        pytest.fail('the child still runs')


def test_uv_looks_where_pip_does(script, monkeypatch, tmp_path) -> None:
    config = tmp_path / 'pip.conf'
    config.write_text('[global]\nindex-url = file:///a/simple\n'
                      'find-links = /b\n  /c\n')
    # Debian's own Python has no pip; the environment's has
    monkeypatch.setattr(sys, 'executable', str(tmp_path / 'none'))
    monkeypatch.setenv('PIP_CONFIG_FILE', str(config))
    monkeypatch.setenv('PIP_FIND_LINKS', '/d')
    monkeypatch.setenv('PYTHONPATH', '/elsewhere')
    monkeypatch.delenv('UV_FIND_LINKS', raising=False)
    monkeypatch.delenv('UV_DEFAULT_INDEX', raising=False)
    found = script.child_environment()
    assert found['UV_DEFAULT_INDEX'] == 'file:///a/simple'
    assert {'/b', '/c', '/d'} <= {*found['UV_FIND_LINKS'].split(',')}
    assert 'PYTHONPATH' not in found


def test_home_may_be_read_only(script, monkeypatch, tmp_path) -> None:
    for name in ('XDG_CACHE_HOME', 'UV_CACHE_DIR', 'UV_NO_CACHE'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('HOME', str(tmp_path / 'not' / 'there'))
    assert 'UV_NO_CACHE' not in script.child_environment()
    asked = []  # root may write anywhere

    def access(path, mode) -> bool:
        asked.append((path, mode))
        return False

    monkeypatch.setattr(os, 'access', access)
    assert script.child_environment()['UV_NO_CACHE'] == '1'
    assert asked == [(tmp_path, os.W_OK)]
    monkeypatch.setenv('UV_CACHE_DIR', str(tmp_path))
    assert 'UV_NO_CACHE' not in script.child_environment()


def test_done_is_done(script, monkeypatch) -> None:
    """Without a process; what was installed earlier stays asked for."""
    script.set_up.__globals__['create_venv'] = lambda: None
    asked = []
    script.set_up.__globals__['install'] = lambda *what: asked.append(what)
    script.set_up.__globals__['run'] = lambda *_: None
    script.set_up(['photos'], False)
    script.set_up(['photos'], False)
    script.set_up(['onnx'], False)
    script.set_up([], False)
    assert asked == [(['photos'], False), (['onnx', 'photos'], False)]


def test_earlier_wishes_outlive_a_failure(script) -> None:
    names = script.set_up.__globals__
    asked = []

    def install(*what) -> None:
        asked.append(what)
        if len(asked) == 2:
            raise script.SetupError('no network')

    names.update(install=install, create_venv=lambda: None,
                 has_ops=lambda: True, run=lambda *_: None)
    script.set_up(['photos'], True)
    names['hash_inputs'] = lambda: 'another lock'
    with pytest.raises(script.SetupError):
        script.set_up(['onnx'], False)
    script.set_up([], False)
    assert asked == [(['photos'], True), (['onnx', 'photos'], True),
                     (['photos'], True)]


def test_compiler_is_for_what_is_not_compiled(script, monkeypatch) -> None:
    names = script.set_up.__globals__
    names.update(install=lambda *_: None, create_venv=lambda: None,
                 run=lambda *_: None, has_ops=lambda: False)
    monkeypatch.setenv('CXX', 'no-such-compiler')
    with pytest.raises(script.SetupError, match='no C.. compiler'):
        script.set_up([], True)
    names['has_ops'] = lambda: True
    script.set_up([], True)
    assert script.read_stamp()['ops']


@pytest.mark.parametrize(('ops', 'there', 'steps'), [
    (False, False, ['uv', 'PyTorch', 'rest']),
    (True, True, ['uv', 'PyTorch', 'rest without mmcv-lite']),
    (True, False, ['uv', 'PyTorch', 'rest without mmcv-lite',
                   'no mmcv-lite, no mmcv', 'mmcv']),
])
def test_one_mmcv_at_a_time(script, ops, there, steps) -> None:
    """mmcv and mmcv-lite have the same files: removing one breaks both."""
    names = script.set_up.__globals__
    done = []

    def run(label, *command) -> None:
        text = ' '.join(map(str, command))
        if 'uninstall' in text:
            assert text.endswith('mmcv-lite mmcv')
            done.append('no mmcv-lite, no mmcv')
        elif '--no-binary mmcv' in text:
            done.append('mmcv')
        elif '--editable' in text:
            without = '/ops.txt' in text and ' without mmcv-lite'
            done.append('rest' + (without or ''))
        else:
            done.append(label.removeprefix('installing '))

    names.update(run=run, has_ops=lambda: there, use_stand_ins=lambda: None,
                 torchvision_version=lambda: '0.16.2')
    script.install([], ops)
    assert done == steps


def test_overrides_leave_mmcv_lite_out() -> None:
    folder = ROOT / 'requirements'
    command = [Path(sys.executable).with_name('uv'), 'pip', 'compile', '-',
               '--quiet', '--no-header', '--no-index', '--no-deps',
               '--no-config', '--overrides', folder / 'overrides.txt']
    for overrides, left in ([], 1), (['--overrides', folder / 'ops.txt'], 0):
        result = subprocess.run(
            [*command, *overrides], input='mmcv-lite==2.1.0',
            capture_output=True, text=True)
        assert (result.returncode != 0, result.stdout) == (left, ''), \
            result.stderr  # without an index, what is wanted is not found


def test_stand_ins_are_found_in_any_folder(script, monkeypatch) -> None:
    """Pythons differ in how they decode what is read at their start."""
    root = script.folder / 'Größe & more'
    module = root / 'posefix_mm' / 'stand_ins' / '__init__.py'
    module.parent.mkdir(parents=True)
    module.write_text('def install():\n    print("installed")\n')
    site = script.folder / 'lib' / 'python3.13' / 'site-packages'
    site.mkdir(parents=True)
    script.set_up.__globals__['ROOT'] = root
    script.use_stand_ins()
    [line] = site.glob('*.pth')
    assert line.read_bytes().isascii()
    result = subprocess.run([sys.executable, '-c', line.read_text()],
                            capture_output=True, text=True)
    assert result.stdout == 'installed\n', result.stderr
