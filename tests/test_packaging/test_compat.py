"""Version checks at import, and what torch.load lets through."""

import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer
from mmengine.registry import MODELS as ROOT_MODELS
from mmengine.runner import Runner, load_checkpoint
from mmpose.registry import KEYPOINT_CODECS

from posefix_mm import _compat

HERE = Path(__file__).parent
needs_check = pytest.mark.skipif(
    _compat._parse_version(torch.__version__) < (2, 6, 0),
    reason='this torch loads everything by default')


# ------------------------------------------------------------------ versions
def fake_module(name: str, **values: Any) -> ModuleType:
    """Make an empty module with some attributes."""
    module = ModuleType(name)
    vars(module).update(values)
    return module


def test_installed_stack_is_accepted() -> None:
    assert [_compat._find_problem(r) for r in _compat.REQUIREMENTS] == [
        None] * len(_compat.REQUIREMENTS)
    _compat.check_versions()


@pytest.mark.parametrize(('version', 'supported'), [
    ('2.0.0', False),
    ('2.0.1', True),
    ('2.1.0', True),
    ('2.2.0', True),
    ('2.3.0', False),
    ('2.3.0rc1', False),
    ('1.7.2', False),
    ('unknown', False),
])
def test_mmcv_range(version: str, supported: bool) -> None:
    mmcv = next(r for r in _compat.REQUIREMENTS if r.name == 'mmcv')
    assert _compat._is_supported(version, mmcv) is supported


@pytest.mark.parametrize(('version', 'expected'), [
    ('2.13.0+cpu', (2, 13, 0)),
    ('0.10.7', (0, 10, 7)),
    ('2.0', (2, 0, 0)),
    ('2.0.0rc4', (2, 0, 0)),
])
def test_parse_version(version: str, expected: tuple) -> None:
    assert _compat._parse_version(version) == expected


@pytest.mark.parametrize(('name', 'version'), [
    ('torch', '1.13.1'),
    ('mmengine', '0.9.1'),
    ('mmcv', '1.7.2'),
    ('mmpose', '0.29.0'),
])
def test_unsupported_version(name: str, version: str,
                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name,
                        fake_module(name, __version__=version))
    expected = (f'needs {name}>=.*, but found {name} {version}. '
                f'To fix it: pip install .*{name}')
    with pytest.raises(ImportError, match=expected):
        _compat.check_versions()


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = _compat.Requirement('no_such_package', '1.0', '2.0',
                                  'pip install no_such_package')
    monkeypatch.setattr(_compat, 'REQUIREMENTS', (missing, ))
    expected = ('needs no_such_package>=1.0,<2.0, but no_such_package is not '
                'installed. To fix it: pip install no_such_package')
    with pytest.raises(ImportError, match=expected):
        _compat.check_versions()


def test_message_of_failing_import_is_passed_on(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'picky_mm.py').write_text(
        "raise AssertionError('MMCV==9 is used but incompatible')")
    monkeypatch.syspath_prepend(tmp_path)
    picky = _compat.Requirement('picky_mm', '1.0', None, 'pip install x')
    assert _compat._find_problem(picky) == (
        'importing picky_mm failed: MMCV==9 is used but incompatible')


def test_xtcocotools_of_another_numpy(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / 'xtcocotools'
    package.mkdir()
    (package / '__init__.py').touch()
    (package / 'mask.py').write_text(
        "raise ValueError('numpy.dtype size changed, may indicate...')")
    for name in [n for n in sys.modules if n.startswith('xtcocotools')]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match=(
            'xtcocotools that is installed does not fit NumPy '
            r'.*numpy.dtype size changed.*To fix it: pip uninstall')) as found:
        _compat.check_versions()
    assert '\n' not in str(found.value)


# --------------------------------------------------------------- checkpoints
@pytest.fixture(autouse=True)
def allowed() -> None:
    """Allow what a checkpoint needs, as importing posefix_mm does."""
    _compat.allow_mmengine_checkpoints()


def save_and_load(content: Any, path: Path) -> Any:
    """Write with torch.save, read with torch.load's own defaults."""
    torch.save(content, path)
    return torch.load(path)


def test_history_buffer_round_trip(tmp_path: Path) -> None:
    loaded = save_and_load(
        HistoryBuffer([1.0, 3.0], [1, 1]), tmp_path / 'history.pth')
    assert loaded.mean() == 2.0
    assert loaded.statistics('max') == 3.0


@pytest.mark.parametrize('value', [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.array([True, False]),
    np.array(['nose', 'left_eye']),
    np.array(b'raw'),
    np.float32(0.5),
    np.int64(7),
    np.uint8(255),
    np.bool_(True),
])
def test_numpy_round_trip(value: Any, tmp_path: Path) -> None:
    loaded = save_and_load(value, tmp_path / 'value.pth')
    assert loaded.dtype == value.dtype
    np.testing.assert_array_equal(loaded, value)


class CreatesFile:
    """Creates a file when unpickled by a loader that runs anything."""

    def __init__(self, function: Callable, *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> tuple:
        return self.call


@needs_check
@pytest.mark.parametrize('name', ['open', 'eval', 'os.system', 'getattr'])
def test_malicious_checkpoint_is_refused(name: str, tmp_path: Path) -> None:
    import os

    victim = tmp_path / 'created'
    calls = {
        'open': (open, str(victim), 'w'),
        'eval': (eval, f'open({str(victim)!r}, "w")'),
        'os.system': (os.system, f'touch {victim}'),
        'getattr': (getattr, HistoryBuffer, '__init__'),
    }
    checkpoint = tmp_path / 'bad.pth'
    torch.save({
        'state_dict': {},
        'x': CreatesFile(*calls[name])
    }, checkpoint)
    model = torch.nn.Linear(1, 1)
    # ValueError: our stand-in for getattr; else torch's own refusal.
    with pytest.raises((pickle.UnpicklingError, ValueError)):
        load_checkpoint(model, str(checkpoint))
    assert not victim.exists()


@needs_check
def test_refused_file_would_have_acted(tmp_path: Path) -> None:
    """The test above tests something: the same file acts if unchecked."""
    victim = tmp_path / 'created'
    checkpoint = tmp_path / 'bad.pth'
    torch.save(CreatesFile(open, str(victim), 'w'), checkpoint)
    torch.load(checkpoint, weights_only=False).close()
    assert victim.exists()


@pytest.mark.parametrize(('owner', 'name'), [
    (HistoryBuffer, '__init__'),
    (HistoryBuffer, 'register_statistics'),
    (HistoryBuffer, '__class__'),
    (np.ndarray, 'mean'),
    (torch, 'load'),
])
def test_history_method_refuses(owner: Any, name: str) -> None:
    with pytest.raises(ValueError, match='may only look up the statistics'):
        _compat._history_method(owner, name)


def test_runner_resumes_and_loads(tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    """Two epochs, then a third from the checkpoint, with the log kept."""
    monkeypatch.syspath_prepend(HERE)
    config = Config.fromfile(HERE / 'toy_config.py')
    config.work_dir = str(tmp_path)
    config.experiment_name = 'toy_first'
    Runner.from_cfg(config).train()

    config.resume = True
    config.train_cfg.max_epochs = 3
    config.experiment_name = 'toy_second'
    resumed = Runner.from_cfg(config)
    resumed.train()

    assert resumed.epoch == 3
    assert len(resumed.message_hub.get_scalar('train/loss').data[0]) == 6
    assert (tmp_path / 'epoch_3.pth').is_file()


# ----------------------------------------------------------------- launchers
@pytest.mark.parametrize('available', [False, True])
def test_cuda_device_is_chosen_where_there_is_one(
        available: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    monkeypatch.setattr(torch.cuda, 'set_device', chosen.append)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: available)
    _compat.launch_without_cuda()
    torch.cuda.set_device(3)
    assert chosen == [3] * available


# ----------------------------------------------------------- posefix_mm::...
def test_scope_falls_through_to_mmpose() -> None:
    """As needed for what a runner builds from an inherited config."""
    _compat.register_config_package()
    _compat.register_config_package()  # a second time changes nothing
    loss = ROOT_MODELS.build(
        dict(type='KeypointMSELoss', loss_weight=3.0, _scope_='posefix_mm'))
    assert type(loss).__module__ == 'mmpose.models.losses.heatmap_loss'
    assert loss.loss_weight == 3.0
    codec = KEYPOINT_CODECS.build(
        dict(
            type='MSRAHeatmap',
            input_size=(192, 256),
            heatmap_size=(48, 64),
            sigma=2,
            _scope_='posefix_mm'))
    assert type(codec).__module__ == 'mmpose.codecs.msra_heatmap'
