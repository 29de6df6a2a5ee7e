"""MoveNet's network, by its facts."""
import torch
from torch import nn

from posefix_mm.models import MoveNetBackbone, MoveNetNeck
from posefix_mm.models.backbones import SameConv2d
from posefix_mm.models.fusion import add_input_channels


def test_thunder_has_the_published_shapes():
    backbone, neck = MoveNetBackbone(), MoveNetNeck()
    assert backbone.level_channels == (40, 56, 112, 1280)
    with torch.no_grad():
        feats = backbone(torch.zeros(1, 3, 64, 96))
        merged, coarsest = neck(feats)
    assert [tuple(f.shape[1:]) for f in feats] == [
        (40, 16, 24), (56, 8, 12), (112, 4, 6), (1280, 2, 3)]
    assert merged.shape == (1, 96, 16, 24)
    assert coarsest is feats[3]
    # 6.226 M numbers with the other heads; the heatmap's last layer is apart
    numbers = sum(p.numel() for m in (backbone, neck) for p in m.parameters())
    assert numbers + 96 * 17 + 17 == 6211505


def test_stride_2_pads_at_the_end_alone():
    conv = SameConv2d(1, 1, 3, 2, bias=False)
    nn.init.ones_(conv.weight)
    image = torch.arange(16.).view(1, 1, 4, 4)
    expected = [[0 + 1 + 2 + 4 + 5 + 6 + 8 + 9 + 10, 2 + 3 + 6 + 7 + 10 + 11],
                [8 + 9 + 10 + 12 + 13 + 14, 10 + 11 + 14 + 15]]
    assert conv(image)[0, 0].tolist() == expected


def test_the_pose_changes_nothing_before_it_is_trained():
    torch.manual_seed(0)
    backbone = MoveNetBackbone(width=.35)
    image = torch.randn(1, 3, 32, 32)
    before = backbone(image)
    add_input_channels(backbone, 5)
    after = backbone(torch.cat((image, torch.randn(1, 5, 32, 32)), 1))
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other)


def test_frozen_layers_get_no_gradients():
    torch.manual_seed(0)
    backbone = MoveNetBackbone(width=.35, frozen_stem=True)
    add_input_channels(backbone, 5)
    backbone(torch.randn(1, 8, 32, 32))[0].sum().backward()
    assert backbone.stem.weight.grad is None
    assert backbone.blocks[2].project.weight.grad is None
    assert backbone.extra[-1].weight.grad.abs().sum() > 0
