"""Augmentation towards everyday photos, and made-up scores."""
import numpy as np
import pytest
from mmpose.registry import TRANSFORMS

import posefix_mm  # noqa: F401


def build(kind, **kwargs):
    return TRANSFORMS.build(dict(type=kind, **kwargs))


def person():
    """A column of ten keypoints in a white picture, and a neighbour."""
    y = np.arange(10.) * 10 + 5
    keypoints = np.stack([np.full(10, 50.), y], -1)
    return dict(
        img=np.full((100, 100, 3), 255, np.uint8),
        bbox=np.array([[40., 0., 60., 100.]], np.float32),
        keypoints=np.stack([keypoints, keypoints + [20, 0]]),
        keypoints_visible=np.ones((2, 10), np.float32))


def test_the_border_takes_what_is_below_it():
    np.random.seed(0)
    results = build('CutByBorder', prob=1., side_probs=(1, 0, 0, 0)).transform(
        person())
    line = int((results['img'] > 0).any((1, 2)).sum())
    assert 25 <= line <= 80
    assert (results['img'][:line] == 255).all()
    assert not results['img'][line:].any()
    left = results['keypoints'][0, :, 1] < line
    assert results['keypoints_visible'].tolist() == [left.tolist()] * 2
    assert results['bbox'][0, 3] < line + 10


def test_the_border_takes_it_from_real_predictions_too():
    np.random.seed(0)
    sample = person()
    low = sample['keypoints'][0] + [0, 200]  # another place altogether
    results = build('CutByBorder', prob=1., side_probs=(1, 0, 0, 0)).transform(
        dict(
            sample,
            real_poses=np.stack([low, sample['keypoints'][0] + 1]),
            real_visible=np.ones((2, 10), np.float32),
            real_scores=np.stack([np.zeros(10), np.full(10, .7)])))
    line = int((results['img'] > 0).any((1, 2)).sum())
    assert results['real_visible'].tolist() == [
        (sample['keypoints'][0, :, 1] + 1 < line).tolist()]
    assert results['real_poses'].shape == (1, 10, 2)
    assert (results['real_scores'] == .7).all()


def test_too_little_of_a_person_is_not_left():
    cut = build('CutByBorder', prob=1., min_keypoints=10)
    results = cut.transform(person())
    assert results['keypoints_visible'].all()
    assert (results['img'] == 255).all()


def test_an_occluder_is_a_patch_of_the_crop_before():
    np.random.seed(0)
    paste = build('PasteOccluder', prob=1., max_side=.4)
    white = np.full((50, 50, 3), 255, np.uint8)
    assert (paste.transform(dict(img=white))['img'] == 255).all()
    black = np.zeros_like(white)
    hidden = (paste.transform(dict(img=black))['img'] == 255).all(-1)
    rows, columns = hidden.any(1).sum(), hidden.any(0).sum()
    assert 5 <= rows <= 20 and 5 <= columns <= 20
    assert hidden.sum() == rows * columns
    assert not black.any()


@pytest.mark.parametrize('name', ['shrink', 'blur', 'noise', 'jpeg', 'light',
                                  'grey'])
def test_degraded_images_keep_their_form(name):
    np.random.seed(1)
    image = np.random.randint(0, 256, (40, 30, 3), np.uint8)
    probs = {f'{n}_prob': float(n == name) for n in (
        'shrink', 'blur', 'noise', 'jpeg', 'light', 'grey')}
    result = build('DegradeImage', **probs).transform(dict(img=image))['img']
    assert result.shape == image.shape and result.dtype == np.uint8
    assert (result != image).any()
    if name == 'grey':
        assert (result[..., :1] == result).all()
    if name in ('shrink', 'blur'):
        assert result.std() < image.std()


def scored(seed, **kwargs):
    """Score a pose of which the first half is right, the rest far off."""
    np.random.seed(seed)
    true = np.stack([np.linspace(20, 80, 10)] * 2, -1)[None]
    wrong = true + np.repeat([0, 60], 5)[None, :, None]
    visible = np.ones((1, 10), np.float32)
    visible[0, 9] = 0
    return build('SynthesizeKeypointScores', **kwargs).transform(
        dict(
            input_pose=wrong.astype(np.float32),
            input_pose_visible=visible,
            transformed_keypoints=true,
            keypoints_visible=np.ones((1, 10)),
            input_size=(100, 100),
            bbox=np.array([[10., 10., 90., 90.]]),
            bbox_scale=np.array([[100., 100.]]),
            sigmas=np.full(10, .05)))


def test_better_keypoints_have_higher_scores_on_average():
    scores = np.stack([
        scored(seed, no_scores_prob=0., guess_prob=0.)['input_pose_visible'][0]
        for seed in range(200)])
    assert scores[:, :5].mean() > scores[:, 5:9].mean() + .2
    assert (scores[:, 9] == 0).all()
    assert scores[:, :9].min() >= .0199 and scores.max() <= 1


def test_absent_keypoints_are_guessed_with_low_scores():
    found = [scored(seed, no_scores_prob=0., guess_prob=1.)
             for seed in range(100)]
    scores = np.stack([r['input_pose_visible'][0, 9] for r in found])
    places = np.stack([r['input_pose'][0, 9] for r in found])
    assert (scores > 0).all() and scores.mean() == pytest.approx(.2, abs=.05)
    assert places.min() >= 0 and places.max() <= 99


def test_poses_may_come_without_scores():
    results = scored(0, no_scores_prob=1.)
    assert results['input_pose_visible'].tolist() == [[1.] * 9 + [0.]]


def test_some_poses_are_hidden():
    np.random.seed(0)
    hide = build('HideInputPose', prob=.3)
    shown = np.array([[.5, 0., 1.]], np.float32)
    found = np.stack([
        hide.transform(dict(input_pose_visible=shown))['input_pose_visible']
        for _ in range(1000)
    ])
    hidden = (found == 0).all((1, 2))
    assert .26 < hidden.mean() < .34
    assert (found[~hidden] == shown).all()
    assert shown.tolist() == [[.5, 0., 1.]]  # what was given stays
