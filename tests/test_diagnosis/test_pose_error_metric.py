"""The metric in mmengine's evaluator and in the test tool."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample
from toy_people import (
    METAINFO,
    NAMES,
    POSE,
    make_annotations,
    make_person,
    moved,
)

from posefix_mm.diagnosis import (
    diagnose_files,
    error_costs,
    load_skeleton,
    status_frequency,
)

REFINER = 'body_2d_keypoint/posefix/demo/posefix_tiny_1xb32-14e_demo-64x48.py'

TRUTH = make_annotations([make_person(1), make_person(2, image_id=2)])
ALL_GOOD = dict(good=100, jitter=0, inversion=0, swap=0, miss=0)


def sample(pose, image_id, score=.9):
    """Make the output of a top-down estimator."""
    pred = InstanceData(
        keypoints=pose[None].copy(),
        keypoint_scores=np.ones((1, len(pose))),
        bboxes=np.array([[0., 0., 100., 100.]]),
        bbox_scores=np.array([score]))
    truth = InstanceData(
        bbox_scores=np.array([score]), bboxes=np.zeros((1, 4)))
    data = PoseDataSample(
        metainfo=dict(
            id=image_id, img_id=image_id, category_id=1, ori_shape=(400, 400)))
    data.pred_instances, data.gt_instances = pred, truth
    return data.to_dict()


@pytest.fixture
def evaluate(tmp_path, mmpose_scope):
    """Evaluate poses of images 1 and 2, as a runner does."""
    (tmp_path / 'truth.json').write_text(json.dumps(TRUTH))

    def run(poses, **options):
        evaluator = Evaluator([
            dict(
                type='PoseErrorMetric',
                ann_file=str(tmp_path / 'truth.json'),
                score_mode='bbox',
                **options)
        ])
        evaluator.dataset_meta = dict(
            METAINFO,
            keypoint_name2id={n: i
                              for i, n in enumerate(NAMES)},
            CLASSES=TRUTH['categories'])
        evaluator.process(
            [sample(pose, i) for i, pose in enumerate(poses, 1)],
            data_batch=[{}] * len(poses))
        found = evaluator.evaluate(len(poses))
        assert all(name.startswith('pose_error/') for name in found)
        return {name.split('/')[1]: value for name, value in found.items()}

    return run


def test_shares_in_percent(evaluate):
    found = evaluate([POSE, moved(1, POSE[2])])
    assert found == pytest.approx(
        dict(ALL_GOOD, matched=100, OKS=.9, good=90, inversion=10))


def test_poses_of_nobody(evaluate):
    found = evaluate([POSE, POSE + 500])
    assert found == pytest.approx(dict(ALL_GOOD, matched=50, OKS=1))


def test_a_network_that_has_not_learned_anything(evaluate):
    found = evaluate([POSE + 500])
    assert (found['matched'], found['OKS']) == (0, 0)
    assert math.isnan(found['good'])


def test_floor(evaluate):
    assert evaluate([POSE + [21., 0.]])['matched'] == 100
    assert evaluate([POSE + [21., 0.]], oks_thr=.2)['matched'] == 0


def test_cost(evaluate):
    """One person of two is found at thresholds up to .80: 4 of 10 more."""
    found = evaluate([POSE, moved(1, POSE[2])], with_cost=True)
    half, thresholds = 100 * 51 / 101, 3
    ap = (7 * 100 + thresholds * half) / 10
    assert found['AP lost to inversion'] == pytest.approx(100 - ap)
    assert found['AP lost to all'] == pytest.approx(100 - ap)
    assert found['AP lost to miss'] == 0
    assert 'AP lost to AP' not in found


def test_annotations_of_another_skeleton(evaluate, tmp_path):
    content = json.loads((tmp_path / 'truth.json').read_text())
    content['annotations'][0]['keypoints'] = [1, 2, 2]
    (tmp_path / 'truth.json').write_text(json.dumps(content))
    with pytest.raises(ValueError, match='must have 15 numbers as'):
        evaluate([POSE])


def test_stands_beside_coco_metric_in_a_runner(people, tmp_path):
    """All joints pass through: the diagnosis is that of the input file."""
    cfg = Config.fromfile(
        Path(__file__).resolve().parents[2] / 'configs' / REFINER)
    cfg.model.passthrough_keypoints = list(range(17))
    cfg.merge_from_dict(
        dict(work_dir=str(tmp_path), experiment_name='pose_error'))
    cfg.test_dataloader.dataset.update(
        data_root=str(people),
        ann_file='annotations.json',
        pose_file='results.json',
        data_prefix=dict(img='images/'))
    shared = dict(
        ann_file=str(people / 'annotations.json'), score_mode='bbox')
    cfg.test_evaluator = [
        dict(shared, type='CocoMetric'),
        dict(shared, type='PoseErrorMetric', with_cost=True)
    ]
    with DefaultScope.overwrite_default_scope('mmpose'):
        found = Runner.from_cfg(cfg).test()
    metainfo = load_skeleton()
    expected = diagnose_files(people / 'results.json',
                              people / 'annotations.json', metainfo)
    shares = status_frequency(expected.diagnosis)
    assert {k: found[f'pose_error/{k}'] / 100 for k in shares} == \
        pytest.approx(shares, abs=1e-6)
    assert found['pose_error/OKS'] == pytest.approx(
        expected.diagnosis.oks.mean(), abs=1e-5)
    costs = error_costs(*expected, metainfo['sigmas'])
    assert found['coco/AP'] * 100 == pytest.approx(costs['AP'], abs=.01)
    assert found['pose_error/AP lost to all'] == pytest.approx(
        costs['all'], abs=.01)
