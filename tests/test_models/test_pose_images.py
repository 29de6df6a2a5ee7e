"""BUCTD's pictures of a pose against what its release drew."""

import zlib

import buctd_recordings as buctd
import numpy as np
import pytest
import torch

from posefix_mm.models.pose_maps import (
    ColorPoseImage,
    GreyPoseImage,
    StackedPoseMaps,
    joint_colors,
)

CASES = buctd.read('condition.json.gz')['cases']
LAYERS = {
    'colour': ColorPoseImage(),
    'grey': GreyPoseImage(channels=3),
    'stacked': StackedPoseMaps(),
}


def show(layer, pose, hw=(64, 48), visible=None):
    pose = torch.tensor(pose)[None]
    visible = torch.ones(pose.shape[:2]) if visible is None else visible
    return layer(pose, visible, *hw)[0].numpy()


@pytest.mark.parametrize('case', CASES, ids=lambda case: case['name'])
@pytest.mark.parametrize('kind', LAYERS)
def test_pictures_are_the_releases(case, kind):
    """To the last grey level, and all but the last digit between them."""
    recorded = case[kind]
    pose = torch.tensor(case['pose'])[None]
    drawn = LAYERS[kind].render(
        pose, torch.ones(pose.shape[:2]), *case['hw'])[0].numpy()
    assert list(drawn.shape) == recorded['shape']
    np.testing.assert_allclose(
        drawn.max((1, 2)), recorded['max'], rtol=0, atol=1e-3)
    np.testing.assert_allclose(drawn.sum((1, 2)), recorded['sum'], rtol=1e-7)
    assert [int((c > .5).sum()) for c in drawn] == recorded['above_half']
    rounded = np.rint(drawn).astype(np.uint8)
    assert zlib.crc32(rounded.tobytes()) == recorded['crc32_rounded']
    rows, cols = np.array(case['positions_row_col']).T
    found = {
        'values': drawn[:, rows, cols],
        'values_channel0': drawn[0, rows, cols],
        'channel_sum_at_positions': drawn[:, rows, cols].sum(0)
    }
    compared = found.keys() & recorded.keys()
    assert compared
    for name in compared:
        np.testing.assert_allclose(
            found[name], recorded[name], rtol=1e-6, atol=1e-6)


def test_colours_of_other_skeletons_are_a_rainbow():
    for number, colors in buctd.read('condition.json.gz')['rainbow'].items():
        np.testing.assert_array_equal(joint_colors(int(number)), colors)


@pytest.mark.parametrize('layer', LAYERS.values(), ids=LAYERS)
def test_absent_joints_are_not_drawn_whatever_they_hold(layer):
    pose = [[20., 30.], [float('nan'), 7.], [30., 12.]]
    alone = show(layer, [pose[0], [0., 0.], [0., 0.]])
    drawn = show(layer, pose, visible=torch.tensor([[2., 0., 0.]]))
    assert alone.max() == 255 and alone.dtype == np.float32
    np.testing.assert_array_equal(drawn, alone)
    assert not show(layer, pose, visible=torch.zeros(1, 3)).any()


@pytest.mark.parametrize('layer', LAYERS.values(), ids=LAYERS)
def test_less_weight_is_less_ink(layer):
    """For joints that are shown by half, beside others."""
    pose = torch.tensor([[[10., 10.], [30., 50.]]])
    full, half = (
        layer.render(pose, torch.tensor([[1., w]]), 64, 48) for w in (1., .5))
    ratio = half[..., 49, 29].sum() / full[..., 49, 29].sum()
    # the grey picture is truncated
    assert ratio == pytest.approx(.5, abs=1 / 255)
    np.testing.assert_array_equal(half[..., :20, :], full[..., :20, :])


@pytest.mark.parametrize(('layer', 'number'), [
    (ColorPoseImage(), 3), (GreyPoseImage(), 1),
    (GreyPoseImage(channels=3), 3), (StackedPoseMaps(), 5)])
def test_number_of_channels(layer, number):
    assert layer.num_channels(5) == number
    assert show(layer, [[9., 9.]] * 5).shape == (number, 64, 48)


def test_amplitude_and_colours_are_the_configs():
    layer = ColorPoseImage(amplitude=1., colors=[[0, 10, 20]])
    drawn = show(layer, [[9.9, 5.]])
    np.testing.assert_allclose(drawn[:, 4, 8], [0, .5, 1])
