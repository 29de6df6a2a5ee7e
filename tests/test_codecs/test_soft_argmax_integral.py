"""The codec: bilinear targets, coordinates and back."""

import numpy as np
import pytest
import torch
from dense_heatmaps import dense_heatmaps
from mmpose.registry import KEYPOINT_CODECS

WIDTH, HEIGHT = 6, 8  # of the heatmaps; the input is 4 times as large


@pytest.fixture
def codec():
    return KEYPOINT_CODECS.build(
        dict(
            type='SoftArgmaxIntegral',
            input_size=(4 * WIDTH, 4 * HEIGHT),
            heatmap_size=(WIDTH, HEIGHT)))


def encode_one(codec, x, y, visible=1.):
    """Encode one keypoint; drop the axes of instances and keypoints."""
    encoded = codec.encode(
        np.array([[[x, y]]], np.float32), np.array([[visible]], np.float32))
    return {key: value[0, 0] for key, value in encoded.items()}


@pytest.mark.parametrize(('x', 'y', 'expected'), [
    (6., 9., {(1, 2): .375, (2, 2): .375, (1, 3): .125, (2, 3): .125}),
    (4., 8., {(1, 2): 1.}),
    (0., 0., {(0, 0): 1.}),
    (7., 8., {(1, 2): .25, (2, 2): .75}),
    # right of the last column: what would lie beyond is shared by the rest
    (23., 10., {(5, 2): .5, (5, 3): .5}),
    (5., 31., {(1, 7): .75, (2, 7): .25}),
    (23., 31., {(5, 7): 1.}),
])
def test_mass_by_hand(codec, x, y, expected):
    encoded = encode_one(codec, x, y)
    maps = dense_heatmaps(
        codec, {k: v[None, None] for k, v in encoded.items()})
    dense = np.zeros((HEIGHT, WIDTH), np.float32)
    for (column, row), mass in expected.items():
        dense[row, column] = mass
    np.testing.assert_allclose(maps[0, 0], dense, atol=1e-6)
    assert encoded['keypoint_weights'] == 1
    np.testing.assert_allclose(encoded['keypoint_labels'], [x / 4, y / 4])


@pytest.mark.parametrize(('x', 'y', 'visible'), [
    (-.01, 5., 1.),
    (5., -3., 1.),
    (24., 5., 1.),
    (5., 32., 1.),
    (1e30, 5., 1.),
    (np.nan, 5., 1.),
    (5., np.inf, 1.),
    (np.nan, np.nan, 0.),
    (5., 5., 0.),
])
def test_absent_keypoints_have_neither_weight_nor_mass(codec, x, y, visible):
    encoded = encode_one(codec, x, y, visible)
    assert encoded['keypoint_weights'] == 0
    assert not encoded['heatmap_probs'].any()
    # they are used as an index and in a subtraction all the same
    assert ((encoded['heatmap_indices'] >= 0) &
            (encoded['heatmap_indices'] < WIDTH * HEIGHT)).all()
    assert np.isfinite(encoded['keypoint_labels']).all()


def test_coco_visibility_of_2_counts_once(codec):
    one, two = (encode_one(codec, 6., 9., v) for v in (1., 2.))
    np.testing.assert_equal(one, two)


def test_all_keypoints_are_annotated_by_default(codec):
    encoded = codec.encode(np.full((1, 3, 2), 5., np.float32))
    np.testing.assert_equal(encoded['keypoint_weights'], np.ones((1, 3)))


def test_shapes_and_types(codec):
    encoded = codec.encode(np.full((2, 5, 2), 5., np.float32))
    assert {k: (v.shape, v.dtype.name) for k, v in encoded.items()} == dict(
        keypoint_labels=((2, 5, 2), 'float32'),
        keypoint_weights=((2, 5), 'float32'),
        heatmap_indices=((2, 5, 4), 'int64'),
        heatmap_probs=((2, 5, 4), 'float32'))
    assert codec.label_mapping_table == {key: key for key in encoded}


def test_expectation_of_the_mass_is_the_position(codec):
    rng = np.random.default_rng(0)
    limits = [4 * (WIDTH - 1), 4 * (HEIGHT - 1)]
    keypoints = rng.uniform(0, limits, (3, 50, 2)).astype(np.float32)
    maps = dense_heatmaps(codec, codec.encode(keypoints))
    np.testing.assert_allclose(maps.sum((2, 3)), 1, atol=1e-6)
    expectation = np.stack((maps.sum(2) @ np.arange(WIDTH),
                            maps.sum(3) @ np.arange(HEIGHT)), -1)
    decoded, _ = codec.decode(expectation.astype(np.float32))
    np.testing.assert_allclose(decoded, keypoints, atol=1e-4)


def test_decode_inverts_encode(codec):
    keypoints = np.random.default_rng(1).uniform(0, 24, (2, 9, 2))
    labels = codec.encode(keypoints)['keypoint_labels']
    decoded, scores = codec.decode(labels)
    np.testing.assert_allclose(decoded, keypoints, atol=1e-4)
    np.testing.assert_equal(scores, np.ones((2, 9)))


def test_scale_may_differ_by_axis():
    codec = KEYPOINT_CODECS.build(
        dict(
            type='SoftArgmaxIntegral',
            input_size=(20, 30),
            heatmap_size=(10, 10)))
    encoded = codec.encode(np.array([[[6., 6.]]]))
    np.testing.assert_allclose(encoded['keypoint_labels'], [[[3., 2.]]])
    assert 23 in encoded['heatmap_indices']


def test_batch_decode_equals_decode(codec):
    rng = np.random.default_rng(2)
    coords = rng.uniform(0, 6, (4, 5, 2)).astype(np.float32)
    scores = rng.random((4, 5)).astype(np.float32)
    keypoints, found = codec.batch_decode(
        torch.from_numpy(coords).requires_grad_(), torch.from_numpy(scores))
    assert codec.support_batch_decoding
    for i in range(4):
        expected = codec.decode(coords[i:i + 1], scores[i:i + 1])
        np.testing.assert_equal((keypoints[i], found[i]), expected)
