"""Same weights, same input: the numbers that the release computed."""

import json
from pathlib import Path

import numpy as np
import pytest
import release_recordings as release
import torch
from mmpose.registry import MODELS

from posefix_mm.codecs import SoftArgmaxIntegral
from posefix_mm.release import convert_variables

CONFIG = (
    Path(__file__).parents[2] / 'configs/body_2d_keypoint/posefix/coco' /
    'posefix_res50_4xb32-140e_coco-256x192.py')


def recording(name):
    """Return one part of what was recorded."""
    return json.loads((release.OFFICIAL / 'network.json').read_text())[name]


def build(depth, hw=(256, 192), sigma=7.):
    """Build a refiner as configs/_base_/models/posefix_res50.py does."""
    height, width = hw
    return MODELS.build(
        dict(
            type='PoseRefiner',
            num_keypoints=17,
            pose_sigma=sigma,
            backbone=dict(
                type='ResNet', depth=depth, norm_cfg=dict(type='BN',
                                                          eps=1e-9)),
            head=dict(
                type='PoseFixHead',
                in_channels=2048,
                out_channels=17,
                decoder=dict(
                    type='SoftArgmaxIntegral',
                    input_size=(width, height),
                    heatmap_size=(width // 4, height // 4))))).eval()


def build_released(record):
    """Build the network of a recording, with its weights."""
    model = build(record['depth'], record['input_hw'], record['input_sigma'])
    variables = release.make_variables(record['depth'])
    model.load_state_dict(
        convert_variables(variables, model.state_dict()), strict=False)
    return model


def refine(record):
    """Return coordinates in input pixels, (B, 17, 2)."""
    model = build_released(record)
    with torch.no_grad():
        coords, _ = model(
            release.recorded_images(record), release.recorded_samples(record))
    return coords.numpy() * 4


@pytest.mark.parametrize('name', [
    'resnet50_256x192',
    pytest.param('resnet101_384x288', marks=pytest.mark.slow),
    pytest.param('resnet152_384x288', marks=pytest.mark.slow),
])
def test_coordinates_are_the_releases(name):
    record = recording(name)
    error = np.abs(refine(record) - np.array(record['coords'])).max()
    assert error < 0.01


def test_losses_are_the_releases():
    record = recording('losses_resnet50_256x192')
    codec = SoftArgmaxIntegral((192, 256), (48, 64))
    samples = release.recorded_samples(record)
    targets = zip(
        samples, record['target'], record['target_valid'], strict=True)
    for sample, target, valid in targets:
        encoded = codec.encode(
            np.array([target], np.float32), np.array([valid], np.float32))
        for key in codec.label_mapping_table:
            sample.gt_instance_labels.set_field(
                torch.from_numpy(encoded[key]), key)
    # recorded while training: batch norms use the statistics of the batch
    model = build_released(record).train()
    with torch.no_grad():
        losses = model(release.recorded_images(record), samples, mode='loss')
    found = [losses['loss_heatmap'].item(), losses['loss_coord'].item()]
    assert found == pytest.approx([record['loss_h'], record['loss_c']],
                                  rel=1e-4)


def test_whole_test_pipeline(tmp_path):
    """Filter, crop, network, flip test, mapping back and NMS as released.

    11 poses come in, 9 pass the filter and 8 the NMS; those that the filter
    holds back come out as they were.
    """
    from posefix_mm.apis import refine_results
    model = build(50)
    weights = convert_variables(
        release.make_variables(50), model.state_dict())
    torch.save(dict(state_dict=weights, meta={}), tmp_path / 'release.pth')
    folder = release.OFFICIAL
    summary = refine_results(
        CONFIG,
        str(tmp_path / 'release.pth'),
        folder / 'input_results.json',
        folder,
        tmp_path / 'refined.json',
        ann=folder / 'images.json',
        num_workers=0,
        progress=False)
    assert (summary.total, summary.refined, summary.dropped) == (11, 9, 1)
    assert list(summary.unrefined) == [7, 10]

    given, output, expected = (
        json.loads(path.read_text())
        for path in (folder / 'input_results.json', tmp_path / 'refined.json',
                     folder / 'expected_results.json'))
    refined = [record for record in output if record not in given]
    assert len(refined) == len(expected) == 8
    found = {(r['image_id'], r['score']): keypoints(r) for r in refined}
    for record in expected:
        np.testing.assert_allclose(
            found[record['image_id'], record['score']],
            keypoints(record),
            atol=0.05)


def keypoints(record):
    """Coordinates of a record, (K, 2)."""
    return np.array(record['keypoints']).reshape(-1, 3)[:, :2]
