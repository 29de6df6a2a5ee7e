"""The head: soft-argmax, flip test and losses, by hand."""

import math

import numpy as np
import pytest
import torch
from dense_heatmaps import dense_heatmaps
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import nn

from posefix_mm.codecs import SoftArgmaxIntegral
from posefix_mm.models import PoseFixHead

WIDTH, HEIGHT = 6, 8  # of the heatmaps; the input is 4 times as large
CODEC = SoftArgmaxIntegral((24, 32), (WIDTH, HEIGHT))


def make_head(num_keypoints=2, **kwargs):
    """Build a head that hands on its features as logits."""
    head = MODELS.build(
        dict(
            type='PoseFixHead',
            in_channels=num_keypoints,
            out_channels=num_keypoints,
            deconv_out_channels=None,
            decoder=dict(
                type='SoftArgmaxIntegral',
                input_size=(4 * WIDTH, 4 * HEIGHT),
                heatmap_size=(WIDTH, HEIGHT)),
            **kwargs))
    with torch.no_grad():
        head.final_layer.weight.copy_(
            torch.eye(num_keypoints)[..., None, None])
        head.final_layer.bias.zero_()
    return head


def make_sample(keypoints, visible=None):
    """Make a data sample with the labels of one pose, in input pixels."""
    encoded = CODEC.encode(
        np.array([keypoints], np.float32),
        None if visible is None else np.array([visible], np.float32))
    sample = PoseDataSample(
        metainfo=dict(input_size=CODEC.input_size, flip_indices=[1, 0]))
    sample.gt_instance_labels = InstanceData(
        **{key: torch.from_numpy(value)
           for key, value in encoded.items()})
    return sample


def logits_at(keypoints):
    """Make maps whose softmax has its expectation at input pixels."""
    maps = dense_heatmaps(
        CODEC, CODEC.encode(np.array([keypoints], np.float32)))
    return torch.from_numpy(maps + 1e-30).log()


@pytest.mark.parametrize(('x', 'y'), [(0, 0), (3, 2), (5, 7), (0, 7)])
def test_one_hot_map_gives_its_position(x, y):
    logits = torch.full((1, 1, HEIGHT, WIDTH), -1e4)
    logits[0, 0, y, x] = 1e4
    coords, log_probs = PoseFixHead.soft_argmax(logits)
    assert coords.tolist() == [[[x, y]]]
    assert log_probs[0, 0, y, x] == 0


@pytest.mark.parametrize('level', [-1e5, 0., 1e5])
def test_uniform_map_gives_the_centre(level):
    logits = torch.full((2, 3, HEIGHT, WIDTH), level)
    coords, log_probs = PoseFixHead.soft_argmax(logits)
    torch.testing.assert_close(
        coords, torch.tensor([2.5, 3.5]).expand(2, 3, 2))
    torch.testing.assert_close(
        log_probs, torch.full_like(log_probs, -math.log(WIDTH * HEIGHT)))


def test_log_probs_are_normalised():
    logits = torch.randn(2, 3, HEIGHT, WIDTH) * 10
    _, log_probs = PoseFixHead.soft_argmax(logits)
    torch.testing.assert_close(log_probs.exp().sum((2, 3)), torch.ones(2, 3))


def test_prediction_without_flip_test():
    keypoints = [[5., 9.], [14., 22.]]
    pred, = make_head().predict((logits_at(keypoints), ),
                                [make_sample(keypoints)], {})
    np.testing.assert_allclose(pred.keypoints, [keypoints], atol=1e-4)
    # the peaks: (3/4) * (3/4) and (1/2) * (1/2)
    np.testing.assert_allclose(pred.keypoint_scores, [[.5625, .25]], 1e-5)


def test_perfect_mirror_changes_nothing_in_the_flip_test():
    keypoints = np.array([[5., 9.], [14., 22.]], np.float32)
    mirrored = keypoints[::-1].copy()
    mirrored[:, 0] = 4 * WIDTH - 1 - mirrored[:, 0]
    feats = [(logits_at(keypoints), ), (logits_at(mirrored), )]
    pred, = make_head().predict(feats, [make_sample(keypoints)],
                                dict(flip_test=True))
    np.testing.assert_allclose(pred.keypoints, keypoints[None], atol=1e-4)


def test_flip_test_averages_coordinates_not_maps():
    keypoints = [[4., 8.], [12., 16.]]
    other = [[23 - 16., 20.], [23 - 6., 10.]]  # twins, in the mirror
    feats = [(logits_at(keypoints), ), (logits_at(other), )]
    (pred, ), (fields, ) = make_head().predict(
        feats, [make_sample(keypoints)],
        dict(flip_test=True, output_heatmaps=True))
    np.testing.assert_allclose(
        pred.keypoints, [[[5., 9.], [14., 18.]]], atol=1e-4)
    assert fields.heatmaps.shape == (2, HEIGHT, WIDTH)


UNIFORM = math.log(WIDTH * HEIGHT)


POINTS = [[9.25, 13.5], [14., 20.75]]  # far from the border


def predict(maps, maps_flip=None, **kwargs):
    """Predict one pose from maps of probabilities, in input pixels."""
    feats = [(torch.log(m + 1e-12), ) for m in (maps, maps_flip)
             if m is not None]
    head = make_head(**kwargs)
    flip = maps_flip is not None
    with torch.no_grad():
        return head.predict(feats if flip else feats[0], [make_sample(POINTS)],
                            dict(flip_test=flip))[0].keypoints[0]


def test_local_decoding_ignores_a_second_mode():
    maps = logits_at(POINTS).exp()
    maps[..., 0, 0] += .25  # a fifth of the mass in the corner
    np.testing.assert_allclose(
        predict(maps, decode_radius=2), POINTS, atol=1e-4)
    away = np.abs(predict(maps) - POINTS)
    np.testing.assert_allclose(away, np.array(POINTS) / 5, rtol=1e-3)


def test_local_decoding_averages_within_its_radius():
    maps = torch.zeros(1, 2, HEIGHT, WIDTH)
    maps[..., 3, 1:3] = .3
    maps[..., 3, 4] = .4  # higher, but two together weigh more
    np.testing.assert_allclose(
        predict(maps, decode_radius=1), [[6, 12]] * 2, atol=1e-4)
    np.testing.assert_allclose(
        predict(maps, decode_radius=5), [[10, 12]] * 2, atol=1e-4)


def test_local_decoding_of_a_perfect_mirror_changes_nothing():
    """Sub-pixel: w - 1 - x is no whole number of columns away."""
    width = 4 * WIDTH
    mirrored = [[width - 1 - x, y] for x, y in reversed(POINTS)]
    found = predict(
        logits_at(POINTS).exp(),
        logits_at(mirrored).exp(),
        decode_radius=2)
    np.testing.assert_allclose(found, POINTS, atol=1e-4)


@pytest.mark.parametrize('radius', [0, -1])
def test_too_small_a_radius_is_refused(radius):
    with pytest.raises(ValueError, match=f'at least 1, or None, got {radius}'):
        make_head(decode_radius=radius)


def test_local_decoding_seeks_one_mode_in_both_images():
    """The mirror image is sure of another place than the image."""
    width = 4 * WIDTH
    other = [[17., 25.], [5., 6.]]
    mirrored = [[width - 1 - x, y] for x, y in reversed(other)]
    maps = .4 * logits_at(POINTS).exp() + .6 * logits_at(other).exp()
    found = predict(maps, logits_at(mirrored).exp(), decode_radius=1)
    np.testing.assert_allclose(found, other, atol=.05)


@pytest.mark.parametrize(('kwargs', 'visible', 'heatmap', 'coord'), [
    (dict(), None, UNIFORM, 1.),
    (dict(loss_normalization='paper'), None, UNIFORM, 2.),
    (dict(), [1., 0.], UNIFORM / 2, .75),
    (dict(loss_normalization='paper'), [1., 0.], UNIFORM / 2, 1.5),
    (dict(), [0., 0.], 0., 0.),
    (dict(heatmap_loss_weight=3., coord_loss_weight=.5), None, 3 * UNIFORM,
     .5),
])
def test_losses_of_uniform_maps(kwargs, visible, heatmap, coord):
    # off by |dx| = 1, |dy| = 2 and by |dx| = .5, |dy| = .5, in heatmap pixels
    sample = make_sample([[6., 6.], [12., 12.]], visible)
    losses = make_head(**kwargs).loss(
        (torch.zeros(1, 2, HEIGHT, WIDTH), ), [sample])
    assert losses['loss_heatmap'].item() == pytest.approx(heatmap)
    assert losses['loss_coord'].item() == pytest.approx(coord)


def test_heatmap_loss_is_a_cross_entropy():
    torch.manual_seed(0)
    logits = torch.randn(2, 2, HEIGHT, WIDTH)
    samples = [
        make_sample([[5., 9.], [14., 22.]]),
        make_sample([[23., 1.], [8., 8.]])
    ]
    target = torch.cat([
        torch.from_numpy(
            dense_heatmaps(CODEC, {
                key: value.numpy()
                for key, value in s.gt_instance_labels.items()
            })) for s in samples
    ])
    expected = nn.functional.cross_entropy(
        logits.reshape(4, -1), target.reshape(4, -1))
    losses = make_head().loss((logits, ), samples)
    torch.testing.assert_close(losses['loss_heatmap'], expected)


def test_accuracy_counts_annotated_keypoints():
    keypoints = [[4., 8.], [12., 16.]]
    right = make_head().loss((logits_at(keypoints), ),
                             [make_sample(keypoints)])
    half = make_head().loss((logits_at([[4., 8.], [20., 30.]]), ),
                            [make_sample(keypoints)])
    absent = make_head().loss((logits_at([[4., 8.], [20., 30.]]), ),
                              [make_sample(keypoints, [1., 0.])])
    assert [x['acc_pose'].item() for x in (right, half, absent)] == [1, .5, 1]


def test_absent_keypoints_get_no_gradient():
    logits = torch.zeros(1, 2, HEIGHT, WIDTH, requires_grad=True)
    losses = make_head().loss((logits, ),
                              [make_sample([[5., 9.], [14., 22.]], [1., 0.])])
    (losses['loss_heatmap'] + losses['loss_coord']).backward()
    assert logits.grad[0, 0].any()
    assert not logits.grad[0, 1].any()


def test_unknown_normalization_is_refused():
    with pytest.raises(
            ValueError, match="one of .'release', 'paper'.*'sum'"):
        make_head(loss_normalization='sum')


def test_autocast_leaves_softmax_and_losses_in_float32():
    head = MODELS.build(
        dict(
            type='PoseFixHead',
            in_channels=4,
            out_channels=2,
            deconv_out_channels=(8, ),
            deconv_kernel_sizes=(4, )))
    feats = (torch.randn(1, 4, HEIGHT // 2, WIDTH // 2), )
    sample = make_sample([[5., 9.], [14., 22.]])
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert head.deconv_layers(feats[0]).dtype == torch.bfloat16
        outputs = head(feats)
        losses = head.loss(feats, [sample])
    assert all(x.dtype == torch.float32 for x in (*outputs, *losses.values()))
    total = outputs[1].exp().sum((2, 3))
    torch.testing.assert_close(total, torch.ones(1, 2))  # to float32's digits


def test_initialisation_is_the_releases():
    torch.manual_seed(0)
    head = MODELS.build(
        dict(type='PoseFixHead', in_channels=64, out_channels=17))
    head.init_weights()
    assert head.final_layer.weight.std().item() == pytest.approx(
        .088, rel=.02)  # He: 256 inputs
    assert not head.final_layer.bias.any()
    deconvs = [
        m for m in head.modules() if isinstance(m, nn.ConvTranspose2d)
    ]
    assert [d.out_channels for d in deconvs] == [256, 256, 256]
    for deconv in deconvs:
        # a normal distribution that is cut at two standard deviations has
        # .8796 of its own
        assert deconv.weight.std().item() == pytest.approx(.008796, rel=.01)
        assert .0199 < deconv.weight.abs().max().item() <= .02


def test_head_uses_one_level_and_the_given_epsilon():
    head = make_head(in_index=0)
    feats = (torch.randn(1, 2, HEIGHT, WIDTH), torch.zeros(1, 9, 1, 1))
    torch.testing.assert_close(
        head(feats)[0], PoseFixHead.soft_argmax(feats[0])[0])
    for kwargs, expected in ((dict(), (1e-9, .01)),
                             (dict(norm_eps=1e-5, norm_momentum=.1),
                              (1e-5, .1))):
        head = MODELS.build(
            dict(type='PoseFixHead', in_channels=4, out_channels=2, **kwargs))
        norms = [m for m in head.modules() if isinstance(m, nn.BatchNorm2d)]
        assert {(norm.eps, norm.momentum) for norm in norms} == {expected}


def test_local_decoding_keeps_its_digits_under_autocast():
    """A coordinate of 5 digits does not fit into bfloat16."""
    torch.manual_seed(0)
    head = make_head(decode_radius=2).eval()
    feats = (torch.randn(1, 2, HEIGHT, WIDTH).bfloat16().float() * 4, )
    maps = head.compute_maps(feats).bfloat16()
    exact = head.locate(maps.float()).coords
    with torch.autocast('cpu', dtype=torch.bfloat16):
        coords = head.locate(maps).coords
    assert coords.dtype == torch.float32
    torch.testing.assert_close(coords, exact, rtol=0, atol=1e-5)
