"""Shares of the statuses, as a whole and in parts."""

from dataclasses import replace

import numpy as np
import pytest
from toy_people import (
    METAINFO,
    NEAR,
    NEAR_BOX,
    POSE,
    make_annotations,
    make_person,
    make_record,
    moved,
)

from posefix_mm.diagnosis import (
    diagnose_results,
    status_frequency,
    summarize,
    summarize_changes,
)
from posefix_mm.diagnosis.summary import frequency_tables

PEOPLE = [
    make_person(1),
    make_person(2, NEAR, bbox=NEAR_BOX),
    make_person(3, image_id=2),
    make_person(4, image_id=3, visible=[0, 2, 2, 0, 0])
]
TRUTH = make_annotations(PEOPLE)
BEFORE = [
    make_record(moved(1, POSE[2])),  # inversion
    make_record(moved(0, POSE[0] + [0, 8], NEAR)),  # swap
    make_record(moved(4, POSE[4] + [8, 0]), image_id=2),  # jitter
    make_record(image_id=3, absent=[2]),  # miss
]
AFTER = [
    make_record(score=.6),
    make_record(NEAR),
    make_record(POSE + 500, image_id=2),
    make_record(image_id=3)
]


def diagnose(results):
    return diagnose_results(results, TRUTH, METAINFO)


@pytest.fixture(scope='module')
def before():
    return diagnose(BEFORE)


def test_shares_of_all_joints(before):
    """17 annotated joints, one with each of the errors."""
    shares = status_frequency(before)
    assert list(shares) == ['good', 'jitter', 'inversion', 'swap', 'miss']
    assert sum(shares.values()) == pytest.approx(1)
    expected = before.count().sum((0, 1)) / 17
    np.testing.assert_allclose(list(shares.values()), expected)
    # 8 pixels from the nose of person 1: KS .73
    np.testing.assert_allclose(expected * 17, [13, 1, 1, 1, 1])


def test_shares_by_joint(before):
    table = frequency_tables(before)['by_joint']
    assert [part['joints'] for part in table.values()] == [3, 4, 4, 3, 3]
    assert table['left_hand'] == dict(
        good=.75, jitter=0, inversion=.25, swap=0, miss=0, joints=4)
    assert table['right_hand'] == dict(
        good=.75, jitter=0, inversion=0, swap=0, miss=.25, joints=4)
    assert table['right_foot'] == pytest.approx(
        dict(good=2 / 3, jitter=1 / 3, inversion=0, swap=0, miss=0, joints=3))


def test_shares_by_number_of_annotated_joints(before):
    table = frequency_tables(before)['by_visible']
    assert list(table) == ['1-5'] and table['1-5']['joints'] == 17
    for counts, bins in (((5, 6, 10, 11), {'1-5': 5, '6-10': 10, '11-15': 2}),
                         ((15, 16, 99, 1), {'11-15': 5, '16 or more': 10,
                                            '1-5': 2})):
        other = replace(before, num_visible=np.array(counts))
        table = frequency_tables(other)['by_visible']
        assert {name: part['joints'] for name, part in table.items()} == bins


def test_shares_by_near_persons(before):
    table = frequency_tables(before)['by_overlap']
    assert list(table) == ['0', '1-2']
    assert table['0'] == pytest.approx(dict(
        good=5 / 7, jitter=1 / 7, inversion=0, swap=0, miss=1 / 7, joints=7))
    assert table['1-2'] == pytest.approx(dict(
        good=.8, jitter=0, inversion=.1, swap=.1, miss=0, joints=10))
    many = replace(before, num_overlap=np.array([2, 3, 9, 0]))
    table = frequency_tables(many)['by_overlap']
    assert {name: part['joints'] for name, part in table.items()} == {
        '0': 2, '1-2': 5, '3 or more': 10}


def test_distribution_of_oks(before):
    found = summarize(before)['oks']
    oks = [.8 + .2 * np.exp(-1e4 / 200)] * 2
    oks[1] = .8  # the nose is 30 pixels off
    oks[1] += .2 * np.exp(-(25**2 + 17**2) / 200)
    oks += [.8 + .2 * np.exp(-64 / 200), .5]
    assert found['mean'] == pytest.approx(np.mean(oks), abs=1e-6)
    assert found['median'] == pytest.approx(np.median(oks), abs=1e-6)
    np.testing.assert_allclose(
        found['histogram'], np.histogram(oks, 10, (0, 1))[0] / 4)


def test_nobody_matched():
    empty = diagnose([make_record(POSE + 500)])
    with pytest.raises(ValueError, match='no pose of the results belongs'):
        status_frequency(empty)


def test_changes_of_the_persons_in_both(before):
    """Person 3 has lost its pose; its jitter is not counted."""
    after = diagnose(AFTER)
    assert after.annotation_id == [1, 2, 4]
    changes = summarize_changes(before, after)
    assert [row['good'] for row in changes.values()] == [9, 0, 1, 1, 1]
    assert sum(sum(row.values()) for row in changes.values()) == 12
    assert changes['miss'] == dict(
        good=1, jitter=0, inversion=0, swap=0, miss=0)


def test_summary(before):
    content = summarize(before, dict(AP=50., jitter=1., all=2.))
    assert content['frequency'] == status_frequency(before)
    assert (content['joints'], content['absent_joints']) == (17, 1)
    tables = frequency_tables(before)
    assert content['by_joint'] == tables['by_joint']
    assert content['by_overlap']['1-2']['swap'] == pytest.approx(.1)
    assert list(content['by_visible']) == ['1-5']
    assert (content['ap'], content['ap_cost']) == (50, dict(jitter=1, all=2))
    assert 'ap' not in summarize(before)
    numbers = [
        content[k] for k in ('matched', 'unmatched_records',
                             'unmatched_annotations', 'skipped_records')
    ]
    assert numbers == [4, 0, 0, 0]
