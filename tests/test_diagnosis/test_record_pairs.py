"""Which refined pose is which input pose."""

import numpy as np
import pytest
import toy_people as toy

from posefix_mm.diagnosis.comparison import joint_moves, pair_records
from posefix_mm.structures.pose_records import parse_pose_record


def parse(records: list) -> list:
    return [
        parse_pose_record(i, raw, 5, None) for i, raw in enumerate(records)
    ]


def shifted(x: float, **fields) -> dict:
    return toy.make_record(toy.POSE + [x, 0], **fields)


def pairs_of(before: list, after: list) -> tuple:
    found = pair_records(parse(before), parse(after))
    return (list(
        zip(found.before.tolist(), found.after.tolist(),
            strict=True)), found.dropped, found.added)


def test_files_of_the_same_order_are_paired_by_it() -> None:
    """Even where another pose of the image is nearer."""
    before = [shifted(0), shifted(100)]
    after = [shifted(90), shifted(10)]
    assert pairs_of(before, after) == ([(0, 0), (1, 1)], 0, 0)


def test_dropped_duplicate() -> None:
    before = [
        shifted(0, score=.9),
        shifted(3, score=.8),
        shifted(99, score=.7),
        shifted(0, image_id=2)
    ]
    after = [before[0], before[2], before[3]]
    assert pairs_of(before, after) == ([(0, 0), (2, 1), (3, 2)], 1, 0)


def test_score_tells_more_than_distance() -> None:
    before = [
        shifted(0, score=.9),
        shifted(50, score=.8),
        shifted(9, score=.1)
    ]
    after = [shifted(52, score=.9), shifted(1, score=.8)]
    assert pairs_of(before, after) == ([(0, 0), (1, 1)], 1, 0)


def test_distance_decides_between_equal_scores() -> None:
    before = [shifted(0), shifted(50), shifted(200)]
    after = [shifted(49), shifted(1)]
    assert pairs_of(before, after) == ([(0, 1), (1, 0)], 1, 0)


def test_another_order_of_images() -> None:
    before = [shifted(0, image_id='a'), shifted(0, image_id='b')]
    assert pairs_of(before, before[::-1]) == ([(0, 1), (1, 0)], 0, 0)


def test_unusable_records_have_no_pair() -> None:
    before = [shifted(0, score=0), shifted(5), None]
    assert pairs_of(before, before) == ([(1, 1)], 0, 0)


def test_pose_of_nobody() -> None:
    before = [shifted(0)]
    after = [shifted(0), shifted(7), shifted(0, image_id=9)]
    assert pairs_of(before, after) == ([(0, 0)], 0, 2)


def test_nothing_in_common() -> None:
    assert pairs_of([shifted(0)], [shifted(0, image_id=2),
                                   shifted(1)][:1]) == ([], 1, 1)


@pytest.mark.parametrize('scale', [1., 7.])
def test_moves_are_shares_of_the_person(scale) -> None:
    """The pose spans 100 x 150; a joint goes 30 to the right."""
    before = toy.POSE[None] * scale
    after = before.copy()
    after[0, 2] += [30 * scale, 0]
    visible = np.array([[True, True, True, True, False]])
    # without the last joint the extent stays 100 x 150
    np.testing.assert_allclose(
        joint_moves(before, after, visible), [[0, 0, .2, 0, np.nan]])


def test_a_point_counts_as_a_pixel() -> None:
    visible = np.array([[True, False]])
    moves = joint_moves(np.zeros((1, 2, 2)), np.full((1, 2, 2), 3.), visible)
    np.testing.assert_allclose(moves, [[18**.5, np.nan]])
    assert np.isnan(
        joint_moves(np.zeros((1, 2, 2)), np.ones((1, 2, 2)),
                    ~visible & False)).all()
