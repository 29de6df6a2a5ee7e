"""Same weights, same input: the numbers that BUCTD's release computed."""

import buctd_recordings as buctd
import numpy as np
import pytest
import torch
from mmpose.codecs import MSRAHeatmap
from mmpose.registry import MODELS

from posefix_mm.release import convert_buctd, describe_buctd

pytestmark = pytest.mark.usefixtures('mmpose_scope')

QUICK = [
    'prenet_w32_coco_colour_256x192', 'coam_w32_coco_colour_256x192',
    'coam_w32_coco_grey_256x192', 'coam_w32_coco_colour_channel_only_256x192'
]
SLOW = [
    'prenet_w48_coco_colour_384x288', 'coam_w48_coco_colour_384x288',
    'coam_w48_coco_stacked_384x288', 'coam_w48_crowdpose_colour_384x288',
    'coam_w48_crowdpose_stacked_384x288', 'prenet_w32_coco_colour_384x288',
    'coam_w32_coco_colour_384x288'
]


def build(name):
    """Build the network that the shapes of a checkpoint tell of."""
    record = buctd.read('network.json.gz')['models'][name]
    weights = buctd.weights(name)
    height, width = record['input_hw']
    network = describe_buctd(weights)
    if network.input_size is None:
        network = network._replace(input_size=(width, height))
    assert network.input_size == (width, height)
    model = MODELS.build(
        dict(
            network.model(),
            test_cfg=dict(
                flip_test=True, flip_mode='heatmap', shift_heatmap=True,
                output_heatmaps=True))).eval()
    model.load_state_dict(convert_buctd(weights, model.state_dict()))
    return model, record


@pytest.fixture(scope='module', params=[
    *QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def run(request):
    model, record = build(request.param)
    with torch.no_grad():
        images = buctd.images(record['input_hw'])
        inputs = model.add_maps(images, *buctd.poses(record))
        maps = model(inputs)
    return model, record, inputs, maps


def compare(found, recorded, scale):
    """Within a thousandth of the maps' spread; measured: a hundredth of it."""
    name, = (n for n in recorded if n.startswith('samples'))
    count = int(name.removeprefix('samples') or 8)
    error = np.abs(buctd.sampled(found, count) - np.array(recorded[name]))
    assert error.max() < 1e-3 * scale


def test_number_of_parameters(run):
    model, record, _, _ = run
    total = sum(p.numel() for p in model.parameters())
    assert total == record['parameters']


def test_maps_are_the_releases(run):
    _, record, _, maps = run
    recorded = record['output']
    scale = np.mean(recorded['std'])
    compare(maps, recorded, scale)
    peaks = maps.flatten(2).max(-1)
    np.testing.assert_allclose(
        peaks.values, recorded['max'], rtol=1e-3, atol=1e-3 * scale)
    np.testing.assert_allclose(
        maps.mean((2, 3)), recorded['mean'], rtol=1e-3, atol=1e-3 * scale)
    np.testing.assert_allclose(
        maps.std((2, 3), correction=0), recorded['std'], rtol=1e-3)
    width = maps.shape[-1]
    places = np.stack((peaks.indices % width, peaks.indices // width), -1)
    np.testing.assert_array_equal(places, recorded['argmax_xy'])


def test_condition_is_the_releases(run):
    _, record, inputs, _ = run
    recorded = record['condition_image']
    condition = inputs[:, 3:]
    if record['condition'] == 'grey':  # theirs is repeated
        condition = condition.expand(-1, 3, -1, -1)
    assert list(condition.shape) == recorded['shape']
    compare(condition, recorded, 1.)
    np.testing.assert_allclose(
        condition.mean((1, 2, 3)), recorded['mean'], rtol=1e-5)


def test_pose_matters_as_in_the_release(run):
    """Maps without a pose, and with another person's."""
    model, record, inputs, _ = run
    for name, pose in (('zero_condition', torch.zeros_like(inputs[:, 3:])),
                       ('conditions_swapped', inputs[:, 3:].flip(0))):
        with torch.no_grad():
            maps = model(torch.cat((inputs[:, :3], pose), 1))
        compare(maps, record['sensitivity'][name],
                np.mean(record['output']['std']))


def test_flip_test_draws_the_mirrored_pose(run):
    model, record, inputs, _ = run
    recorded = record['flip_test']
    twins = buctd.flip_indices(record['joints'])
    mirrored = model.flip(inputs, twins, *buctd.poses(record))
    condition = mirrored[:, 3:]
    if record['condition'] == 'grey':
        pytest.skip('a defect of the release: it draws a coloured pose here')
    np.testing.assert_allclose(
        condition.mean((1, 2, 3)), recorded['flipped_condition']['mean'],
        rtol=1e-5)
    with torch.no_grad():
        samples = model.predict(inputs, buctd.samples(record))
    maps = torch.stack([s.pred_fields.heatmaps for s in samples])
    compare(maps, recorded, np.mean(record['output']['std']))
    np.testing.assert_allclose(
        maps.flatten(2).amax(-1), recorded['max'], rtol=1e-3, atol=1e-2)


def test_loss_is_half_of_mmposes(run):
    _, record, _, maps = run
    recorded = record['loss']
    height, width = record['input_hw']
    codec = MSRAHeatmap((width, height), tuple(record['map_hw'][::-1]),
                        sigma=recorded['sigma'])
    encoded = [
        codec.encode(np.array([pose]), np.array([visible], np.float32))
        for pose, visible in zip(
            recorded['joints_input_px'], recorded['visible'], strict=True)
    ]
    targets, weights = (
        torch.from_numpy(np.stack([np.squeeze(e[key]) for e in encoded]))
        for key in ('heatmaps', 'keypoint_weights'))
    np.testing.assert_allclose(
        targets.sum((2, 3)) * weights,
        np.array(recorded['target_sum']) * recorded['target_weight'],
        rtol=1e-5)
    loss = MODELS.build(
        dict(type='KeypointMSELoss', use_target_weight=True, loss_weight=.5))
    assert loss(maps, targets, weights).item() == pytest.approx(
        recorded['loss'], rel=1e-4)
