"""The refiner, from files on disk to poses in image pixels."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS, MODELS

pytestmark = pytest.mark.usefixtures('mmpose_scope')

ROOT = Path(__file__).resolve().parents[2]
INPUT = Config.fromfile(ROOT / 'configs/_base_/inputs/128x96.py')
BODY = Config.fromfile(ROOT / 'configs/_base_/models/posefix_res50.py').model


def build(**changes):
    """Build the small relative of posefix_res50 for 128x96."""
    torch.manual_seed(0)
    config = copy.deepcopy(BODY)
    config.pose_sigma = INPUT.pose_sigma
    config.backbone.update(
        depth=18, stem_channels=16, base_channels=16, init_cfg=None)
    config.head.update(
        in_channels=128,
        deconv_out_channels=(32, 32, 32),
        decoder=INPUT.codec)
    config.update(changes)
    model = MODELS.build(config)
    model.init_weights()
    return model


def load_batch(model, people, training, size=4):
    """Load samples through the real pipelines and preprocess them."""
    np.random.seed(0)
    common = dict(
        data_root=str(people),
        ann_file='annotations.json',
        data_prefix=dict(img='images/'))
    if training:
        config = dict(
            type='PoseRefineDataset',
            dataset=dict(type='CocoDataset', **common),
            estimate_file=str(people / 'results.json'),
            pipeline=INPUT.train_pipeline)
    else:
        config = dict(
            type='PoseResultsDataset',
            pose_file='results.json',
            pipeline=INPUT.test_pipeline,
            **common)
    dataset = DATASETS.build(config)
    data = pseudo_collate([dataset[i] for i in range(size)])
    return model.data_preprocessor(data, training)


def run(model, data, mode):
    model.eval()
    with torch.no_grad():
        return model(**data, mode=mode)


def test_predictions_keep_scores_and_go_back_to_the_image(people):
    model = build()
    data = load_batch(model, people, training=False)
    for sample in run(model, data, 'predict'):
        given, pred = sample.gt_instances, sample.pred_instances
        np.testing.assert_array_equal(pred.keypoint_scores,
                                      given.input_keypoint_scores)
        # what mmpose's visualizer draws by
        np.testing.assert_array_equal(pred.keypoints_visible,
                                      given.input_keypoint_scores)
        np.testing.assert_array_equal(pred.bbox_scores, given.bbox_scores)
        assert pred.keypoints.shape == (1, 17, 2)
        # maps that have learnt nothing are flat: all is near the box's centre
        size = np.ptp(given.bboxes[0].reshape(2, 2), axis=0).max()
        centre = given.bboxes[0].reshape(2, 2).mean(0)
        assert np.abs(pred.keypoints - centre).max() < .2 * size


def test_scores_of_the_model_can_be_asked_for(people):
    model = build(test_cfg=dict(flip_test=False, keep_input_scores=False))
    data = load_batch(model, people, training=False)
    for sample in run(model, data, 'predict'):
        scores = sample.pred_instances.keypoint_scores
        # peaks of almost flat maps
        assert (scores < 100 / (24 * 32)).all()
        assert (scores >= 1 / (24 * 32)).all()


def test_passthrough_keypoints_are_not_touched(people):
    model = build(passthrough_keypoints=[0, 3, 16])
    data = load_batch(model, people, training=False)
    for sample in run(model, data, 'predict'):
        given, pred = sample.gt_instances, sample.pred_instances
        same = (pred.keypoints == given.input_keypoints).all(-1)[0]
        assert np.flatnonzero(same).tolist() == [0, 3, 16]


def test_output_keypoints_can_be_selected(people):
    shown = [16, 5, 0]
    model = build(
        passthrough_keypoints=[0, 3],
        test_cfg=dict(flip_test=True, output_keypoint_indices=shown))
    data = load_batch(model, people, training=False)
    for sample in run(model, data, 'predict'):
        given, pred = sample.gt_instances, sample.pred_instances
        np.testing.assert_array_equal(pred.keypoint_scores,
                                      given.input_keypoint_scores[:, shown])
        same = (pred.keypoints == given.input_keypoints[:, shown]).all(-1)
        assert same.tolist() == [[False, False, True]]


def test_inputs_may_be_a_list_of_images(people):
    model = build()
    data = load_batch(model, people, training=False)
    together = run(model, data, 'tensor')
    apart = run(model, dict(data, inputs=list(data['inputs'])), 'tensor')
    torch.testing.assert_close(together, apart)


def test_maps_are_behind_the_image(people):
    model = build()
    data = load_batch(model, people, training=False)
    inputs = model.add_maps(data['inputs'],
                            *model.stack_input_poses(data['data_samples']))
    assert inputs.shape == (4, 20, 128, 96)
    assert torch.equal(inputs[:, :3], data['inputs'])
    label = data['data_samples'][0].gt_instance_labels
    x, y = label.input_pose[0, 5].round().long().tolist()
    peak = inputs[0, 3 + 5].argmax().item()
    assert (peak % 96, peak // 96) == (x, y)


@pytest.mark.parametrize('training,quality_only,weight',
                         [(False, False, .5), (True, False, 1.),
                          (True, True, .5)])
def test_pose_weight_is_of_refinement(training, quality_only, weight):
    model = build(test_cfg=dict(pose_weight=.5)).train(training)
    model.learns_coordinates = not quality_only
    inputs = model.add_maps(torch.zeros(1, 3, 128, 96),
                            torch.full((1, 17, 2), 40.), torch.ones(1, 17))
    peaks = inputs[0, 3:].amax((1, 2))
    torch.testing.assert_close(
        peaks, torch.full((17, ), weight * model.pose_maps.amplitude))


def test_missing_input_pose_is_a_key_error(people):
    model = build()
    data = load_batch(model, people, training=False)
    del data['data_samples'][1].gt_instance_labels.input_pose
    with pytest.raises(KeyError, match='no `input_pose` to refine.*'
                       '`SynthesizePoseError` or `GetInputPose`'):
        model(**data, mode='predict')


def test_wrong_number_of_keypoints_is_a_value_error(people):
    model = build()
    data = load_batch(model, people, training=False)
    for sample in data['data_samples']:
        sample.gt_instance_labels = InstanceData(
            input_pose=torch.zeros(1, 14, 2),
            input_pose_visible=torch.ones(1, 14))
    with pytest.raises(ValueError, match='refines 17 keypoints, got an '
                       'input_pose with 14'):
        model(**data, mode='loss')


FLIP = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]


def test_mirroring_twice_changes_nothing():
    inputs = torch.randn(2, 20, 6, 5)
    model = build()
    once = model.flip(inputs, FLIP)
    assert torch.equal(model.flip(once, FLIP), inputs)
    assert torch.equal(once[:, :3], inputs[:, :3].flip(-1))


def test_mirrored_maps_are_the_maps_of_the_mirrored_pose():
    model = build()
    pose = torch.rand(2, 17, 2) * torch.tensor([96., 128.])
    visible = (torch.rand(2, 17) > .3).float()
    maps = model.pose_maps(pose, visible, 128, 96)
    image = torch.zeros(2, 3, 128, 96)
    mirrored = pose[:, FLIP].clone()
    mirrored[..., 0] = 95 - mirrored[..., 0]
    expected = model.pose_maps(mirrored, visible[:, FLIP], 128, 96)
    found = model.flip(torch.cat((image, maps), 1), FLIP)[:, 3:]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-2)


def test_flip_test_of_a_mirrored_sample_is_the_mirror(people):
    """Both see the same pair of images, so the average is symmetrical."""
    model = build()
    data = load_batch(model, people, training=False, size=1)
    sample, = data['data_samples']
    centre_x = sample.metainfo['input_center'][0]
    scale_x = sample.metainfo['input_scale'][0]
    first, = run(model, copy.deepcopy(data), 'predict')
    labels = sample.gt_instance_labels
    labels.input_pose = labels.input_pose[:, FLIP].clone()
    labels.input_pose[..., 0] = 95 - labels.input_pose[..., 0]
    labels.input_pose_visible = labels.input_pose_visible[:, FLIP]
    data['inputs'] = data['inputs'].flip(-1)
    second, = run(model, data, 'predict')
    expected = first.pred_instances.keypoints[:, FLIP].copy()
    # x -> 95 - x in the input is this in the image
    expected[..., 0] = (2 * centre_x - scale_x / 96) - expected[..., 0]
    np.testing.assert_allclose(second.pred_instances.keypoints, expected,
                               atol=1e-2)


def test_gradients_reach_the_pose_channels(people):
    model = build().train()
    losses = model(**load_batch(model, people, training=True), mode='loss')
    assert set(losses) == {'loss_heatmap', 'loss_coord', 'acc_pose'}
    (losses['loss_heatmap'] + losses['loss_coord']).backward()
    by_channel = model.backbone.conv1.weight.grad.abs().amax((0, 2, 3))
    assert by_channel.shape == (20, )
    assert (by_channel > 0).all()


@pytest.mark.parametrize('channels_last', [False, True])
def test_a_few_steps_overfit_a_batch(people, channels_last):
    model = build(channels_last=channels_last).train()
    data = load_batch(model, people, training=True, size=3)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    history = []
    for _ in range(40):
        losses = model(**data, mode='loss')
        loss = losses['loss_heatmap'] + losses['loss_coord']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    assert history[-1] < .4 * history[0]


def test_config_of_the_small_refiner_builds_and_refines(people):
    pytest.importorskip('timm')
    config = Config.fromfile(
        ROOT / 'configs/body_2d_keypoint/posefix/lspet' /
        'posefix_lite0_1xb32-20e_lspet-128x96.py').model
    config.backbone.packaged_weights = False
    model = MODELS.build(config)
    data = load_batch(model, people, training=False, size=2)
    for sample in run(model, data, 'predict'):
        assert np.isfinite(sample.pred_instances.keypoints).all()
    data = load_batch(model, people, training=True, size=2)
    losses = run(model, data, 'loss')
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_perfect_heatmaps_return_the_input_pose(people, monkeypatch):
    """From the image to the crop and back is the identity."""
    model = build(test_cfg=dict(flip_test=False))
    data = load_batch(model, people, training=False)
    poses = torch.cat(
        [s.gt_instance_labels.input_pose for s in data['data_samples']])

    def soft_argmax(maps):
        return poses / 4, torch.zeros(4, 17, 32, 24)

    monkeypatch.setattr(model.head, 'soft_argmax', soft_argmax)
    for sample in run(model, data, 'predict'):
        np.testing.assert_allclose(
            sample.pred_instances.keypoints,
            sample.gt_instances.input_keypoints,
            atol=1e-3)


@pytest.mark.parametrize('name', ['128x96', '256x192', '384x288'])
def test_pipelines_agree_with_the_size_of_the_input(name):
    config = Config.fromfile(ROOT / f'configs/_base_/inputs/{name}.py')
    height, width = map(int, name.split('x'))
    assert config.codec.input_size == (width, height)
    assert config.codec.heatmap_size == (width // 4, height // 4)
    for steps in (config.train_pipeline, config.test_pipeline):
        sizes = [s.input_size for s in steps if 'input_size' in s]
        sizes += [s.encoder.input_size for s in steps if 'encoder' in s]
        assert set(sizes) == {(width, height)}
        assert Compose(steps)


def test_a_judge_is_trained_alone() -> None:
    head = dict(BODY.head, quality_only=True, in_channels=128,
                deconv_out_channels=(32, 32, 32), decoder=INPUT.codec,
                quality=dict(type='PoseQuality', num_keypoints=17,
                             in_channels=32))
    model = build(head=head)
    trained = {n for n, p in model.named_parameters() if p.requires_grad}
    assert trained == {
        f'head.quality.{n}' for n, _ in model.head.quality.named_parameters()
    }
