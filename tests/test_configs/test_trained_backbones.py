"""Refiners start from checkpoints of mmpose's estimators."""

from pathlib import Path

import mmpose
import pytest
import torch
from mmengine.config import Config
from mmpose.registry import MODELS

pytestmark = pytest.mark.usefixtures('mmpose_scope')

FOLDER = (
    Path(__file__).resolve().parents[2] / 'configs/body_2d_keypoint/posefix' /
    'coco')
THEIRS = (
    Path(mmpose.__file__).parent /
    '.mim/configs/body_2d_keypoint/topdown_heatmap/coco')
# our backbone, and the config of the estimator that it starts from
STARTS = {
    'hrnet-w32': 'td-hm_hrnet-w32_8xb64-210e_coco-256x192',
    'hrnet-w48': 'td-hm_hrnet-w48_8xb32-210e_coco-256x192',
    'vitpose-s': 'td-hm_ViTPose-small_8xb64-210e_coco-256x192',
    'vitpose-b': 'td-hm_ViTPose-base_8xb64-210e_coco-256x192',
    'cspnext-m': 'cspnext-m_udp_8xb256-210e_aic-coco-256x192',
}
LARGE = ('hrnet-w48', 'vitpose-b')


def load(name):
    return Config.fromfile(
        FOLDER / f'posefix_{name}_4xb32-140e_coco-256x192.py').model


@pytest.mark.parametrize('name', STARTS)
def test_checkpoint_is_one_that_mmpose_lists(name):
    url = load(name).backbone.init_cfg.checkpoint
    listed = ''.join(path.read_text() for path in THEIRS.glob('*.yml'))
    config, _, weights = listed.partition(f'Weights: {url}')
    assert weights
    # of the entry that ends with it
    assert config.rpartition('- Config: ')[2].startswith(
        f'configs/body_2d_keypoint/topdown_heatmap/coco/{STARTS[name]}.py')


@pytest.mark.parametrize('name', [
    pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name
    for name in STARTS
])
def test_image_channels_are_the_checkpoints(name, tmp_path):
    """Every weight of the backbone, of random numbers under their names."""
    model = load(name)
    if model.backbone.type.startswith('mmpretrain.'):
        pytest.importorskip('mmpretrain')
    theirs = Config.fromfile(THEIRS / f'{STARTS[name]}.py').model
    theirs.backbone.init_cfg = None
    if theirs.backbone.get('_scope_') == 'mmdet':
        theirs.backbone.pop('_scope_')  # mmpose has it, too
    rng = torch.Generator().manual_seed(0)
    weights = {
        key: torch.rand(value.shape, generator=rng).to(value.dtype)
        for key, value in MODELS.build(theirs).state_dict().items()
    }
    torch.save(dict(state_dict=weights, meta={}), tmp_path / 'theirs.pth')
    model.backbone.init_cfg.checkpoint = str(tmp_path / 'theirs.pth')
    refiner = MODELS.build(model)
    refiner.init_weights()
    state = refiner.backbone.state_dict()
    assert {f'backbone.{key}' for key in state} == {
        key for key in weights if key.startswith('backbone.')}
    widened = 0
    for key, value in state.items():
        expected = weights[f'backbone.{key}']
        if value.shape != expected.shape:
            assert value.shape[1] == 20  # and maps of 17 keypoints
            value, widened = value[:, :3], widened + 1
        assert torch.equal(value, expected), key
    assert widened == 1
