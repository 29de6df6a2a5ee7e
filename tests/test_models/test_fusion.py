"""Every way to show the pose, with every way to bring it to a backbone."""

import copy
import pickle

import numpy as np
import pytest
import torch
from mmpose.registry import MODELS

from posefix_mm.export import (
    TOLERANCE,
    ExportableRefiner,
    largest_difference,
    refiner_to_onnx,
)
from posefix_mm.inference.backends import RefinerNetwork
from posefix_mm.models import CoAM

pytestmark = pytest.mark.usefixtures('mmpose_scope')

K, TWINS = 5, [0, 2, 1, 4, 3]
MAPS = {
    'gaussian': dict(type='GaussianPoseMaps', sigma=2., amplitude=1.),
    'one-hot': dict(type='OneHotPoseMaps', amplitude=1.),
    'colour': dict(type='ColorPoseImage', amplitude=1.),
    'grey': dict(type='GreyPoseImage', amplitude=1.),
    'stacked': dict(type='StackedPoseMaps', amplitude=1.)
}
CHANNELS = {'gaussian': K, 'one-hot': K, 'colour': 3, 'grey': 1, 'stacked': K}
FUSIONS = {
    'concatenation': dict(type='Concatenation'),
    'preNet': dict(type='PreNet', mid_channels=4),
    'CoAM': dict(
        type='CoAM',
        after='layer1',
        in_channels=[8],
        map_sizes=[(12, 16)])
}
BACKBONE = dict(
    type='ResNet',
    depth=18,
    stem_channels=8,
    base_channels=8,
    num_stages=2,
    strides=(1, 2),
    dilations=(1, 1),
    out_indices=(1, ))


def build(maps='gaussian', fusion='concatenation', **changes):
    torch.manual_seed(0)
    config = dict(
        type='PoseRefiner',
        data_preprocessor=dict(
            type='PoseDataPreprocessor', mean=[127.5] * 3, std=[127.5] * 3),
        num_keypoints=K,
        pose_maps=MAPS[maps],
        fusion=FUSIONS[fusion] if isinstance(fusion, str) else fusion,
        backbone=BACKBONE,
        head=dict(
            type='PoseFixHead',
            in_channels=16,
            out_channels=K,
            deconv_out_channels=(8, ),
            deconv_kernel_sizes=(4, ),
            decoder=dict(
                type='SoftArgmaxIntegral',
                input_size=(48, 64),
                heatmap_size=(12, 16))))
    config.update(changes)
    model = MODELS.build(config)
    rng = torch.Generator().manual_seed(1)
    for weight in model.parameters():  # nothing may be too small to see
        if weight.ndim > 1:
            weight.data.normal_(
                0, (2 / weight[0].numel())**.5, generator=rng)
    return model.eval()


def batch(seed=0):
    rng = torch.Generator().manual_seed(seed)
    images = torch.randint(
        0, 256, (2, 3, 64, 48), generator=rng, dtype=torch.uint8)
    pose = torch.rand(2, K, 2, generator=rng) * torch.tensor([47., 63.])
    visible = torch.ones(2, K)
    visible[0, 3] = 0
    return images, pose, visible


@pytest.fixture(params=MAPS)
def maps(request):
    return request.param


@pytest.fixture(params=FUSIONS)
def fusion(request):
    return request.param


def test_network_sees_image_and_pose(maps, fusion):
    """Another pose is another result, and so is another image."""
    model = build(maps, fusion)
    images, pose, visible = batch()
    with torch.no_grad():
        before = model.refine(images, pose, visible)[1]
        assert not torch.allclose(model.refine(images, pose + 9, visible)[1],
                                  before)
        assert not torch.allclose(model.refine(255 - images, pose, visible)[1],
                                  before)
    inputs = model.add_maps(model.normalize(images), pose, visible)
    assert inputs.shape == (2, 3 + CHANNELS[maps], 64, 48)
    assert model.pose_channels == CHANNELS[maps]


def test_mirrored_input_shows_the_mirrored_pose(maps):
    """However the maps get there: permuted or drawn anew."""
    model = build(maps)
    images, pose, visible = batch()
    inputs = model.add_maps(model.normalize(images), pose, visible)
    found = model.flip(inputs, TWINS, pose, visible)
    pose = pose[:, TWINS]
    pose[..., 0] = 47 - pose[..., 0]
    if maps == 'stacked':  # drawn to the left of a joint, then mirrored
        pose[..., 0] += 3
    expected = model.add_maps(
        model.normalize(images.flip(-1)), pose, visible[:, TWINS])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_back_ends_refine_as_the_model(maps, fusion):
    """With the flip test, and batch norms folded into convolutions."""
    model = build(maps, fusion)
    images, pose, visible = batch()
    with torch.no_grad():
        expected = model.refine(images, pose, visible, TWINS)
        found = RefinerNetwork(model).model.refine(
            images, pose, visible, TWINS)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_weights_of_images_load_unchanged(fusion):
    """Names of the backbone stay; concatenation keeps its own channels."""
    weights = MODELS.build(BACKBONE).state_dict()
    model = build(fusion=fusion)
    result = model.backbone.load_state_dict(weights)
    assert not result.missing_keys and not result.unexpected_keys
    for name, value in model.backbone.state_dict().items():
        if fusion != 'concatenation' or name != 'conv1.weight':
            torch.testing.assert_close(value, weights[name])
    torch.testing.assert_close(model.backbone.conv1.weight[:, :3],
                               weights['conv1.weight'])


def test_copies_see_their_own_poses(fusion):
    """The average of the weights is a copy, and files are pickles."""
    model = build(fusion=fusion)
    images, pose, visible = batch()
    with torch.no_grad():
        expected = model.refine(images, pose, visible)[1]
        for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            for parameter in other.parameters():
                parameter.mul_(1.5)
            moved = other.refine(images, pose, visible)[1]
            assert not torch.allclose(moved, expected)
            torch.testing.assert_close(
                model.refine(images, pose, visible)[1], expected)


def test_everything_is_trained(fusion):
    model = build(fusion=fusion).train()
    images, pose, visible = batch()
    model.refine(images, pose, visible)[0].sum().backward()
    assert all(p.grad is not None for p in model.fusion.parameters())


def test_release_initialises_what_is_new():
    """CoAM starts near the identity; preNet's biases are zero."""
    for fusion in ('preNet', 'CoAM'):
        model = build(fusion=fusion)
        model.fusion.init_weights()
        for name, value in model.fusion.named_parameters():
            if value.ndim > 1:
                assert value.std().item() == pytest.approx(.001, rel=.3), name
            elif name.endswith(('0.bias', '2.bias')):
                assert not value.any()
    feature = torch.randn(1, 8, 16, 12)
    shown = model.fusion.blocks[0](feature, torch.rand(1, K, 64, 48))
    assert 0 < (shown - feature).abs().max() < .01


def test_branches_that_are_not_named_stay_as_they_are():
    coam = CoAM(1, [2], [(4, 4)], before='stage').eval()
    stage = torch.nn.ModuleDict(dict(stage=torch.nn.Identity()))
    coam.attach(stage)
    coam._pose = torch.rand(1, 1, 8, 8)
    first, second = torch.rand(1, 2, 4, 4), torch.rand(1, 3, 2, 2)
    shown = stage['stage']([first, second])
    assert not torch.equal(shown[0], first)
    assert torch.equal(shown[1], second)


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(after='layer9'), r"ResNet has no stage 'layer9'; it has .*layer2"),
    (dict(before='layer1'), 'as either before or after'),
    (dict(after=None), 'as either before or after'),
])
def test_stage_must_be_named_once_and_exist(changes, message):
    with pytest.raises(ValueError, match=message):
        build(fusion=dict(FUSIONS['CoAM'], **changes))


def test_coam_serves_one_input_size():
    model = build(fusion='CoAM')
    images, pose, visible = batch()
    with pytest.raises(ValueError, match=r'map of \(12, 16\).*got \(12, 8\)'):
        model.refine(images[..., :32, :], pose, visible)


def test_pose_must_be_rendered_somehow():
    with pytest.raises(ValueError, match='sigma must be positive, got 0.0'):
        build(pose_maps=None)


@pytest.mark.parametrize(('sigma', 'expected'), [
    (3., 'GaussianPoseMaps(sigma=3.0, amplitude=9.0)'),
    (None, 'OneHotPoseMaps(amplitude=9.0)'),
])
def test_sigma_is_short_for_maps(sigma, expected):
    model = build(pose_maps=None, pose_sigma=sigma, pose_amplitude=9.)
    assert repr(model.pose_maps) == expected
    np.testing.assert_array_equal(
        [n for n in model.state_dict() if 'pose_maps' in n or 'fusion' in n],
        [])


@pytest.mark.parametrize('maps', ['colour', 'grey', 'stacked'])
def test_pictures_and_fusions_are_exported(maps, fusion):
    """As one graph with a dynamic batch, flip test included."""
    refiner = ExportableRefiner(build(maps, fusion), TWINS)
    batch_size = torch.export.Dim('N', min=1)
    program = torch.export.export(
        refiner,
        refiner.example_inputs(2),
        dynamic_shapes=tuple({0: batch_size} for _ in range(3))).module()
    inputs = refiner.example_inputs(3, seed=5)
    with torch.no_grad():
        for found, expected in zip(program(*inputs), refiner(*inputs),
                                   strict=True):
            torch.testing.assert_close(found, expected)


def test_pictures_and_fusions_run_in_onnx(fusion, tmp_path):
    """Coloured pictures, in another engine."""
    for package in ('onnx', 'onnxscript', 'onnxruntime'):
        pytest.importorskip(package)
    refiner = ExportableRefiner(build('colour', fusion), TWINS)
    path = tmp_path / 'refiner.onnx'
    path.write_bytes(refiner_to_onnx(refiner, {}).SerializeToString())
    assert largest_difference(path, refiner) < TOLERANCE


def test_pictures_are_compiled():
    """Hooks and pictures are no obstacle to torch.compile."""
    model = build('colour', 'CoAM')
    images, pose, visible = batch()
    inputs = model.add_maps(model.normalize(images), pose, visible)
    compiled = torch.compile(
        RefinerNetwork(model), backend='eager', dynamic=True)
    with torch.no_grad():
        torch.testing.assert_close(
            compiled(inputs), RefinerNetwork(model)(inputs))
