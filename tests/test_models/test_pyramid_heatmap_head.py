"""A stock heatmap head on a level of a feature pyramid."""

import pytest
import torch
from mmpose.registry import MODELS

pytestmark = pytest.mark.usefixtures('mmpose_scope')


@pytest.mark.parametrize('index', [0, 1, 2])
def test_head_reads_the_level_it_is_told(index):
    config = dict(
        in_channels=4, out_channels=2, deconv_out_channels=(3, ),
        deconv_kernel_sizes=(4, ))
    head = MODELS.build(
        dict(type='PyramidHeatmapHead', in_index=index, **config)).eval()
    stock = MODELS.build(dict(type='HeatmapHead', **config)).eval()
    stock.load_state_dict(head.state_dict())
    feats = [torch.randn(1, 4, 8 >> i, 6 >> i) for i in range(3)]
    with torch.no_grad():
        maps = head(feats)
        assert maps.shape[-2:] == (2 * (8 >> index), 2 * (6 >> index))
        assert torch.equal(maps, stock((feats[index], )))


def test_the_finest_level_is_the_default():
    head = MODELS.build(
        dict(
            type='PyramidHeatmapHead',
            in_channels=4,
            out_channels=2,
            deconv_out_channels=None))
    maps = head([torch.zeros(1, 4, 8, 6), torch.zeros(1, 4, 4, 3)])
    assert maps.shape == (1, 2, 8, 6)
