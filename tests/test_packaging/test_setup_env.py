"""The set-up script: what it refuses, how it fails, what it hands on."""

import os
import runpy
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
    assert 'compiling: 0 s, file 3 of 97\n' in capsys.readouterr().out


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
    monkeypatch.setenv('PIP_CONFIG_FILE', str(config))
    monkeypatch.setenv('PIP_FIND_LINKS', '/d')
    monkeypatch.setenv('PYTHONPATH', '/elsewhere')
    monkeypatch.delenv('UV_FIND_LINKS', raising=False)
    monkeypatch.delenv('UV_DEFAULT_INDEX', raising=False)
    found = script.child_environment()
    assert found['UV_DEFAULT_INDEX'] == 'file:///a/simple'
    assert {'/b', '/c', '/d'} <= {*found['UV_FIND_LINKS'].split(',')}
    assert 'PYTHONPATH' not in found


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
