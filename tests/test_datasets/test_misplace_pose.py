"""Poses that are wrong as a whole."""

import numpy as np
import pytest
from mmengine.dataset import Compose
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from posefix_mm.datasets import MisplacePose

pytestmark = pytest.mark.usefixtures('mmpose_scope')

META = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/coco.py'))
NAMES = list(META['keypoint_id2name'].values())
FLIP = META['flip_indices']
NOTHING = dict(
    prob=0,
    drop_prob=0,
    mirror_prob=0,
    limb_prob=0,
    limb_swap_prob=0,
    confuse_prob=0)
ARM = ('left_shoulder', 'left_elbow', 'left_wrist')
ARM_INDICES = [NAMES.index(name) for name in ARM]


def make_results(num_near=1, num_estimates=1):
    rows = 1 + num_near + num_estimates
    keypoints = np.random.default_rng(0).uniform(100, 200, (rows, 17, 2))
    visible = np.full((rows, 17), 2., np.float32)
    visible[0, :5] = 0
    return dict(
        id=3,
        keypoints=keypoints.astype(np.float32),
        keypoints_visible=visible,
        num_near=num_near,
        bbox=np.array([[90., 80., 210., 230.]], np.float32),
        sigmas=np.array(META['sigmas']),
        keypoint_names=NAMES,
        flip_indices=FLIP)


def similarity(source, target):
    """Factor and shift that bring source to target, and the residual."""
    a, b = (p[:, 0] + 1j * p[:, 1] for p in (source, target))
    design = np.stack((a, np.ones_like(a)), 1)
    solution, *_ = np.linalg.lstsq(design, b, rcond=None)
    return (*solution, np.abs(design @ solution - b).max())


@pytest.mark.parametrize('num_near', [0, 2])
@pytest.mark.parametrize('num_estimates', [0, 1])
def test_nothing_goes_wrong_with_probability_zero(num_near, num_estimates):
    results = make_results(num_near, num_estimates)
    before = results['keypoints'].copy()
    seen = results['keypoints_visible'].copy()
    box = results['bbox'].copy()
    after = MisplacePose(**NOTHING, limbs=[ARM])(results)
    twins = [0, *range(1 + num_near, 1 + num_near + num_estimates)]
    np.testing.assert_allclose(
        after['keypoints'], np.concatenate((before, before[twins])), rtol=1e-6)
    np.testing.assert_array_equal(after['keypoints_visible'],
                                  np.concatenate((seen, seen[twins])))
    np.testing.assert_array_equal(after['bbox'], box)


def test_whole_pose_moves_by_a_similarity_and_the_box_follows():
    np.random.seed(0)
    results = make_results()
    before = results['keypoints'].copy()
    after = MisplacePose(**{**NOTHING, 'prob': 1})(results)
    np.testing.assert_array_equal(after['keypoints'][:3], before)
    factor, shift, residual = similarity(before[0], after['keypoints'][3])
    assert residual < 1e-3
    assert abs(factor - 1) > .05
    # the estimate moves along, as its face does in a wrong pose
    other = similarity(before[2], after['keypoints'][4])
    assert abs(other[0] - factor) < 1e-5
    assert abs(other[1] - shift) < 1e-2
    # extent of the annotated joints, expanded by 1.2
    moved = after['keypoints'][3, 5:]
    low, high = moved.min(0), moved.max(0)
    np.testing.assert_allclose(
        after['bbox'][0], [*(1.1 * low - .1 * high), *(1.1 * high - .1 * low)],
        rtol=1e-4)


def test_statistics_of_the_similarity():
    np.random.seed(1)
    transform = MisplacePose(
        **{**NOTHING, 'prob': .5},
        rotate_std=20,
        scale_std=.3,
        shift_std=.1)
    found = []
    for _ in range(3000):
        results = transform(make_results(0, 0))
        factor, shift, _ = similarity(*results['keypoints'])
        centre = 150 + 155j
        found.append((factor, (centre * factor + shift - centre) / 150))
    factor, shift = np.array(found).T
    moved = np.abs(factor - 1) > 1e-4
    assert abs(moved.mean() - .5) < .04
    assert abs(np.angle(factor[moved], deg=True).std() - 20) < 1.5
    assert abs(np.log(np.abs(factor[moved])).std() - .3) < .02
    assert abs(shift[moved].real.std() - .1) < .008
    assert abs(shift[moved].imag.std() - .1) < .008
    assert np.abs(shift[~moved]).max() < 1e-3


def test_mirror_exchanges_left_and_right():
    results = make_results(0, 0)
    results['keypoints_visible'][0, 5] = 0
    before = results['keypoints'].copy()
    after = MisplacePose(**{**NOTHING, 'mirror_prob': 1})(results)
    np.testing.assert_allclose(after['keypoints'][1], before[0][FLIP])
    assert after['keypoints_visible'][1, 6] == 0
    assert after['keypoints_visible'][1, 5] == 2


def test_limb_turns_about_its_first_joint():
    np.random.seed(2)
    results = make_results(0, 0)
    before = results['keypoints'][0].copy()
    transform = MisplacePose(**{**NOTHING, 'limb_prob': 1}, limbs=[ARM])
    after = transform(results)['keypoints'][1]
    root, *moved = ARM_INDICES
    others = sorted(set(range(17)) - set(moved))
    np.testing.assert_allclose(after[others], before[others], rtol=1e-6)
    factor, _, residual = similarity(before[ARM_INDICES], after[ARM_INDICES])
    assert residual < 1e-3
    assert .3 <= abs(factor) <= 1.2
    np.testing.assert_allclose(after[root], before[root], rtol=1e-6)
    assert np.abs(after[moved] - before[moved]).min() > 1


def test_limb_of_an_unannotated_joint_stays():
    np.random.seed(2)
    results = make_results(0, 0)
    results['keypoints_visible'][0, ARM_INDICES[0]] = 0
    before = results['keypoints'].copy()
    transform = MisplacePose(**{**NOTHING, 'limb_prob': 1}, limbs=[ARM])
    after = transform(results)
    np.testing.assert_allclose(after['keypoints'][1], before[0], rtol=1e-6)


def test_limb_is_seen_where_another_is():
    np.random.seed(0)
    leg = ('left_hip', 'left_knee', 'left_ankle')
    indices = [NAMES.index(name) for name in leg]
    found = set()
    for _ in range(20):
        results = make_results(0, 0)
        before = results['keypoints'][0].copy()
        transform = MisplacePose(
            **{**NOTHING, 'limb_swap_prob': 1}, limbs=[ARM, leg])
        after = transform(results)['keypoints'][1]
        # each limb is where it was or where the other one is
        for own, other in ((ARM_INDICES, indices), (indices, ARM_INDICES)):
            place = own if np.allclose(after[own[1]], before[own[1]]) \
                else other
            np.testing.assert_allclose(
                after[own[1:]], before[place[1:]], rtol=1e-6)
            np.testing.assert_allclose(
                after[own[0]], before[own[0]], rtol=1e-6)
            found.add((own[0], place[0]))
    assert len(found) == 4


def test_keypoints_are_taken_for_others():
    np.random.seed(0)
    moved = []
    for _ in range(500):
        results = make_results(0, 0)
        before = results['keypoints'][0].copy()
        after = MisplacePose(**{**NOTHING, 'confuse_prob': 1})(
            results)['keypoints'][1]
        apart = np.linalg.norm(after[:, None] - before[5:], axis=-1)
        # each of the body is at some annotated place; nowhere else
        assert (apart[5:].min(1) < 1e-3).all()
        moved.append((np.abs(after - before).max(1) > 1e-3)[5:].mean())
    # a third, less those that hit themselves or nothing: 1/3 * 11/17
    assert abs(np.mean(moved) - 11 / 51) < .01


def test_errors_are_added_to_the_misplaced_pose():
    """The target stays; the input pose lies around the misplaced one."""
    np.random.seed(3)
    good = dict(
        type='SynthesizePoseError',
        table=dict(
            jitter=[dict(probs={'*': 0.})],
            miss=[dict(probs={'*': 0.})],
            inversion=[dict(probs={'*': 0.})],
            swap=[dict(probs={'*': 0.})]))
    results = MisplacePose(**{**NOTHING, 'prob': 1})(make_results())
    before = results['keypoints'].copy()
    results.update(
        transformed_keypoints=before,
        input_size=(600, 600),
        bbox_scale=np.array([[600., 600.]], np.float32))
    after = Compose([good])(results)
    np.testing.assert_array_equal(after['transformed_keypoints'], before[:1])
    assert after['keypoints'].shape == after['input_pose'].shape == (1, 17, 2)
    area = np.ptp(after['bbox'].reshape(2, 2), axis=0).prod()
    # KS of 0.85 is the limit of a good joint
    limit = np.sqrt(-2 * area * np.log(.85)) * 2 * np.array(META['sigmas'])
    # the face has no annotation, its reference is the misplaced estimate
    reference = np.concatenate((before[4, :5], before[3, 5:]))
    there = after['input_pose_visible'][0] > 0
    assert there.sum() > 10
    away = np.linalg.norm(after['input_pose'][0] - reference, axis=1)
    assert (away <= limit)[there].all()
    true = np.concatenate((before[2, :5], before[0, 5:]))
    assert (np.linalg.norm(reference - true, axis=1) > limit).any()


def test_dropped_pose_is_absent():
    results = MisplacePose(**{**NOTHING, 'drop_prob': 1})(make_results())
    box = results['bbox'].copy()
    before = results['keypoints'].copy()
    results.update(
        transformed_keypoints=before,
        input_size=(600, 600),
        bbox_scale=np.array([[600., 600.]], np.float32))
    after = Compose([dict(type='SynthesizePoseError')])(results)
    assert not after['input_pose_visible'].any()
    assert (after['input_pose_status'] == -1).all()
    np.testing.assert_array_equal(after['transformed_keypoints'], before[:1])
    np.testing.assert_array_equal(after['keypoints_visible'][0, 5:], 2)
    np.testing.assert_array_equal(after['bbox'], box)


def test_seeded():
    poses = []
    for _ in range(2):
        np.random.seed(7)
        poses.append(
            MisplacePose(
                prob=1, drop_prob=0, limbs=[ARM], limb_prob=1)(
                make_results())['keypoints'])
    np.testing.assert_array_equal(*poses)


def test_limbs_are_checked():
    with pytest.raises(ValueError, match='two of the limbs'):
        MisplacePose(limbs=[ARM, ('left_hip', 'left_wrist')])
    with pytest.raises(ValueError, match="'tail'"):
        MisplacePose(limbs=[('left_hip', 'tail')])(make_results())


def test_repr():
    assert 'limbs=()' in repr(MisplacePose())


def test_exactly_the_listed_keys_change():
    np.random.seed(0)
    results = make_results()
    del results['num_near']
    before = {
        key: value.copy() if hasattr(value, 'copy') else value
        for key, value in results.items()
    }
    after = MisplacePose(prob=1, limbs=[ARM])(results)
    assert set(after) - set(before) == {
        'has_misplaced', 'num_near', 'person_bbox'}
    np.testing.assert_array_equal(after['person_bbox'], before['bbox'])
    changed = {
        key
        for key, value in before.items()
        if not np.array_equal(np.asarray(value), np.asarray(after[key]))
    }
    assert changed == {'keypoints', 'keypoints_visible', 'bbox'}
