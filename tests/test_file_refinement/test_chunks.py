"""Every pose is in one chunk, and no image in two."""

import numpy as np
import pytest

from posefix_mm.file_refinement.file_run import ChunkPlan


def poses_of(plan, chunk):
    return [
        index for image in plan.images(chunk)
        for index in plan.poses(image).tolist()
    ]


@pytest.mark.parametrize('min_poses', [1, 2, 5, 16, 1000])
@pytest.mark.parametrize(('count', 'images', 'seed'), [
    (1, 1, 0), (50, 7, 1), (50, 200, 2), (300, 40, 3)])
def test_every_pose_once(count, images, seed, min_poses) -> None:
    """Some images have no pose, some poses no image."""
    rng = np.random.default_rng(seed)
    index = rng.integers(-1, images, count)
    plan = ChunkPlan(index, images, min_poses)
    seen, images_seen = [], []
    for chunk in plan.numbers:
        some = poses_of(plan, chunk)
        assert plan.size(chunk) == len(some) > 0
        seen += some
        images_seen += plan.images(chunk)
    assert sorted(seen) == list(range(count))
    assert images_seen == sorted(set(index.tolist()))
    for image in images_seen:
        assert plan.poses(image).tolist() == np.flatnonzero(
            index == image).tolist()


@pytest.mark.parametrize('min_poses', [2, 5, 16])
def test_sizes(min_poses) -> None:
    """As asked for, give or take the poses of an image; here 3 at most."""
    rng = np.random.default_rng(0)
    index = np.repeat(np.arange(100), rng.integers(1, 4, 100))
    plan = ChunkPlan(index, 100, min_poses)
    sizes = np.array([plan.size(chunk) for chunk in plan.numbers])
    assert abs(sizes[:-1] - min_poses).max() < 3
    assert plan.numbers == sorted(plan.numbers)


def test_by_hand() -> None:
    """Images 0, 1 and 3 with 2, 3 and 1 poses, and one pose without."""
    plan = ChunkPlan(np.array([1, 0, -1, 1, 3, 0, 1]), 5, 3)
    assert [(chunk, list(plan.images(chunk)), poses_of(plan, chunk))
            for chunk in plan.numbers] == [(0, [-1, 0], [2, 1, 5]),
                                           (1, [1], [0, 3, 6]),
                                           (2, [3], [4])]


def test_a_large_image_is_not_split() -> None:
    plan = ChunkPlan(np.array([0, 1, 1, 1, 1, 1, 1, 1, 2]), 3, 2)
    assert [list(plan.images(c)) for c in plan.numbers] == [[0, 1], [2]]
    assert [plan.size(chunk) for chunk in plan.numbers] == [8, 1]


@pytest.mark.parametrize('images', [0, 3])
def test_no_poses(images) -> None:
    plan = ChunkPlan(np.zeros(0, np.int64), images, 2)
    assert plan.numbers == []


def test_poses_without_image_only() -> None:
    plan = ChunkPlan(np.array([-1, -1]), 0, 1)
    assert [list(plan.images(c)) for c in plan.numbers] == [[-1]]
    assert plan.poses(-1).tolist() == [0, 1]


def test_another_order() -> None:
    """Images 2, 0, 3, 1, 4: chunks follow it, and poses keep their places."""
    plan = ChunkPlan(
        np.array([1, 0, -1, 1, 3, 0, 1]), 5, 3, np.array([2, 0, 3, 1, 4]))
    assert [(chunk, list(plan.images(chunk)), poses_of(plan, chunk))
            for chunk in plan.numbers] == [(0, [-1, 0], [2, 1, 5]),
                                           (1, [3, 1], [4, 0, 3, 6])]
    assert sum(plan.size(chunk) for chunk in plan.numbers) == 7
