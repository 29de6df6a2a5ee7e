"""Results against annotations: every field of a diagnosis."""

import numpy as np
import pytest
from toy_people import (
    D85,
    METAINFO,
    NAMES,
    NEAR,
    NEAR_BOX,
    POSE,
    make_annotations,
    make_person,
    make_record,
    moved,
)

from posefix_mm.diagnosis import diagnose_results
from posefix_mm.diagnosis import diagnosis as module

PEOPLE = [
    make_person('a', visible=[2, 2, 0, 1, 2]),
    make_person('b', NEAR, bbox=NEAR_BOX),
    make_person('c', image_id=2),
    make_person('d', image_id=3)
]
RESULTS = [
    'no record',
    make_record(image_id=9),
    make_record(NEAR, score=.9),
    make_record(moved(3, NEAR[3]), absent=[1]),
    make_record(POSE + 1000, image_id=2),
    make_record(moved(1, POSE[2] + [0, D85]), image_id=3),
    make_record(score=0),
]


def diagnose(results=RESULTS, people=PEOPLE, **options):
    return diagnose_results(results, make_annotations(people), METAINFO,
                            **options)


def check(found):
    """Records 2, 3 and 5 belong to b, a and d."""
    assert found.keypoint_names == NAMES
    assert found.record_index.tolist() == [2, 3, 5]
    assert found.annotation_id == ['b', 'a', 'd']
    assert found.image_id == [1, 1, 3]
    assert found.num_visible.tolist() == [5, 4, 5]
    assert found.num_overlap.tolist() == [1, 1, 0]
    assert found.status.tolist() == [[0, 0, 0, 0, 0], [0, 4, -1, 3, 0],
                                     [0, 2, 0, 0, 0]]
    # two of four joints are right, one is 35.4 pixels away
    np.testing.assert_allclose(
        found.oks, [1, (2 + np.exp(-1250 / 200)) / 4, .8], atol=1e-6)
    assert found.ks[1, 1] == 0
    assert np.isnan(found.ks[1, 2])
    assert found.nearest_ks[1, 3] == pytest.approx(1)
    assert found.nearest_ks[2, 1] == pytest.approx(.85)
    assert found.present.sum(1).tolist() == [5, 4, 5]
    assert found.twin_visible.tolist() == [
        [False, True, True, True, True],
        [False, False, True, True, True],
        [False, True, True, True, True],
    ]
    # the nose, right hand and feet of a; left from its twin
    assert found.near_visible.tolist() == [[True] * 5, [True] * 5, [False] * 5]
    assert found.unmatched_records.tolist() == [1, 4]
    assert found.unmatched_annotations == ['c']
    assert found.skipped_records == 2


def test_every_field():
    found = diagnose()
    assert len(found) == 3
    check(found)


@pytest.mark.parametrize('size', [1, 2])
def test_chunks_do_not_matter(size, monkeypatch):
    monkeypatch.setattr(module, '_CHUNK', size)
    check(diagnose())


def test_counts_of_statuses():
    counts = diagnose().count()
    assert counts.shape == (3, 5, 5)
    assert counts.sum((0, 1)).tolist() == [11, 0, 1, 1, 1]
    assert counts[1, 2].tolist() == [0] * 5  # not annotated


def test_ks_averages_to_oks():
    rng = np.random.default_rng(0)
    found = diagnose([make_record(POSE + rng.normal(0, 5, (5, 2)))])
    np.testing.assert_allclose(np.nanmean(found.ks, 1), found.oks, rtol=1e-5)


def test_the_area_of_the_box_makes_wider_bands():
    """125 x 180 instead of 10000: d(.85) grows by the root of 2.25."""
    results = [make_record(moved(0, POSE[0] - [0, 1.4 * D85]), image_id=3)]
    narrow, wide = (diagnose(results, area=a) for a in ('annotation', 'bbox'))
    assert narrow.status[0, 0] == 1
    assert wide.status[0, 0] == 0
    assert narrow.oks == wide.oks


def test_no_match_is_an_empty_diagnosis():
    found = diagnose([make_record(POSE + 1000)])
    assert len(found) == 0
    assert found.status.shape == found.ks.shape == found.present.shape == (0,
                                                                           5)
    assert found.unmatched_annotations == ['a', 'b', 'c', 'd']


@pytest.mark.parametrize(('results', 'message'), [
    ({}, 'must be a list of records.*got a dict'),
    ([], 'none of the 0 records'),
    ([make_record(score=0)], 'none of the 1 records.*record 0: score'),
    ([make_record(image_id='1')], "no image_id.*'1', is one.*such as 1;"),
    ([dict(make_record(), category_id=3)],
     r'category_id of the results, \[3\], and of the annotations, \[1\]'),
    ([dict(make_record(), keypoints=[1, 2, .5] * 17)],
     'none of the 1 records.*must hold 15 numbers'),
])
def test_what_does_not_meet(results, message):
    with pytest.raises(ValueError, match=message):
        diagnose(results)
