"""Configs and weights by file, by package and by name."""

from pathlib import Path

import pytest
from mmengine.config import Config, ConfigDict

from posefix_mm.chain import find_model, read_config

TOY = 'posefix_mm::_base_/detectors/rtmdet_toy_person.py'


def test_a_name_brings_its_weights() -> None:
    files = find_model('rtmpose-m_8xb256-420e_coco-256x192', scope='mmpose')
    assert files.config.model.type == 'TopdownPoseEstimator'
    assert files.checkpoint.startswith('https://')
    assert 'rtmpose-m_simcc' in files.checkpoint


def test_an_alias(tmp_path: Path) -> None:
    """Weights that are named win over the published ones."""
    (tmp_path / 'mine.pth').touch()
    files = find_model('human', str(tmp_path / 'mine.pth'), scope='mmpose')
    assert files.config.model.head.type == 'RTMCCHead'
    assert files.checkpoint == str(tmp_path / 'mine.pth')


def test_a_config_of_a_package_has_no_weights() -> None:
    pytest.importorskip('mmdet')
    files = find_model(TOY, scope='mmdet')
    assert files.config.model.bbox_head.num_classes == 1
    assert files.checkpoint is None
    assert files.name == TOY


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / 'a.py').write_text("model = dict(type='A')")
    assert read_config(tmp_path / 'a.py').model.type == 'A'


@pytest.mark.parametrize('kind', [dict, ConfigDict, Config])
def test_a_config_is_copied(kind: type) -> None:
    given = kind(dict(model=dict(type='A')))
    found = find_model(given, scope='mmpose').config
    found.model.type = 'B'
    assert given['model']['type'] == 'A'


@pytest.mark.parametrize(('name', 'message'), [
    ('no/such.py', 'no/such.py does not exist'),
    ('mmpose::no/such.py', 'there is no config mmpose::no/such.py'),
    ('nobody::a.py', 'there is no config nobody::a.py'),
    ('no-such-model', "'mmpose::path/in/its/configs.py', or a name"),
])
def test_no_such_config(name: str, message: str) -> None:
    with pytest.raises(FileNotFoundError, match=message):
        find_model(name, scope='mmpose')


def test_no_such_weights() -> None:
    with pytest.raises(FileNotFoundError, match='checkpoint x.pth does not'):
        find_model(Config(), 'x.pth', scope='mmpose')
