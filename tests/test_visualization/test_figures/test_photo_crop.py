"""Cutting people out of photos."""

import numpy as np
import pytest

from posefix_mm.visualization.figures import crop_photo


def test_a_bright_pixel_stays_under_its_point() -> None:
    image = np.zeros((80, 100, 3), np.uint8)
    image[37, 61] = 255
    crop = crop_photo(image, np.array([[50., 30.], [70., 50.]]), pad=0.)
    x, y = crop.transform(np.array([61., 37.]))
    assert crop.scale == 1
    assert crop.image[int(y), int(x)].tolist() == [255] * 3
    assert (x, y) == (19, 15)  # the margin is 8 px at least


def test_shrinking_keeps_pixel_centres() -> None:
    """Of 4 x 4 pixels one is made: its centre is between the middle ones."""
    image = np.zeros((160, 160, 3), np.uint8)
    image[80:84, 40:44] = 200
    crop = crop_photo(image, np.array([[0., 0.], [159., 159.]]), max_side=40)
    assert crop.image.shape == (40, 40, 3)
    np.testing.assert_allclose(
        crop.transform(np.array([41.5, 81.5])), [10, 20])
    assert crop.image[20, 10].tolist() == [200] * 3
    assert crop.image.sum() == 600


def test_never_enlarges() -> None:
    crop = crop_photo(
        np.zeros((50, 50, 3), np.uint8), np.array([[25., 25.]]), max_side=900)
    assert crop.scale == 1
    assert crop.image.shape == (16, 16, 3)


@pytest.mark.parametrize(('point', 'offset'), [
    ((-500., -500.), (0, 0)),
    ((5000., 20.), (84, 12)),
    ((50., 9000.), (42, 64)),
])
def test_points_outside_give_the_nearest_part(point, offset) -> None:
    crop = crop_photo(np.zeros((80, 100, 3), np.uint8), np.array([point]))
    assert crop.image.shape == (16, 16, 3)
    assert crop.offset.tolist() == list(offset)


def test_small_photo_comes_as_a_whole() -> None:
    crop = crop_photo(np.zeros((7, 9, 3), np.uint8), np.array([[4., 3.]]))
    assert crop.image.shape == (7, 9, 3)


@pytest.mark.parametrize(
    ('box', 'shape'),
    [
        # 40 + 2 * 8 = 56 wide, 16 high: grows to 56 / .8 = 70 high
        ([[100., 100.], [140., 100.]], (70, 56, 3)),
        # 16 wide, 56 high: grows to 56 * .8 = 44.8 wide, to whole pixels
        ([[100., 100.], [100., 140.]], (56, 46, 3)),
    ])
def test_grows_to_an_aspect(box, shape) -> None:
    image = np.zeros((200, 200, 3), np.uint8)
    crop = crop_photo(image, np.array(box), pad=0., aspect=.8)
    assert crop.image.shape == shape
