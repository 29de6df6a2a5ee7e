"""OKS-NMS finds what mmpose's loop finds."""

import numpy as np
import pytest
from mmpose.evaluation.functional import oks_nms as mmpose_oks_nms

from posefix_mm.structures import oks as module
from posefix_mm.structures.oks import oks_nms, pairwise_oks

SIGMAS = np.random.default_rng(0).uniform(.03, .1, 5)


def crowd(count, seed):
    """Poses around a few people, so that many are duplicates."""
    rng = np.random.default_rng(seed)
    people = rng.uniform(0, 200, (max(1, count // 6), 5, 2))
    poses = people[rng.integers(len(people), size=count)]
    poses = poses + rng.normal(0, 1, poses.shape) * rng.choice(
        [.1, 2, 8], (count, 1, 1))
    return (poses.astype(np.float32), rng.uniform(.1, 1, count),
            rng.uniform(2000, 9000, count).astype(np.float32))


def by_mmpose(poses, scores, areas, threshold):
    triples = np.concatenate((poses, np.ones_like(poses[..., :1])), -1)
    kept = mmpose_oks_nms([
        dict(keypoints=triple, score=score, area=area)
        for triple, score, area in zip(triples, scores, areas, strict=True)
    ], threshold, SIGMAS)
    return np.isin(np.arange(len(poses)), kept)


@pytest.mark.parametrize('threshold', [.5, .9])
@pytest.mark.parametrize(('count', 'seed'), [(1, 0), (2, 1), (7, 2), (40, 3),
                                             (40, 4), (150, 5)])
@pytest.mark.parametrize('pairs', [1, 700, 1 << 20])
def test_crowds(monkeypatch, count, seed, threshold, pairs) -> None:
    """However many rows are compared at once."""
    monkeypatch.setattr(module, '_MAX_PAIRS', pairs)
    poses, scores, areas = crowd(count, seed)
    kept = oks_nms(poses, scores, areas, SIGMAS, threshold)
    np.testing.assert_array_equal(
        kept, by_mmpose(poses, scores, areas, threshold))
    assert count < 40 or 3 < kept.sum() < count - 3


@pytest.mark.parametrize('pairs', [1, 1 << 20])
def test_ties(monkeypatch, pairs) -> None:
    """Of equal scores the later one wins, on every processor."""
    monkeypatch.setattr(module, '_MAX_PAIRS', pairs)
    poses, scores, areas = crowd(90, 6)
    scores = scores.round(1)
    later_is_better = scores + np.arange(len(scores)) * 1e-9
    kept = oks_nms(poses, scores, areas, SIGMAS, .9)
    np.testing.assert_array_equal(
        kept, by_mmpose(poses, later_is_better, areas, .9))


def test_one_of_equals() -> None:
    poses = np.repeat(crowd(1, 0)[0], 20, 0)
    kept = oks_nms(poses, np.ones(20), np.full(20, 500.), SIGMAS, .9)
    assert np.flatnonzero(kept).tolist() == [19]


def test_chain_of_neighbours() -> None:
    """A duplicate that is gone takes none with it."""
    base = np.zeros((5, 2))
    poses = np.stack([base, base + 2, base + 4])
    oks = pairwise_oks(poses, poses, *np.full((2, 3), 4000.), SIGMAS)
    assert oks[0, 1] == oks[1, 2] > .8 > oks[0, 2]
    kept = oks_nms(poses, np.array([3., 2, 1]), np.full(3, 4000.), SIGMAS, .8)
    assert kept.tolist() == [True, False, True]


def test_no_pose() -> None:
    kept = oks_nms(
        np.zeros((0, 5, 2)), np.zeros(0), np.zeros(0), SIGMAS, .9)
    assert kept.shape == (0, )
    assert kept.dtype == bool


def test_oks_by_hand() -> None:
    """Section 3.4 of the paper: exp(-d^2 / (2 s^2 k^2)), k twice sigma."""
    sigmas = np.array([.1, .05])
    one = np.array([[[0., 0], [10, 10]]])
    other = np.array([[[3., 4], [10, 10]]])
    found = pairwise_oks(one, other, np.array([100.]), np.array([300.]),
                         sigmas)
    expected = (np.exp(-25 / (2 * 200 * .2**2)) + 1) / 2
    np.testing.assert_allclose(found, [[expected]], rtol=1e-12)


def test_no_area() -> None:
    """Nothing is divided by zero."""
    poses = np.zeros((2, 5, 2))
    kept = oks_nms(poses, np.array([1., 2]), np.zeros(2), SIGMAS, .9)
    assert kept.tolist() == [False, True]
