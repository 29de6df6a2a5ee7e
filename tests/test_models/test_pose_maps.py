"""Maps of a pose against the formula, written out."""

import numpy as np
import pytest
import torch

from posefix_mm.models.pose_maps import GaussianPoseMaps, OneHotPoseMaps


def literal_map(x, y, height, width, sigma, amplitude):
    """Compute one map point by point."""
    return torch.tensor(
        [[
            amplitude * np.exp(-((col - x)**2 + (row - y)**2) /
                               (2 * sigma**2)) for col in range(width)
        ] for row in range(height)],
        dtype=torch.float32)


@pytest.mark.parametrize('sigma', [1.5, 7.])
@pytest.mark.parametrize('amplitude', [255., 1.])
def test_maps_are_the_formula(sigma, amplitude):
    points = [[[3., 5.], [2.25, 7.5]], [[-4., 30.], [8.9, .1]]]
    layer = GaussianPoseMaps(sigma, amplitude)
    maps = layer(torch.tensor(points), torch.ones(2, 2), 12, 9)
    assert maps.shape == (2, 2, 12, 9)
    assert maps.dtype == torch.float32
    for pose, of_pose in zip(points, maps, strict=True):
        for (x, y), found in zip(pose, of_pose, strict=True):
            expected = literal_map(x, y, 12, 9, sigma, amplitude)
            torch.testing.assert_close(
                found, expected, rtol=1e-4, atol=1e-5 * amplitude)


def test_default_peak_is_the_range_of_the_image():
    maps = GaussianPoseMaps(7.)(torch.tensor([[[4., 2.]]]), torch.ones(1, 1),
                                8, 8)
    assert maps[0, 0, 2, 4] == maps.max() == 255


@pytest.mark.parametrize('value', [float('nan'), float('inf'), 3.])
def test_absent_keypoint_has_an_empty_map(value):
    pose = torch.tensor([[[value, value], [3., 3.]]])
    maps = GaussianPoseMaps(2.)(pose, torch.tensor([[0., 2.]]), 6, 6)
    assert not maps[0, 0].any()
    assert maps[0, 1, 3, 3] == 255  # however large the visibility


def test_half_precision_input_gives_exact_maps():
    pose = torch.tensor([[[100., 60.]]])
    layer = GaussianPoseMaps(7.)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        maps = layer(pose.bfloat16(), torch.ones(1, 1), 128, 128)
    assert maps.dtype == torch.float32
    torch.testing.assert_close(maps, layer(pose, torch.ones(1, 1), 128, 128))


@pytest.mark.parametrize('sigma', [0., -1., float('nan')])
def test_sigma_must_be_positive(sigma):
    with pytest.raises(ValueError, match='sigma must be positive, got'):
        GaussianPoseMaps(sigma)


def test_print_shows_the_parameters():
    assert repr(GaussianPoseMaps(7.)) == (
        'GaussianPoseMaps(sigma=7.0, amplitude=255.0)')


def test_one_hot_maps():
    """Mass 1 around the keypoint, whose centre it is; none if it is absent."""
    points = torch.tensor([[[3., 5.], [2.25, 7.5], [4., 4.]]])
    visible = torch.tensor([[1., 1., 0.]])
    maps = OneHotPoseMaps(amplitude=1.)(points, visible, 12, 9)[0]
    assert maps[0, 5, 3] == maps[0].sum() == 1
    assert (maps[1] > 0).sum() == 4
    torch.testing.assert_close(maps[1, 7, 2], torch.tensor(.375))
    rows, cols = torch.meshgrid(
        torch.arange(12.), torch.arange(9.), indexing='ij')
    torch.testing.assert_close((maps[1] * cols).sum(), torch.tensor(2.25))
    torch.testing.assert_close((maps[1] * rows).sum(), torch.tensor(7.5))
    assert not maps[2].any()
