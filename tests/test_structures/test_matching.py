"""Poses get the persons that COCO's evaluation gives them."""

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from toy_people import (
    NEAR,
    NEAR_BOX,
    POSE,
    SIGMAS,
    make_annotations,
    make_person,
    make_record,
)

from posefix_mm.structures.people import load_people, match_records
from posefix_mm.structures.pose_records import parse_pose_record


def match(records, people, **options):
    parsed = [
        parse_pose_record(i, r, 5, None) for i, r in enumerate(records)
    ]
    assert all(r.problem is None for r in parsed)
    index, person, oks = match_records(
        parsed, load_people(make_annotations(people), 5), np.array(SIGMAS),
        **options)
    return list(zip(index.tolist(), person.tolist(), strict=True)), oks


TWO = [make_person(1), make_person(2, NEAR, bbox=NEAR_BOX)]


def test_each_pose_takes_the_best_person():
    pairs, oks = match([make_record(NEAR + 1), make_record(POSE + 1)], TWO)
    assert pairs == [(0, 1), (1, 0)]
    # each joint is sqrt(2) away: exp(-2 / 200)
    np.testing.assert_allclose(oks, np.exp(-.01), rtol=1e-6)


def test_the_higher_score_chooses_first():
    """The second has what it likes; the first gets nothing above the floor."""
    records = [make_record(POSE, score=.4), make_record(POSE + 3, score=.6)]
    assert match(records, TWO)[0] == [(1, 0)]
    pairs, oks = match(records, TWO, oks_thr=0.)
    assert pairs == [(0, 1), (1, 0)]
    # 25 * sqrt(2) away from the other person
    assert oks[0] == pytest.approx(np.exp(-1250 / 200))


def test_of_equal_scores_the_first_record_chooses():
    assert match([make_record(), make_record()], TWO[:1])[0] == [(0, 0)]


@pytest.mark.parametrize(('shift', 'pairs'), [(21.4, [(0, 0)]), (21.5, [])])
def test_floor_of_a_tenth(shift, pairs):
    """OKS is .10 at 21.46 pixels."""
    assert match([make_record(POSE + [shift, 0])], TWO[:1])[0] == pairs


def test_other_images_and_categories_do_not_count():
    records = [make_record(image_id=2), dict(make_record(), category_id=2)]
    assert match(records, TWO)[0] == []


def test_absent_joints_have_no_similarity():
    _, oks = match([make_record(absent=[0, 1])], TWO[:1])
    assert oks.tolist() == [.6]


def test_oks_is_pycocotools():
    rng = np.random.default_rng(0)
    people = [
        make_person(
            i + 1,
            POSE + rng.normal(0, 40, 2),
            visible=[2, *rng.integers(0, 3, 4)],
            area=rng.uniform(3e3, 2e4)) for i in range(4)
    ]
    records = [
        make_record(
            np.array(person['keypoints']).reshape(-1, 3)[:, :2] +
            rng.normal(0, 6, (5, 2)),
            score=score) for person, score in zip(
                people, [.9, .8, .7, .6], strict=True)
    ]
    truth = COCO()
    truth.dataset = make_annotations(people)
    truth.createIndex()
    evaluation = COCOeval(truth, truth.loadRes(records), 'keypoints')
    evaluation.params.kpt_oks_sigmas = np.array(SIGMAS)
    evaluation._prepare()
    expected = evaluation.computeOks(1, 1)  # by descending score
    pairs, oks = match(records, people, oks_thr=0.)
    assert len(pairs) == 4
    for (record, person), value in zip(pairs, oks, strict=True):
        assert value == pytest.approx(expected[record, person], rel=1e-5)
