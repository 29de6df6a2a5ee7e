"""The cascaded pyramid network, and the refinement module on top of it."""

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from posefix_mm.codecs import SoftArgmaxIntegral

pytestmark = pytest.mark.usefixtures('mmpose_scope')
K, WIDTH, HEIGHT = 9, 8, 16  # at least the 8 keypoints that CPN mines


def cpn_head(**kwargs):
    return dict(
        dict(
            type='CPNHead',
            in_channels=8,
            out_channels=K,
            decoder=dict(
                type='MSRAHeatmap',
                input_size=(4 * WIDTH, 4 * HEIGHT),
                heatmap_size=(WIDTH, HEIGHT),
                sigma=2)), **kwargs)


def pyramid(batch=2):
    generator = torch.Generator().manual_seed(0)
    return [
        torch.randn(
            batch, 8, HEIGHT >> i, WIDTH >> i, generator=generator)
        for i in range(4)
    ]


def make_samples(batch=2):
    """Make data samples with the targets of both heads."""
    codec = SoftArgmaxIntegral((4 * WIDTH, 4 * HEIGHT), (WIDTH, HEIGHT))
    rng = np.random.default_rng(0)
    samples = []
    for _ in range(batch):
        keypoints = rng.uniform(4, 24, (1, K, 2)).astype(np.float32)
        sample = PoseDataSample(
            metainfo=dict(
                input_size=(4 * WIDTH, 4 * HEIGHT),
                input_center=np.array([16., 32.]),
                input_scale=np.array([32., 64.]),
                flip_indices=list(range(K))))
        encoded = codec.encode(keypoints, np.ones((1, K)))
        sample.gt_instance_labels = InstanceData(
            **{key: torch.from_numpy(value)
               for key, value in encoded.items()})
        sample.gt_instances = InstanceData(
            bboxes=np.zeros((1, 4)), bbox_scores=np.ones(1))
        sample.gt_fields = PixelData(
            heatmaps=torch.from_numpy(
                rng.random((K, HEIGHT, WIDTH)).astype(np.float32)))
        samples.append(sample)
    return samples


def test_cpn_losses_by_hand():
    """All maps are zero: MSE of the target, and of its hardest 8."""
    head = MODELS.build(cpn_head())
    for layer in (*(seq[-1] for seq in head.global_layers), head.final_layer):
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    samples = make_samples()
    samples[0].gt_instance_labels.keypoint_weights[0, 3] = 0
    losses = head.loss(pyramid(), samples)
    target = torch.stack([s.gt_fields.heatmaps for s in samples])
    each = (target**2).mean((2, 3))
    each[0, 3] = 0
    assert losses['loss_global'].item() == pytest.approx(each.mean().item())
    hardest = each.sort(1, descending=True).values[:, :8]
    assert losses['loss_refine'].item() == pytest.approx(hardest.mean().item())


def test_cpn_has_maps_of_every_level_and_more_bottlenecks_below():
    head = MODELS.build(cpn_head()).eval()
    with torch.no_grad():
        levels, refined = head.forward_levels(pyramid())
        assert torch.equal(head(pyramid()), refined)
    assert len(levels) == 4
    assert {m.shape for m in (*levels, refined)} == {(2, K, HEIGHT, WIDTH)}
    assert [len(layer) for layer in head.refine_layers] == [0, 1, 2, 3]


def make_refiner():
    resnet = dict(type='ResNet', depth=18)
    return MODELS.build(
        dict(
            type='EndToEndPoseRefiner',
            num_keypoints=K,
            pose_amplitude=10.,
            backbone=resnet,
            estimator=dict(
                type='TopdownPoseEstimator',
                backbone=dict(resnet, out_indices=(0, 1, 2, 3)),
                neck=dict(
                    type='FPN',
                    in_channels=[64, 128, 256, 512],
                    out_channels=8,
                    num_outs=4),
                head=cpn_head()),
            head=dict(
                type='PoseFixHead',
                in_channels=512,
                out_channels=K,
                deconv_out_channels=(8, 8, 8),
                decoder=dict(
                    type='SoftArgmaxIntegral',
                    input_size=(4 * WIDTH, 4 * HEIGHT),
                    heatmap_size=(WIDTH, HEIGHT))),
            test_cfg=dict(flip_test=True)))


def test_refinement_trains_the_estimator():
    model = make_refiner()
    losses = model(torch.randn(2, 3, 64, 32), make_samples(), mode='loss')
    assert {name for name in losses if 'loss' in name} == {
        'estimator_loss_global', 'estimator_loss_refine', 'loss_heatmap',
        'loss_coord'
    }
    last = model.estimator.head.final_layer.weight
    gradient, = torch.autograd.grad(losses['loss_heatmap'], last)
    assert gradient.abs().max() > 0


def test_maps_are_the_estimators():
    model = make_refiner().eval()
    images = torch.randn(2, 3, 64, 32)
    with torch.no_grad():
        heatmaps = model.estimator(images, None)
        inputs = model.add_maps(images, *model.stack_input_poses([]))
    assert torch.equal(inputs[:, :3], images)
    expected = torch.nn.functional.interpolate(
        heatmaps, (64, 32), mode='bilinear').clamp(min=0) * 10
    torch.testing.assert_close(inputs[:, 3:], expected)
    assert inputs[:, 3:].max() > 0


def test_prediction_depends_on_the_estimator():
    model = make_refiner().eval()
    images, poses = torch.randn(2, 3, 64, 32), []
    for _ in range(2):
        with torch.no_grad():
            found = model(images, make_samples(), mode='predict')
            model.estimator.head.final_layer.bias += 1
        poses.append([s.pred_instances.keypoints for s in found])
    assert np.shape(poses) == (2, 2, 1, K, 2)
    assert np.isfinite(poses).all()
    assert np.abs(np.subtract(*poses)).max() > 1e-4
