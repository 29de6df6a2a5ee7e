"""Same weights, same input: the numbers that the release computed."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from posefix_mm.codecs import SoftArgmaxIntegral


def load_neighbour(name):
    """Import a file beside this one, which is in no package."""
    path = Path(__file__).with_name(f'{name}.py')
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


release = load_neighbour('release_weights')
CONFIG = (
    Path(__file__).parents[2] / 'configs/body_2d_keypoint/posefix/coco' /
    'posefix_res50_4xb32-140e_coco-256x192.py')
MEAN = np.array([123.68, 116.78, 103.94], np.float32)


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
        release.convert_variables(variables, model.state_dict()), strict=False)
    return model


def recorded_images(record):
    """Return the images of a recording, (B, 3, h, w)."""
    image = np.random.RandomState(7).randint(
        0, 256, (2, *record['input_hw'], 3)).astype(np.float32) - MEAN
    return torch.from_numpy(image.transpose(0, 3, 1, 2).copy())


def recorded_samples(record):
    """Return data samples with the input poses of a recording."""
    samples = []
    for pose in np.array(record['input_pose'], np.float32):
        sample = PoseDataSample()
        sample.gt_instance_labels = InstanceData(
            input_pose=torch.from_numpy(pose)[None],
            input_pose_visible=torch.ones(1, 17))
        samples.append(sample)
    return samples


def refine(record):
    """Return coordinates in input pixels, (B, 17, 2)."""
    model = build_released(record)
    with torch.no_grad():
        coords, _ = model(recorded_images(record), recorded_samples(record))
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
    samples = recorded_samples(record)
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
        losses = model(recorded_images(record), samples, mode='loss')
    found = [losses['loss_heatmap'].item(), losses['loss_coord'].item()]
    assert found == pytest.approx([record['loss_h'], record['loss_c']],
                                  rel=1e-4)


def test_every_variable_of_every_depth_has_a_place():
    for depth in (50, 101, 152):
        with torch.device('meta'):
            state = build(depth).state_dict()
        shapes = json.loads(
            release.gzip.decompress(
                (release.OFFICIAL / 'variables.json.gz').read_bytes()))
        # the shapes matter here, not the numbers
        variables = {
            name: np.broadcast_to(np.float32(0), shape)
            for name, shape in shapes[f'resnet{depth}']
        }
        assert set(release.convert_variables(variables, state)) == {
            key for key in state if not key.endswith('num_batches_tracked')
        }


@pytest.mark.parametrize(('change', 'message'), [
    (lambda v: v.update(stray=np.zeros(3)), r"unmapped: \['stray'\]"),
    (lambda v: v.pop('out/biases'), r"missing: \['head.final_layer.bias'\]"),
    (lambda v: v.update({'out/biases': np.zeros(3)}),
     r"misshapen: \['out/biases \(3,\) for head.final_layer.bias \(17,\)'\]"),
])
def test_conversion_names_what_does_not_fit(change, message):
    state = {
        'head.final_layer.weight': torch.zeros(17, 256, 1, 1),
        'head.final_layer.bias': torch.zeros(17)
    }
    variables = {
        'out/weights': np.zeros((1, 1, 256, 17), np.float32),
        'out/biases': np.zeros(17, np.float32)
    }
    change(variables)
    with pytest.raises(ValueError, match=message):
        release.convert_variables(variables, state)


def test_deconvolution_is_the_gradient_of_a_strided_convolution():
    """TensorFlow defines ``conv2d_transpose`` so; with a 4x4 kernel, stride
    2 and 'SAME', the convolution pads one pixel on each side."""
    rng = torch.Generator().manual_seed(0)
    kernel = torch.randn(4, 4, 3, 5, generator=rng)  # [kh, kw, out, in]
    maps = torch.randn(1, 5, 6, 4, generator=rng)
    image = torch.zeros(1, 3, 12, 8, requires_grad=True)
    conv = torch.nn.functional.conv2d(
        image, kernel.permute(3, 2, 0, 1), stride=2, padding=1)
    expected, = torch.autograd.grad(conv, image, maps)
    weight = release._to_torch_layout('up1/weights', kernel.numpy())
    found = torch.nn.functional.conv_transpose2d(
        maps, weight, stride=2, padding=1)
    torch.testing.assert_close(found, expected)


def test_whole_test_pipeline(tmp_path):
    """Filter, crop, network, flip test, mapping back and NMS as released.

    11 poses come in, 9 pass the filter and 8 the NMS; those that the filter
    holds back come out as they were.
    """
    from posefix_mm.apis import refine_results
    model = build(50)
    weights = release.convert_variables(
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
