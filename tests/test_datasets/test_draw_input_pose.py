"""Input poses that are drawn before the crop."""

import numpy as np
import pytest
from mmengine.dataset import Compose

from posefix_mm.datasets.transforms import (
    CropByInputPose,
    DrawInputPose,
    TakeInputPose,
)
from posefix_mm.datasets.transforms.input_pose import ks_scales

pytestmark = pytest.mark.usefixtures('mmpose_scope')

NAMES = ['nose', 'left_hand', 'right_hand', 'left_foot', 'right_foot']
POSE = np.array([[100., 50.], [50., 100.], [150., 100.], [60., 200.],
                 [140., 200.]], np.float32)
ALL_GOOD = dict(
    type='SynthesizePoseError', table={}, joint_groups=dict(all=NAMES))


def sample(**changes):
    result = dict(
        id=7,
        img=np.zeros((240, 200, 3), np.uint8),
        img_shape=(240, 200),
        bbox=np.array([[40., 40., 160., 210.]], np.float32),
        bbox_score=np.ones(1, np.float32),
        keypoints=np.stack((POSE, POSE + 20)),
        keypoints_visible=np.ones((2, 5), np.float32),
        num_near=1,
        keypoint_names=NAMES,
        sigmas=np.full(5, .05),
        flip_indices=[0, 2, 1, 4, 3],
        real_poses=np.stack((POSE + 5, POSE - 9)),
        real_visible=np.array([[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]], np.float32))
    result.update(changes)
    return result


def run(*transforms, **changes):
    np.random.seed(0)
    return Compose(list(transforms))(sample(**changes))


CROP = (dict(type='GetBBoxCenterScale', padding=1.25),
        dict(type='RandomFlip', prob=1.),
        dict(type='TopdownAffine', input_size=(48, 64)))


def test_a_real_prediction_goes_through_flip_and_crop():
    """As the annotation does, to which it is compared."""
    drawn = run(dict(type='DrawInputPose'), *CROP, dict(type='TakeInputPose'))
    poses = sample(num_near=0)
    shown = {
        tuple(row): index
        for index, row in enumerate(poses['real_visible'].astype(int))
    }
    visible = drawn['input_pose_visible'][0][[0, 2, 1, 4, 3]]
    index = shown[tuple(visible.astype(int))]
    expected = run(
        *CROP,
        keypoints=poses['real_poses'][index:index + 1],
        keypoints_visible=np.ones((1, 5), np.float32))
    np.testing.assert_allclose(drawn['input_pose'],
                               expected['transformed_keypoints'], atol=1e-4)
    assert drawn['transformed_keypoints'].shape == (1, 5, 2)
    truth = run(*CROP, keypoints=POSE[None],
                keypoints_visible=np.ones((1, 5), np.float32))
    np.testing.assert_allclose(drawn['transformed_keypoints'],
                               truth['transformed_keypoints'], atol=1e-4)


def test_both_predictions_are_drawn():
    transform = DrawInputPose()
    np.random.seed(0)
    drawn = [
        transform(sample())['keypoints'][1, 0, 0] for _ in range(200)
    ]
    share = np.mean(np.array(drawn) == 105)
    assert set(drawn) == {91, 105} and .4 < share < .6


def test_share_of_real_predictions():
    """The others are synthesized from the person and the near ones."""
    transform = DrawInputPose(errors=ALL_GOOD, real_prob=.3)
    np.random.seed(0)
    drawn = [transform(sample()) for _ in range(300)]
    offset = np.array([d['keypoints'][1, 0, 0] - 100 for d in drawn])
    real = np.isin(offset, [5, -9])
    assert .22 < real.mean() < .38
    # the similarity of a good joint is above .85
    bound = np.sqrt(-2 * np.log(.85) * 120 * 170) * .1
    assert (np.abs(offset[~real]) < bound).all()
    assert np.abs(offset[~real]).max() > .5 * bound
    assert all(d['keypoints'].shape == (2, 5, 2) for d in drawn)
    assert not any('real_poses' in d for d in drawn)


def test_persons_without_a_prediction_get_errors_in_the_crop():
    """Which is PoseFix's own order, for refiners cropped by boxes."""
    errors = dict(ALL_GOOD)
    drawn = run(dict(type='DrawInputPose'), *CROP,
                dict(type='TakeInputPose', errors=errors), real_poses=(),
                real_visible=())
    offset = drawn['input_pose'] - drawn['transformed_keypoints']
    assert 0 < np.abs(offset).max() < 5
    assert drawn['input_pose_status'].tolist() == [[0] * 5]


def test_missing_errors_are_named():
    with pytest.raises(ValueError, match='no input pose was drawn: .*errors'):
        run(dict(type='DrawInputPose'), *CROP, dict(type='TakeInputPose'),
            real_poses=(), real_visible=())


@pytest.mark.parametrize(('margin', 'expected'), [
    (0., [50, 50, 150, 200]),
    (25., [25, 25, 175, 225]),
    (60., [0, 0, 200, 240]),
])
def test_crop_is_the_poses_extent(margin, expected):
    results = sample(keypoints=np.stack((POSE * 9, POSE)))
    box = CropByInputPose(margin)(results)['bbox']
    np.testing.assert_array_equal(box, [expected])
    assert box.dtype == np.float32


def test_absent_joints_do_not_stretch_the_crop():
    visible = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], np.float32)
    results = sample(
        keypoints=np.stack((POSE, POSE)), keypoints_visible=visible)
    np.testing.assert_array_equal(
        CropByInputPose(0.)(results)['bbox'], [[50, 50, 100, 100]])


def test_a_pose_of_one_point_has_a_crop():
    results = sample(keypoints=np.full((1, 5, 2), 30.),
                     keypoints_visible=np.ones((1, 5)))
    np.testing.assert_array_equal(
        CropByInputPose(0.)(results)['bbox'], [[20, 20, 40, 40]])


def test_half_bodies_are_the_annotated_ones():
    """The input pose, 1000 px away, neither counts nor is lost."""
    far = np.stack((np.concatenate([POSE] * 2), np.full((10, 2), 1000.)))
    changes = dict(
        keypoints=far.astype(np.float32),
        keypoints_visible=np.ones((2, 10), np.float32),
        upper_body_ids=list(range(5)),
        lower_body_ids=list(range(5, 10)))
    results = run(
        dict(type='GetBBoxCenterScale', padding=1.25),
        dict(type='RandomHalfBodyOfPerson', prob=1.), **changes)
    assert (results['bbox_center'] < 210).all()
    assert results['keypoints'].shape == (2, 10, 2)


def test_take_input_pose_shows_its_parameters():
    assert repr(TakeInputPose()) == 'TakeInputPose(errors=None)'
    assert repr(CropByInputPose()) == (
        'CropByInputPose(margin=25.0, expand=1.0)')


def test_scores_of_a_real_prediction_are_shown():
    """Absent ones stay so; made-up scores do not replace them."""
    scores = np.array([[.9, .5, 1.2, 0, .3]] * 2, np.float32)
    visible = np.array([[1, 1, 1, 1, 0]] * 2, np.float32)
    drawn = run(
        dict(type='DrawInputPose', weigh_scores=True), *CROP,
        dict(type='TakeInputPose'), dict(type='SynthesizeKeypointScores'),
        real_scores=scores, real_visible=visible)
    np.testing.assert_allclose(  # mirrored; the faintest is .02
        drawn['input_pose_visible'], [[.9, 1, .5, 0, .02]])


def test_crop_is_that_of_the_drawn_pose():
    """And the person's own box gives the area of the similarities."""
    pose = np.array([[50, 60], [90, 140]], np.float32)
    given = dict(
        keypoints=np.stack((pose + 500, pose)),
        keypoints_visible=np.ones((2, 2), np.float32))
    drawn = run(CropByInputPose(margin=0, expand=1.5), **given)
    np.testing.assert_allclose(drawn['bbox'], [[40, 40, 100, 160]])
    np.testing.assert_allclose(drawn['person_bbox'], sample()['bbox'])
    cropped = run(
        dict(type='GetBBoxCenterScale', padding=1.),
        dict(type='TopdownAffine', input_size=(60, 120)),
        bbox=drawn['bbox'], person_bbox=drawn['person_bbox'],
        input_size=(60, 120), sigmas=np.array([.5, .25]), **given)
    # scale 1: 120 x 170 pixels
    np.testing.assert_allclose(
        ks_scales(cropped), [.53 * 120 * 170 * 2, .53 * 120 * 170 / 2],
        rtol=1e-6)
    kept = run(CropByInputPose(), has_input_pose=False)
    np.testing.assert_array_equal(kept['bbox'], sample()['bbox'])
