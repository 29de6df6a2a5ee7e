"""Weights that do not fit are refused; nothing in a file is run."""

import pickle
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from posefix_mm.chain import (
    ModelFiles,
    find_model,
    load_detector,
    load_estimator,
    load_weights,
)

ESTIMATOR = (
    'posefix_mm::body_2d_keypoint/rtmpose/demo/'
    'rtmpose_tiny_1xb32-14e_demo-64x48.py')


def load(model: nn.Module, content: object, path: Path) -> dict:
    torch.save(content, path)
    return load_weights(model, ModelFiles(None, str(path), 'the model'))


@pytest.mark.parametrize('wrap', [
    lambda state: dict(state_dict=state, meta=dict(epoch=3)),
    lambda state: {f'module.{k}': v for k, v in state.items()},
    lambda state: dict(state, extra=torch.zeros(1)),
])
def test_loads(tmp_path: Path, wrap) -> None:
    state = dict(weight=torch.tensor([[2.]]), bias=torch.tensor([3.]))
    model = nn.Linear(1, 1)
    meta = load(model, wrap(state), tmp_path / 'a.pth')
    assert model(torch.ones(1)).item() == 5
    assert meta.get('epoch') in (3, None)


@pytest.mark.parametrize(('content', 'message'), [
    (dict(state_dict=dict(weight=torch.ones(1, 1))),
     'the model: 1 are missing, such as bias'),
    (dict(weight=torch.ones(2, 1), bias=torch.ones(2)), 'size mismatch'),
    ([1], 'does not hold weights of the model'),
])
def test_other_weights_are_refused(tmp_path: Path, content: object,
                                   message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(nn.Linear(1, 1), content, tmp_path / 'a.pth')


class Attack:
    """Would write a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path, )


def test_code_in_a_checkpoint_does_not_run(tmp_path: Path) -> None:
    (tmp_path / 'bad.pth').write_bytes(
        pickle.dumps(dict(state_dict=Attack(tmp_path / 'hacked'))))
    with pytest.raises(ValueError, match='bad.pth does not hold weights'):
        load_weights(
            nn.Linear(1, 1),
            ModelFiles(None, str(tmp_path / 'bad.pth'), 'the model'))
    assert not (tmp_path / 'hacked').exists()


def test_mmdet_is_named_where_it_is_missing(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, 'mmdet.apis', None)
    with pytest.raises(ImportError, match='needs mmdet, which is not inst'):
        load_detector(ModelFiles(None, None, 'the model'))


def test_skeleton_comes_from_the_checkpoint_if_it_has_one(
        tmp_path: Path) -> None:
    """As in mmpose's init_model."""
    model = load_estimator(find_model(ESTIMATOR, scope='mmpose'))
    assert model.dataset_meta['dataset_name'] == 'coco'
    meta = dict(dataset_meta=dict(model.dataset_meta, dataset_name='mine'))
    torch.save(dict(state_dict=model.state_dict(), meta=meta),
               tmp_path / 'a.pth')
    loaded = load_estimator(
        find_model(ESTIMATOR, str(tmp_path / 'a.pth'), scope='mmpose'))
    assert loaded.dataset_meta['dataset_name'] == 'mine'
