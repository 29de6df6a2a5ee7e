"""More input channels for any backbone, and weights made without them."""

import copy
import pickle

import pytest
import torch
from mmengine.runner import load_checkpoint
from mmengine.runner.checkpoint import load_state_dict
from mmpose.registry import MODELS
from torch import nn

from posefix_mm.models.fusion import add_input_channels, find_input_conv

EXTRA = 5


def hrnet_stages(module, **kwargs):
    """Return four tiny stages for HRNet and HRFormer."""
    channels, stages = (4, 8, 16, 32), {}
    for number in range(1, 5):
        stages[f'stage{number}'] = dict(
            num_modules=1,
            num_branches=number,
            block='BOTTLENECK' if number == 1 else module,
            num_blocks=(1, ) * number,
            num_channels=(16, ) if number == 1 else channels[:number],
            **({} if number == 1 else {
                key: value[:number]
                for key, value in kwargs.items()
            }))
    return stages


LITE_STAGES = dict(
    num_stages=1,
    stages_spec=dict(
        num_modules=(1, ),
        num_branches=(2, ),
        num_blocks=(1, ),
        module_type=('LITE', ),
        with_fuse=(True, ),
        reduce_ratios=(8, ),
        num_channels=((8, 16), )))
BACKBONES = {
    'ResNet': dict(depth=18),
    'ResNetV1d': dict(depth=18),
    'ResNeXt': dict(depth=50),
    'SCNet': dict(depth=50),
    'HRNet': dict(extra=hrnet_stages('BASIC')),
    'HRFormer': dict(
        extra=dict(
            drop_path_rate=0.,
            with_rpe=True,
            **hrnet_stages(
                'HRFORMERBLOCK',
                window_sizes=(7, ) * 4,
                num_heads=(1, ) * 4,
                mlp_ratios=(2, ) * 4))),
    'LiteHRNet': dict(
        extra=dict(
            stem=dict(stem_channels=8, out_channels=8, expand_ratio=1),
            with_head=False,
            **LITE_STAGES)),
    'MobileNetV2': dict(widen_factor=.25),
    'MobileNetV3': dict(arch='small'),
    'ShuffleNetV2': dict(widen_factor=.5),
    'CSPNeXt': dict(arch='P5', deepen_factor=.17, widen_factor=.125),
    'SwinTransformer': dict(
        embed_dims=8, depths=(1, ) * 4, num_heads=(1, ) * 4),
    'PyramidVisionTransformer': dict(
        embed_dims=8, num_layers=(1, ) * 4, num_heads=(1, ) * 4),
    'HourglassNet': dict(
        downsample_times=1,
        num_stacks=1,
        stage_channels=(256, 16),
        stage_blocks=(1, 1),
        feat_channel=256),
    'MSPN': dict(num_stages=1, num_units=2, num_blocks=(1, 1)),
    'RSN': dict(num_stages=1, num_units=2, num_blocks=(1, 1), num_steps=2),
    'VGG': dict(depth=11),
}


def build(name):
    torch.manual_seed(0)
    backbone = MODELS.build(dict(type=name, **BACKBONES[name]))
    backbone.eval()  # some of mmpose's return nothing
    return backbone


def flatten(outputs):
    """List the tensors in whatever nest a backbone returns."""
    if isinstance(outputs, torch.Tensor):
        return [outputs]
    return [tensor for part in outputs for tensor in flatten(part)]


def relative_change(first, second):
    return ((first - second).norm() / first.norm()).item()


@pytest.mark.parametrize('name', BACKBONES)
def test_empty_pose_channels_change_nothing(name):
    backbone = build(name)
    size = 128 if name == 'SCNet' else 64
    image, poses = torch.randn(1, 3 + EXTRA, size, size).split((3, EXTRA), 1)
    with torch.no_grad():
        before = flatten(backbone(image))
        add_input_channels(backbone, EXTRA)
        after = flatten(backbone(torch.cat((image, 0 * poses), 1)))
        full = flatten(backbone(torch.cat((image, poses), 1)))
    for first, second in zip(before, after, strict=True):
        assert relative_change(first, second) < 1e-4
    assert relative_change(full[-1], after[-1]) > 1e-2


@pytest.mark.parametrize('name', ['ResNet', 'HRNet', 'SwinTransformer'])
@pytest.mark.parametrize('how', ['torch', 'mmengine', 'file'])
def test_weights_for_images_load_into_the_image_channels(name, how, tmp_path):
    weights = {
        key: torch.randn_like(value) if value.is_floating_point() else value
        for key, value in build(name).state_dict().items()
    }
    untouched = {key: value.clone() for key, value in weights.items()}
    backbone = build(name)
    conv = find_input_conv(backbone)
    add_input_channels(backbone, EXTRA)
    extra = conv.weight[:, 3:].detach().clone()
    if how == 'torch':
        backbone.load_state_dict(weights)
    elif how == 'mmengine':
        load_state_dict(backbone, weights, strict=True)
    else:
        torch.save(dict(state_dict=weights), tmp_path / 'weights.pth')
        load_checkpoint(
            backbone, str(tmp_path / 'weights.pth'), strict=True)
    key = next(k for k, m in backbone.named_modules() if m is conv)
    torch.testing.assert_close(conv.weight[:, :3], weights[f'{key}.weight'])
    torch.testing.assert_close(conv.weight[:, 3:], extra)
    # what was loaded is still fit for an image alone
    torch.testing.assert_close(weights, untouched)


def test_weights_for_images_and_poses_load_entirely():
    first, second = build('ResNet'), build('ResNet')
    for backbone in (first, second):
        add_input_channels(backbone, EXTRA)
    with torch.no_grad():
        first.conv1.weight.normal_()
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.conv1.weight, second.conv1.weight)


def test_other_numbers_of_channels_are_an_error():
    backbone = build('ResNet')
    weights = backbone.state_dict()
    add_input_channels(backbone, EXTRA)
    weights['conv1.weight'] = torch.zeros(64, 4, 7, 7)
    with pytest.raises(RuntimeError, match='size mismatch for conv1.weight'):
        backbone.load_state_dict(weights)


def test_a_copy_keeps_its_own_pose_channels():
    """Weights are averaged in a copy, which must not read the original."""
    weights = build('ResNet').state_dict()
    backbone = build('ResNet')
    add_input_channels(backbone, EXTRA)
    other = copy.deepcopy(backbone)
    with torch.no_grad():
        other.conv1.weight.fill_(7)
    other.load_state_dict(weights)
    assert (other.conv1.weight[:, 3:] == 7).all()
    assert torch.equal(other.conv1.weight[:, :3], weights['conv1.weight'])


def test_model_can_be_pickled():
    backbone = nn.Sequential(nn.Conv2d(3, 4, 3))
    add_input_channels(backbone, EXTRA)
    other = pickle.loads(pickle.dumps(backbone))
    other.load_state_dict({
        '0.weight': torch.ones(4, 3, 3, 3),
        '0.bias': torch.zeros(4)
    })
    assert (other[0].weight[:, :3] == 1).all()
    assert torch.equal(other[0].weight[:, 3:], backbone[0].weight[:, 3:])


def test_extra_channels_are_initialised_like_a_new_layer():
    torch.manual_seed(0)
    backbone = nn.Sequential(nn.Conv2d(3, 64, 7))
    add_input_channels(backbone, 17)
    extra = backbone[0].weight[:, 3:]
    # He: the variance is 2 / (inputs * kernel area), 3 + 17 inputs
    assert extra.std().item() == pytest.approx(.0452, rel=.02)
    assert backbone[0].weight.requires_grad


def test_grouped_convolution_is_refused():
    backbone = nn.Sequential(nn.Conv2d(3, 6, 3, groups=3))
    with pytest.raises(ValueError, match='grouped convolution.*groups=3'):
        add_input_channels(backbone, EXTRA)


def test_backbone_without_such_a_convolution_is_refused():
    backbone = nn.Sequential(nn.Conv2d(1, 6, 3))
    with pytest.raises(
            ValueError, match='Sequential has no convolution with 3 input'):
        add_input_channels(backbone, EXTRA)
