"""Predicted qualities: what they see, learn and decide."""
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from posefix_mm.models import PoseFixHead, PoseQuality
from posefix_mm.models.pose_quality import PredictedQuality

QUALITY = dict(type='PoseQuality', num_keypoints=3, in_channels=5,
               embed_channels=4, hidden_channels=8)


def make_head(**kwargs) -> PoseFixHead:
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='PoseFixHead',
            in_channels=5,
            out_channels=3,
            deconv_out_channels=None,
            decoder=dict(type='SoftArgmaxIntegral', input_size=(24, 32),
                         heatmap_size=(6, 8)),
            **dict(dict(quality=QUALITY), **kwargs)))


def make_samples(input_pose, labels, weights) -> list:
    samples = []
    for pose, label, weight in zip(input_pose, labels, weights, strict=True):
        sample = PoseDataSample()
        sample.gt_instance_labels = InstanceData(
            input_pose=pose[None], input_pose_visible=weight[None],
            keypoint_labels=label[None], keypoint_weights=torch.ones(1, 3),
            heatmap_indices=torch.zeros(1, 3, 4, dtype=torch.long),
            heatmap_probs=torch.zeros(1, 3, 4),
            ks_scales=torch.full((1, 3), 8.))
        samples.append(sample)
    return samples


def inputs(batch_size=2):
    torch.manual_seed(1)
    return (torch.randn(batch_size, 5, 8, 6), torch.rand(batch_size, 3, 2) *
            20, torch.rand(batch_size, 3, 2) * 5, torch.ones(batch_size, 3))


def test_places_are_looked_at() -> None:
    """Masses of windows of 3, 7 and 13 pixels, and the features there."""
    heatmaps = torch.zeros(1, 1, 20, 20)
    heatmaps[0, 0, 10, 5], heatmaps[0, 0, 10, 8] = .75, .25
    embedded = torch.arange(800.).reshape(1, 2, 20, 20)
    seen = []
    quality = PoseQuality(1, 5, embed_channels=2)
    quality.local.register_forward_hook(
        lambda module, args, output: seen.append(args[0]))
    quality(embedded, heatmaps, torch.tensor([[[5.2, 9.8]]]),
            torch.tensor([[[9., 10.]]]), torch.ones(1, 1))
    seen = [one.detach() for one in seen]
    at_refined, at_input = seen[0][0, 0, :5], seen[0][0, 0, 5:10]

    def logs(*mass):
        return [np.log(m) / 5 + 1 for m in mass]

    np.testing.assert_allclose(
        at_refined, [*logs(.75, 1, 1), 205, 605], rtol=1e-5)
    np.testing.assert_allclose(
        at_input, [*logs(.25, .25, 1), 209, 609], rtol=1e-5)


def test_absent_keypoints_may_be_anything() -> None:
    head = make_head(keep_margin=-1.)
    feats, pose, _, weights = inputs()
    weights[0, 1] = 0
    maps = head.compute_maps((feats, ))
    assert maps.shape == (2, 3 + 4, 8, 6)
    first = head.locate(maps, input_pose=(pose, weights))
    pose[0, 1] = float('nan')
    second = head.locate(maps, input_pose=(pose, weights))
    for a, b in zip(first[:4], second[:4], strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize('margin', [None, 'between', 1., -1.])
def test_what_gets_no_better_stays(margin) -> None:
    head = make_head()
    feats, pose, _, weights = inputs()
    weights[1, 2] = 0
    maps = head.compute_maps((feats, ))
    if margin == 'between':  # what both poses gain
        scores = head.locate(maps, input_pose=(pose, weights)).pose_scores
        margin = float((scores[:, 1] - scores[:, 0]).mean())
    head.keep_margin = margin
    located = head.locate(maps, input_pose=(pose, weights))
    plain = make_head(quality=None).locate(maps[:, :3])
    before, after = located.quality.keypoints.sigmoid().unbind(-1)
    poses = located.quality.poses.sigmoid()
    kept = torch.zeros(2, 3, dtype=torch.bool)
    stays = torch.zeros(2, 1, dtype=torch.bool)
    if margin is not None:
        stays = poses[:, 1:] < poses[:, :1] + margin
    if margin is not None:
        assert stays.sum() == {1.: 2, -1.: 0}.get(margin, 1)
        kept = stays & (weights > 0)
    scale = torch.tensor(head.decoder.scale_factor)
    torch.testing.assert_close(
        located.coords,
        torch.where(kept[..., None], pose / scale, plain.coords))
    torch.testing.assert_close(
        located.keypoint_scores, torch.where(kept, before, after))
    torch.testing.assert_close(
        located.pose_scores, torch.where(stays, poses[:, :1], poses))


def test_share_of_the_input_by_hand() -> None:
    """KS of .5 and .8, OKS of .9, extent of 100, 1 and 0 pixels apart."""
    quality = MODELS.build(QUALITY)
    predicted = PredictedQuality(
        torch.tensor([.5, .8]).logit().expand(1, 3, 2),
        torch.tensor([[.9, .2]]).logit())
    coords = torch.tensor([[[0., 0], [10, 10], [5, 5]]])
    moved = coords + torch.tensor([[1., 0], [0, 1], [0, 0]])
    share = np.log(.8) / (np.log(.5) + np.log(.8)) * .9**4
    near = np.exp(-1 / (4 * 100 * np.exp(-2 * 2.6)))
    np.testing.assert_allclose(
        quality.share_of_input(predicted, coords, moved).detach(),
        [[share * near, share * near, share]], rtol=1e-5)


def test_keypoints_go_back_by_that_share() -> None:
    head, plain = make_head(merge_input=True), make_head()
    for one in (head, plain):
        one.quality.log_sigma.data.zero_()  # so wide that all is near
    feats, pose, _, weights = inputs()
    weights[1, 2], pose[1, 2] = 0, float('nan')
    located = head.locate(
        head.compute_maps((feats, )), input_pose=(pose, weights))
    plain = plain.locate(
        head.compute_maps((feats, )), input_pose=(pose, weights))
    given = pose / torch.tensor(head.decoder.scale_factor)
    share = head.quality.share_of_input(
        plain.quality, plain.coords, given)[..., None]
    wanted = (1 - share) * plain.coords + share * given
    wanted[1, 2] = plain.coords[1, 2]
    torch.testing.assert_close(located.coords, wanted)
    assert .01 < (located.coords - plain.coords).norm(dim=-1).max()


def test_true_similarity_by_hand() -> None:
    """A distance of 2 pixels with 8 in the exponent: exp(-1/2)."""
    head = make_head()
    labels = torch.tensor([[[1., 1], [2, 2], [3, 3]]])
    scale = torch.tensor(head.decoder.scale_factor)
    pose = labels * scale + torch.tensor([2., 0])
    samples = make_samples(pose, labels, torch.tensor([[1., .5, 0]]))
    found = head.true_similarity(labels, samples)
    half = np.exp(-.5)
    np.testing.assert_allclose(
        found, [[[half, 1], [half, 1], [0, 1]]], rtol=1e-6)


def test_quality_learns_and_nothing_else_does() -> None:
    """Far input poses are told from right ones; coordinates stay."""
    head = make_head(quality_only=True)
    optimizer = torch.optim.AdamW(
        [p for p in head.parameters()], lr=.02, weight_decay=0)
    feats, _, labels, weights = inputs(8)
    scale = torch.tensor(head.decoder.scale_factor)
    pose = labels * scale
    pose[:4] += 8
    samples = make_samples(pose, labels, weights)
    final = head.final_layer.weight.clone()
    for _ in range(60):
        losses = head.loss((feats, ), samples)
        assert set(losses) == {'loss_ks', 'loss_oks', 'error_oks'}
        optimizer.zero_grad()
        (losses['loss_ks'] + losses['loss_oks']).backward()
        optimizer.step()
    assert torch.equal(final, head.final_layer.weight)
    with torch.no_grad():
        scores = head.locate(
            head.compute_maps((feats, )),
            input_pose=(pose, weights)).pose_scores[:, 0]
    assert scores[:4].max() < .2 < .8 < scores[4:].min()


def test_margins_need_a_quality() -> None:
    for wrong in (dict(keep_margin=0.), dict(quality_only=True),
                  dict(merge_input=True)):
        with pytest.raises(ValueError, match='need a `quality`'):
            make_head(quality=None, **wrong)
