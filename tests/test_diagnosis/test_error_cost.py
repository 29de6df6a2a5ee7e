"""AP that each error costs, where it can be counted by hand."""

import copy

import numpy as np
import pytest
from toy_people import (
    D50,
    D85,
    METAINFO,
    POSE,
    SIGMAS,
    make_annotations,
    make_person,
    make_record,
    moved,
)

from posefix_mm.diagnosis import diagnose_results, error_costs, repair_errors
from posefix_mm.structures.oks import INVERSION, JITTER, MISS

TRUTH = make_annotations(
    [make_person(1), make_person(2, image_id=2, visible=[0, 2, 2, 2, 2])])
# a perfect pose, and one with the hands exchanged and both feet at one place
RESULTS = [
    make_record(score=.9),
    make_record(POSE[[0, 2, 1, 4, 4]], image_id=2, extra='kept')
]


@pytest.fixture(scope='module')
def found():
    return diagnose_results(RESULTS, TRUTH, METAINFO)


def test_repair_puts_the_joints_of_one_type_right(found):
    before = copy.deepcopy(RESULTS)
    repaired = repair_errors(found, RESULTS, TRUTH, [INVERSION])
    assert RESULTS == before
    assert repaired[0] is RESULTS[0]
    assert repaired[1] == make_record(image_id=2, extra='kept')
    assert repair_errors(found, RESULTS, TRUTH, [JITTER]) == RESULTS


def test_costs(found):
    """OKS of the second pose is a quarter: one person of two is found.

    pycocotools interpolates at 101 recalls, of which 51 are up to a half.
    """
    costs = error_costs(found, RESULTS, TRUTH, SIGMAS)
    ap = 100 * 51 / 101
    assert costs == pytest.approx(
        dict(
            AP=ap, jitter=0, inversion=100 - ap, swap=0, miss=0,
            all=100 - ap))


def test_cost_of_jitter():
    """An OKS of just above .50 passes one of ten thresholds."""
    results = [make_record(POSE + [D50 * .99, 0.])]
    truth = make_annotations([make_person(1)])
    found = diagnose_results(results, truth, METAINFO)
    assert error_costs(found, results, truth, SIGMAS) == pytest.approx(
        dict(AP=10, jitter=90, inversion=0, swap=0, miss=0, all=90))


def test_joints_are_moved_as_coco_analyze_does():
    """To a similarity of the fourth root, right of the true place."""
    up = np.array([0., -1.])
    pose = moved(1, POSE[1] + 8 * up)  # jitter
    pose = moved(0, POSE[0] + 30 * up, pose)  # missed
    pose = moved(4, POSE[3] + 6 * up, pose)  # inverted
    truth = make_annotations([make_person(1)])
    results = [make_record(pose)]
    found = diagnose_results(results, truth, METAINFO)
    assert found.status.tolist() == [[MISS, JITTER, 0, 0, INVERSION]]
    [record] = repair_errors(
        found, results, truth, [JITTER, MISS, INVERSION], sigmas=SIGMAS)
    fixed = np.reshape(record['keypoints'], (-1, 3))[:, :2]
    shift = fixed - POSE
    assert not shift[:, 1].any()
    # half of the distances that have these similarities
    assert shift[:, 0].tolist() == pytest.approx([D50 / 2, D85 / 2, 0, 0, 3])
    again = diagnose_results([record], truth, METAINFO)
    assert again.ks[0].tolist() == pytest.approx(
        [.5**.25, .85**.25, 1, 1, np.exp(-36 / 200)**.25])
    assert .85**.25 == pytest.approx(.96, abs=5e-4)


def test_costs_of_joints_that_are_moved():
    """Three misses of five joints: OKS .2 + .2 + .6 * .84 = .904."""
    truth = make_annotations([make_person(1)])
    pose = POSE.copy()
    pose[:3] += 1000
    results = [make_record(pose)]
    found = diagnose_results(results, truth, METAINFO)
    for repair, ap in (('replace', 100), ('move', 90)):
        costs = error_costs(found, results, truth, SIGMAS, repair=repair)
        assert costs['AP'] == 0
        assert costs['miss'] == costs['all'] == pytest.approx(ap)
    with pytest.raises(ValueError, match='repair must be one of'):
        error_costs(found, results, truth, SIGMAS, repair='')


def test_annotations_without_categories(found):
    truth = {k: v for k, v in TRUTH.items() if k != 'categories'}
    with pytest.raises(ValueError, match='no categories'):
        error_costs(found, RESULTS, truth, SIGMAS)
