"""Before against after, where the right answer is known."""

import json

import numpy as np
import pytest
import toy_people as toy

from posefix_mm.diagnosis import compare_results

METAINFO = dict(toy.METAINFO, skeleton_links=[[0, 1], [0, 2], [0, 3], [0, 4]])
# image 2: a hand at its twin before, right after; image 3 the other way round
INVERTED = toy.moved(1, toy.POSE[2])
ANNOTATIONS = toy.make_annotations(
    [toy.make_person(10 + i, image_id=i) for i in (1, 2, 3)])


@pytest.fixture
def compare(tmp_path):

    def run(before: list, after: list, annotations=ANNOTATIONS):
        for name, records in (('before', before), ('after', after)):
            (tmp_path / name).write_text(json.dumps(records))
        return compare_results(tmp_path / 'before', tmp_path / 'after',
                               METAINFO, annotations)

    return run


def record(image_id: int, pose=toy.POSE, **fields) -> dict:
    return toy.make_record(pose, image_id=image_id, **fields)


@pytest.fixture
def found(compare):
    far = toy.POSE + 1000  # belongs to nobody
    return compare(
        [record(1),
         record(2, INVERTED),
         record(3),
         record(1, far, score=.1)],
        [record(1), record(2), record(3, INVERTED)])


def test_oks(found) -> None:
    """A joint of five at its twin, 100 px away: KS below 1e-21."""
    np.testing.assert_allclose(found.truth.oks, [[1, .8, 1], [1, 1, .8]])
    assert found.truth.person.tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.truth.paired_oks(), found.truth.oks)
    assert found.pairs.dropped == 1


def test_statuses_and_frequencies(found) -> None:
    assert found.truth.status[:, 1].tolist() == [[0, 2, 0, 0, 0], [0] * 5]
    assert found.truth.status[1, 2].tolist() == [0, 2, 0, 0, 0]
    for shares in found.truth.frequencies():
        assert shares == pytest.approx(
            dict(good=14 / 15, inversion=1 / 15, jitter=0, swap=0, miss=0))


def test_mean_ks(found) -> None:
    np.testing.assert_allclose(
        found.truth.mean_ks(), [[1, 2 / 3, 1, 1, 1]] * 2, atol=1e-9)


def test_moves(found) -> None:
    """100 px to the twin; the pose is 150 px high."""
    np.testing.assert_allclose(found.moves[0], 0)
    # the input pose of image 2 spans the same 150 px
    assert found.moves[1].round(6).tolist() == [0, round(2 / 3, 6), 0, 0, 0]


def test_unannotated_joint(compare) -> None:
    person = toy.make_person(1, visible=(2, 0, 2, 2, 2))
    found = compare([record(1)], [record(1)], toy.make_annotations([person]))
    assert found.truth.status[0, 0].tolist() == [0, -1, 0, 0, 0]
    assert np.isnan(found.truth.mean_ks()[:, 1]).all()
    assert [s['good'] for s in found.truth.frequencies()] == [1, 1]


def test_a_pair_keeps_its_person(compare) -> None:
    """The refined pose is the other person's: no gain, but a loss."""
    other = toy.POSE + [160., 0]
    annotations = toy.make_annotations([
        toy.make_person(1),
        toy.make_person(2, other, bbox=[200., 40., 125., 180.])
    ])
    found = compare([record(1)], [record(1, other)], annotations)
    assert found.truth.person.tolist() == [0]
    np.testing.assert_allclose(found.truth.oks[:, 0], [1, 0], atol=1e-9)
    assert found.truth.status[1, 0].tolist() == [-1] * 5


def test_person_found_only_after(compare) -> None:
    found = compare(
        [record(1, toy.POSE + 40), record(2)],
        [record(1), record(2)])
    assert found.truth.person.tolist() == [0, 1]
    before, after = found.truth.oks[:, 0]
    # 40 px along both axes: exp(-3200 / (2 * 10000 * .1^2)) each
    assert before == pytest.approx(np.exp(-16))
    assert after == 1


@pytest.mark.parametrize('annotations', [
    None,
    dict(images=[], annotations=[]),
    dict(images=[]),
])
def test_without_annotations(compare, annotations) -> None:
    assert compare([record(1)], [record(1)], annotations).truth is None


def test_nothing_in_common(compare) -> None:
    with pytest.raises(ValueError, match='no pose of .*after is a pose of'):
        compare([record(1)], [record(2)], None)


def test_says_why_nothing_is_usable(compare) -> None:
    with pytest.raises(ValueError, match='record 0 of .*must hold 15 num'):
        compare([record(1)], [dict(record(1), keypoints=[1, 2, 3])], None)
