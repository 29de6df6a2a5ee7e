"""The transform around the synthesis: rows, keys and randomness."""

import copy
from functools import partial

import numpy as np
import pytest
import torch
from mmengine.dataset import worker_init_fn
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import TRANSFORMS

from posefix_mm.datasets.transforms import ERROR_TYPES
from posefix_mm.datasets.transforms import synthesize_pose_error as module

TOY = ['head', 'left_hand', 'right_hand', 'left_foot', 'right_foot']
TABLE = dict(
    jitter=[dict(probs={'*': .2})],
    inversion=[dict(probs={'*': .2})],
    swap=[dict(probs={'*': .2})],
    miss=[dict(probs={'*': .2})])
ADDED = {'input_pose', 'input_pose_visible', 'input_pose_status'}


def certain(error):
    """Return a table with one error and nothing else."""
    return {} if error == 'good' else {error: [dict(probs={'*': 1.})]}


def build(table=TABLE, **kwargs):
    return TRANSFORMS.build(
        dict(type='SynthesizePoseError', table=table, **kwargs))


def make_results(num_near=1, estimates=1, **changes):
    """Make what comes out of the crop: 96 x 128, at scale 2."""
    rng = np.random.default_rng(0)
    rows = 1 + num_near + estimates
    crop = rng.uniform(10, 86, (rows, 5, 2)).astype(np.float32)
    results = dict(
        id=3,
        transformed_keypoints=crop,
        keypoints=crop / 2 + 7,
        keypoints_visible=np.full((rows, 5), 2., np.float32),
        bbox=np.array([[10., 10., 40., 50.]], np.float32),
        bbox_scale=np.array([[48., 64.]], np.float32),
        input_size=(96, 128),
        flip_indices=[0, 2, 1, 4, 3],
        sigmas=np.full(5, .05),
        keypoint_names=TOY,
        num_near=num_near,
        img=np.zeros((128, 96, 3), np.uint8))
    return dict(results, **changes)


def test_adds_and_modifies_exactly_what_it_says():
    results = make_results()
    before = copy.deepcopy(results)
    after = build().transform(results)
    assert set(after) == set(before) | ADDED
    rows = {'transformed_keypoints', 'keypoints', 'keypoints_visible'}
    for key in before:
        expected = before[key][:1] if key in rows else before[key]
        np.testing.assert_equal(after[key], expected, err_msg=key)
    assert {k: (after[k].shape, after[k].dtype.name)
            for k in ADDED} == dict(
                input_pose=((1, 5, 2), 'float32'),
                input_pose_visible=((1, 5), 'float32'),
                input_pose_status=((1, 5), 'int64'))


def test_area_is_the_boxs_in_input_pixels():
    """Jitter ends at d(.50), which is known for the box of 30 x 40."""
    transform = build(certain('jitter'))
    scale = 2.
    d85, d50 = (
        np.sqrt(-2 * np.log(ks) * 30 * 40 * scale**2) * 2 * .05
        for ks in (.85, .5))
    radii = []
    for _ in range(100):
        results = make_results(num_near=0, estimates=0)
        own = results['transformed_keypoints'][0]
        results = transform.transform(results)
        jitter = results['input_pose_status'][0] == 1
        offset = (results['input_pose'][0] - own)[jitter]
        radii.extend(np.linalg.norm(offset, axis=-1))
    assert d85 - 1e-3 <= min(radii) < d85 * 1.02
    assert d50 * .98 < max(radii) <= d50 + 1e-3


def test_seed_makes_a_sample_depend_on_its_id_only():
    first, second = build(seed=1), build(seed=1)
    np.random.seed(0)
    for identity in (5, 6):
        second.transform(make_results(id=identity))
    np.random.seed(1)
    poses = [
        t.transform(make_results(id=i))['input_pose']
        for t, i in ((first, 5), (second, 5), (first, 6), (build(seed=2), 5))
    ]
    np.testing.assert_array_equal(poses[0], poses[1])
    assert (poses[0] != poses[2]).any()
    assert (poses[0] != poses[3]).any()


def test_without_seed_every_visit_is_new_and_numpys_seed_repeats_all():
    runs = []
    for _ in range(2):
        np.random.seed(4)
        transform = build()
        runs.append([
            transform.transform(make_results())['input_pose']
            for _ in range(2)
        ])
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0][0] != runs[0][1]).any()


def test_another_process_has_another_source(monkeypatch):
    transform = build()
    np.random.seed(0)
    transform.transform(make_results())
    poses = []
    for pid, seed in ((-2, 0), (-3, 1), (-4, 0)):
        monkeypatch.setattr(module.os, 'getpid', lambda pid=pid: pid)
        np.random.seed(seed)
        poses.append(transform.transform(make_results())['input_pose'])
    assert (poses[0] != poses[1]).any()
    np.testing.assert_array_equal(poses[0], poses[2])


class Samples(torch.utils.data.Dataset):
    """The same sample again and again, with an error each time."""

    def __init__(self, transform):
        self.transform = transform

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return self.transform.transform(make_results())['input_pose']


def test_forked_workers_differ_and_repeat():
    transform = build()
    transform.transform(make_results())  # the parent has its source already
    init = partial(worker_init_fn, num_workers=2, rank=0, seed=0)
    runs = [[
        pose.numpy() for pose in torch.utils.data.DataLoader(
            Samples(transform),
            batch_size=None,
            num_workers=2,
            multiprocessing_context='fork',
            worker_init_fn=init)
    ] for _ in range(2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    for i in range(4):
        for j in range(i):
            assert (runs[0][i] != runs[0][j]).any()


def test_estimate_is_taken_for_joints_without_annotation():
    results = make_results(num_near=1)
    crop = results['transformed_keypoints'].copy()
    results['keypoints_visible'][0, 2:] = 0
    results['keypoints_visible'][2, 4] = 0  # the estimate lacks one, too
    results = build(certain('good')).transform(results)
    offset = np.linalg.norm(results['input_pose'][0] - crop, axis=-1)
    nearest = offset.argmin(0)
    assert nearest.tolist()[:4] == [0, 0, 2, 2]
    assert results['input_pose_visible'].tolist() == [[1, 1, 1, 1, 0]]
    assert results['input_pose_status'].tolist() == [[0, 0, 0, 0, -1]]


def test_without_num_near_all_rows_are_near_persons():
    results = make_results(num_near=2, estimates=0)
    del results['num_near']
    results['keypoints_visible'][0] = 0
    results['keypoints_visible'][0, 0] = 2
    results = build(certain('swap')).transform(results)
    # what has no place of its own is absent
    swap = ERROR_TYPES.index('swap')
    assert results['input_pose_status'].tolist() == [[swap, -1, -1, -1, -1]]


@pytest.mark.parametrize('outside', [(-.1, 5.), (96., 5.), (5., -3.),
                                     (5., 128.)])
def test_outside_the_crop_only_a_joints_own_place_counts(outside):
    results = make_results(num_near=1, estimates=0)
    results['transformed_keypoints'][0, 1] = outside
    results['transformed_keypoints'][1] = outside
    results = build(certain('good')).transform(results)
    assert results['input_pose_status'].tolist() == [[0, 0, 0, 0, 0]]
    np.testing.assert_allclose(results['input_pose'][0, 1], outside, atol=15)
    results = make_results(num_near=1, estimates=0)
    results['transformed_keypoints'][1] = outside
    results = build(certain('swap')).transform(results)
    assert (results['input_pose_status'] == -1).all()


def test_points_outside_the_crop_are_not_counted_as_annotated():
    table = dict(
        jitter=[dict(max_visible=3, probs={'*': 1.})],
        inversion=[dict(max_visible=5, probs={'*': 0.})])
    results = make_results(num_near=0, estimates=0)
    results['transformed_keypoints'][0, 3:] = -50.
    status = build(table).transform(results)['input_pose_status']
    assert status.tolist() == [[1, 1, 1, 1, 1]]


def test_own_place_below_the_crop_as_in_the_release():
    """A right ankle 6 px below the crop is mostly shown where it is."""
    meta = parse_pose_metainfo(
        dict(from_file='configs/_base_/datasets/coco.py'))
    points = np.stack(
        np.meshgrid(np.arange(4) * 60 + 5., np.arange(5) * 60 + 5.),
        -1).reshape(-1, 2)[:17]
    points[16] = 100, 128 + 400 + 6  # far from its twin and the others
    points = np.repeat(points[None], 2, 0)  # an estimate in the same place
    transform, statuses = build(None), []
    for _ in range(1500):
        results = transform.transform(
            make_results(
                transformed_keypoints=points.astype(np.float32),
                keypoints=points,
                keypoints_visible=np.ones((2, 17), np.float32),
                num_near=0,
                input_size=(256, 528),
                flip_indices=meta['flip_indices'],
                sigmas=np.array(meta['sigmas']),
                keypoint_names=list(meta['keypoint_id2name'].values())))
        statuses.append(results['input_pose_status'][0, 16])
    shares = np.bincount(statuses, minlength=5) / 1500
    # the table's without a swap, for which there is nobody
    expected = np.array([.76, .10, .06, 0, .05]) / .97
    np.testing.assert_allclose(shares, expected, atol=.045)


def test_absent_keypoints_are_never_shown():
    transform = build(absent_keypoints=['left_hand', 'head'])
    for _ in range(20):
        results = transform.transform(make_results())
        assert not results['input_pose_visible'][0, :2].any()
        assert not (results['input_pose_status'][0, 2] == 2)  # no twin


def test_unknown_absent_keypoint_is_an_error():
    with pytest.raises(
            ValueError, match=r"absent_keypoints \['tail'\] are not key"):
        build(absent_keypoints=['tail']).transform(make_results())


@pytest.mark.parametrize('dataset', ['ap10k', 'coco', 'mpii', 'crowdpose'])
def test_any_skeleton_of_mmpose(dataset):
    meta = parse_pose_metainfo(
        dict(from_file=f'configs/_base_/datasets/{dataset}.py'))
    number = meta['num_keypoints']
    points = np.random.default_rng(0).uniform(5, 90, (2, number, 2))
    results = make_results(
        transformed_keypoints=points.astype(np.float32),
        keypoints=points,
        keypoints_visible=np.ones((2, number), np.float32),
        flip_indices=meta['flip_indices'],
        sigmas=np.array(meta['sigmas']),
        keypoint_names=list(meta['keypoint_id2name'].values()))
    results = build().transform(results)
    assert results['input_pose'].shape == (1, number, 2)
    assert results['input_pose_visible'].all()


def test_one_transform_serves_several_skeletons():
    transform = build()
    transform.transform(make_results())
    results = make_results(
        keypoint_names=list('abcde'), flip_indices=[0, 1, 2, 3, 4])
    for _ in range(20):
        status = transform.transform(dict(results))['input_pose_status']
        assert not (status == ERROR_TYPES.index('inversion')).any()


def test_repr_shows_the_parameters():
    text = repr(
        build({}, absent_keypoints=['head'], absent_probs={'*': .1}, seed=7))
    assert text == ("SynthesizePoseError(table={}, joint_groups=None, "
                    "absent_keypoints=('head',), radius_quantiles=None, "
                    "absent_probs={'*': 0.1}, seed=7)")


def test_absent_probs_take_out_that_share_of_each_group():
    transform = build(
        certain('good'),
        joint_groups=dict(hand=['hand']),
        absent_probs={'hand': .5})
    np.random.seed(0)
    poses = [transform.transform(make_results()) for _ in range(400)]
    visible = np.concatenate([p['input_pose_visible'] for p in poses])
    status = np.concatenate([p['input_pose_status'] for p in poses])
    keypoints = np.concatenate([p['input_pose'] for p in poses])
    assert (visible[:, [0, 3, 4]] == 1).all()
    np.testing.assert_allclose(visible[:, 1:3].mean(0), .5, atol=.1)
    assert (keypoints[visible == 0] == 0).all()
    np.testing.assert_array_equal(status, np.where(visible > 0, 0, -1))


def test_radius_quantiles_move_the_radii():
    """All good joints lie at half of d(.85)."""
    transform = build(
        certain('good'), radius_quantiles=dict(good=[.5, .5, .5]))
    results = make_results(num_near=0, estimates=0)
    own = results['transformed_keypoints'][0]
    d85 = np.sqrt(-2 * np.log(.85) * 30 * 40 * 2.**2) * 2 * .05
    pose = transform.transform(results)['input_pose'][0]
    np.testing.assert_allclose(
        np.linalg.norm(pose - own, axis=-1), .5 * d85, rtol=1e-3)
