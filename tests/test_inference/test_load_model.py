"""Refiners are found by name or file, with their weights."""

import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from peaked_refiner import DEMO, POSEFIX

from posefix_mm.inference.predictor import (
    DEFAULT_REFINER,
    build_test_dataset,
    find_refiner,
    load_refiner,
    load_refiner_config,
    package_root,
)

SMALL = POSEFIX / f'photos/{DEFAULT_REFINER}.py'


def same(one, other) -> bool:
    return Path(one).resolve() == Path(other).resolve()


@pytest.mark.parametrize('config', [None, DEFAULT_REFINER, SMALL, str(SMALL)])
def test_with_the_weights_beside_it(config) -> None:
    files = find_refiner(config)
    assert same(files.config, SMALL)
    assert same(files.checkpoint, SMALL.with_suffix('.pth'))
    assert isinstance(files.checkpoint, str)


@pytest.mark.parametrize('config', [DEMO.stem, DEMO, None])
def test_with_other_weights(config, tmp_path) -> None:
    (tmp_path / 'w.pth').touch()
    files = find_refiner(config, tmp_path / 'w.pth')
    assert same(files.config, SMALL if config is None else DEMO)
    assert files.checkpoint == str(tmp_path / 'w.pth')


def test_weights_on_the_web_are_not_looked_for() -> None:
    url = 'https://example.com/w.pth'
    assert find_refiner(DEMO, url).checkpoint == url


def test_config_objects() -> None:
    cfg = Config(dict(a=1))
    assert find_refiner(cfg) == (cfg, None)
    assert find_refiner(cfg).config is cfg
    with pytest.raises(FileNotFoundError, match='checkpoint gone.pth does'):
        find_refiner(cfg, 'gone.pth')


@pytest.mark.parametrize(('config', 'checkpoint', 'match'), [
    ('gone.py', None, 'the config gone.py does not exist'),
    ('gone/posefix.py', 'w.pth', 'the config gone/posefix.py does not exist'),
    ('posefix', None, 'posefix is neither a config file nor one of the'),
    (f'x/{DEFAULT_REFINER}', None, 'is neither a config file nor one of'),
    (DEMO.stem, None, f'no weights come with {DEMO.stem}; name a checkpoint'),
    (DEMO, 'gone.pth', 'the checkpoint gone.pth does not exist'),
    (None, 'gone.pth', 'the checkpoint gone.pth does not exist'),
])
def test_not_found(config, checkpoint, match) -> None:
    with pytest.raises(FileNotFoundError, match=match):
        find_refiner(config, checkpoint)


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    with pytest.raises(FileNotFoundError, match=DEFAULT_REFINER) as caught:
        find_refiner('posefixx')
    names = re.findall(r'[\w.-]+_[\w.-]+x\d+', str(caught.value))
    assert len(names) > 20
    assert all((package_root() / 'configs').rglob(f'{n}.py') for n in names)


def test_config_is_copied() -> None:
    cfg = Config.fromfile(
        POSEFIX / 'lspet/posefix_lite0_1xb32-20e_lspet-128x96.py')
    before = cfg.pretty_text
    changed = load_refiner_config(
        cfg, pretrained=False, cfg_options={'model.head.decode_radius': 5})
    assert changed.model.head.decode_radius == 5
    assert changed.model.backbone.packaged_weights is False
    assert cfg.pretty_text == before
    assert load_refiner_config(cfg).model.backbone.packaged_weights is True


@pytest.mark.parametrize('change', [
    {'test_dataloader.dataset.type': 'CocoDataset'}, None])
def test_config_of_something_else(change) -> None:
    cfg = Config(dict(model=dict(type='A'))) if change is None else DEMO
    with pytest.raises(ValueError, match="config is not a refiner's"):
        load_refiner_config(cfg, cfg_options=change)


def test_data_set_is_built_without_its_files() -> None:
    dataset = build_test_dataset(load_refiner_config(DEMO))
    assert dataset.metainfo['num_keypoints'] == 17
    assert not dataset._fully_initialized


def test_weights(peaked) -> None:
    model = load_refiner(peaked.cfg, peaked.weights, 'cpu')
    state = torch.load(peaked.weights, weights_only=True)['state_dict']
    assert not model.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_pickles_do_not_run(peaked, tmp_path) -> None:
    """A checkpoint is data, or it is refused."""

    class Evil:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / 'executed', )

    state = torch.load(peaked.weights, weights_only=True)['state_dict']
    torch.save(dict(state_dict=state, meta=Evil()), tmp_path / 'w.pth')
    with pytest.raises(ValueError, match='does not hold weights of the'):
        load_refiner(peaked.cfg, tmp_path / 'w.pth', 'cpu')
    assert not (tmp_path / 'executed').exists()
    torch.load(tmp_path / 'w.pth', weights_only=False)
    assert (tmp_path / 'executed').exists()


@pytest.mark.parametrize('device', ['nowhere', 'cuda:99', 'cpu:x'])
def test_devices(peaked, device) -> None:
    with pytest.raises(ValueError, match=f"cannot use device '{device}'"):
        load_refiner(peaked.cfg, peaked.weights, device)


def test_missing_weights(peaked) -> None:
    with pytest.raises(FileNotFoundError, match='checkpoint gone.pth does'):
        load_refiner(peaked.cfg, 'gone.pth', 'cpu')
