"""A stream of images: order, batches, memory, threads."""

import gc
import threading
import time
import weakref

import numpy as np
import pytest
from stub_predictor import StubPredictor, some_poses

from posefix_mm.inference import (
    Cropper,
    Crops,
    ImageJob,
    ImageProblem,
    PoseArrays,
    RefinedCrops,
    refine_stream,
    stream,
)
from posefix_mm.structures.pose_records import Problem

IMAGE = np.zeros((30, 40, 3), np.uint8)
COUNTS = [1, 0, 3, 2, 0, 0, 9, 1, 4, 0]


def missing():
    raise ImageProblem(Problem('image_missing', 'gone'))


def make_jobs(counts, groups=None, loads=None):
    """One for each image; -1 poses for an image that can't be loaded."""

    def load(index):
        if loads is not None:
            loads.append(index)
        return IMAGE

    return [
        ImageJob(index, missing if count < 0 else lambda i=index: load(i),
                 some_poses(max(count, 0), index),
                 0 if groups is None else groups[index])
        for index, count in enumerate(counts)
    ]


def crop_threads():
    return [t for t in threading.enumerate() if t.name.startswith('crop')]


def no_threads_left() -> bool:
    deadline = time.monotonic() + 10
    while crop_threads() and time.monotonic() < deadline:
        time.sleep(.01)
    return not crop_threads()


@pytest.mark.parametrize('num_workers', [0, 1, 3])
@pytest.mark.parametrize('batch_size', [1, 2, 4, 100])
def test_every_pose_in_order(batch_size, num_workers) -> None:
    jobs = make_jobs(COUNTS)
    results = list(
        refine_stream(
            StubPredictor(), iter(jobs), batch_size=batch_size,
            num_workers=num_workers))
    assert [r.key for r in results] == list(range(len(COUNTS)))
    for job, result in zip(jobs, results, strict=True):
        assert result.problem is None
        assert result.missing == 0
        assert result.poses is job.poses
        expected = job.poses.keypoints + StubPredictor.shift
        expected[:, 2] = job.poses.keypoints[:, 2]
        np.testing.assert_allclose(result.keypoints, expected, atol=1e-4)
        assert result.keypoints.dtype == np.float32
        crops = StubPredictor().crop(IMAGE, job.poses)
        np.testing.assert_array_equal(result.areas, crops.areas)
    assert no_threads_left()


@pytest.mark.parametrize('num_workers', [0, 3])
@pytest.mark.parametrize(('counts', 'batch_size', 'batches'), [
    (COUNTS, 4, [4] * 5),
    (COUNTS, 3, [3] * 6 + [2]),
    (COUNTS, 100, [20]),
    ([1] * 10, 4, [4, 4, 2]),
    ([10], 4, [4, 4, 2]),
    ([3, 10, 1], 4, [4, 4, 4, 2]),
    ([0, -1, 0], 4, []),
    ([], 4, []),
])
def test_batches_are_filled_across_images(counts, batch_size, batches,
                                          num_workers) -> None:
    predictor = StubPredictor()
    results = list(
        refine_stream(
            predictor, make_jobs(counts), batch_size=batch_size,
            num_workers=num_workers))
    assert len(results) == len(counts)
    assert predictor.batches == batches
    assert max(predictor.cropped, default=0) <= batch_size


def test_confidences_of_several_batches() -> None:
    """Each pose has that of its own batch."""
    [first, second] = refine_stream(
        StubPredictor(), make_jobs([3, 6]), batch_size=4, num_workers=0)
    assert first.confidences[:, 0].tolist() == [4, 4, 4]
    assert second.confidences[:, 0].tolist() == [4, 4, 4, 4, 4, 1]


@pytest.mark.parametrize('num_workers', [0, 1, 3])
def test_each_image_is_decoded_once(num_workers) -> None:
    """Even if its poses make several batches."""
    loads, predictor = [], StubPredictor()
    list(
        refine_stream(
            predictor, make_jobs([11, 1, 25], loads=loads), batch_size=4,
            num_workers=num_workers))
    assert sorted(loads) == [0, 1, 2]
    assert sum(predictor.cropped) == 37
    if num_workers:
        assert all(name.startswith('crop') for name in predictor.threads)
    else:
        assert predictor.threads == {threading.current_thread().name}


@pytest.mark.parametrize('num_workers', [0, 2])
def test_groups_are_not_mixed(num_workers) -> None:
    """So that a group's result depends on nothing else."""
    predictor = StubPredictor()
    groups = [0, 0, 0, 5, 5, 6, 6, 6, 7, 7]
    results = list(
        refine_stream(
            predictor, make_jobs(COUNTS, groups), batch_size=4,
            num_workers=num_workers))
    # 4, 2, 10 and 4 poses: 9 and 1 are of group 6
    assert predictor.batches == [4, 2, 4, 4, 2, 4]
    assert [r.group for r in results] == groups


def test_a_group_after_a_full_batch() -> None:
    """What an image leaves over after a batch stays in its group."""
    predictor = StubPredictor()
    list(refine_stream(predictor, make_jobs([6, 1], [0, 1]), batch_size=4,
                       num_workers=0))
    assert predictor.batches == [4, 2, 1]


@pytest.mark.parametrize('num_workers', [0, 2])
def test_images_with_a_problem(num_workers) -> None:
    results = list(
        refine_stream(
            StubPredictor(), make_jobs([2, -1, 1, -1]), batch_size=2,
            num_workers=num_workers))
    assert [r.problem and r.problem.code for r in results] == [
        None, 'image_missing', None, 'image_missing']
    assert results[1].poses is None
    assert results[1].keypoints.shape == (0, 3, 2)
    assert results[1].confidences.shape == (0, 3)


@pytest.mark.parametrize('num_workers', [0, 2])
def test_poses_may_depend_on_the_image(num_workers) -> None:
    shapes = []

    def poses(image):
        shapes.append(image.shape)
        return some_poses(2, 0)

    [result] = refine_stream(
        StubPredictor(), [ImageJob('a', lambda: IMAGE, poses)],
        num_workers=num_workers)
    assert shapes == [(30, 40, 3)]
    assert len(result.keypoints) == 2


@pytest.mark.parametrize('num_workers', [0, 3])
@pytest.mark.parametrize('where', ['load', 'poses', 'network', 'jobs'])
def test_errors_come_through(where, num_workers) -> None:
    """And no thread stays behind; nothing hangs."""

    def fail(*_):
        raise RuntimeError('broken')

    def broken_jobs():
        yield from make_jobs([1] * 6)
        fail()

    predictor, jobs = StubPredictor(), make_jobs([1] * 20)
    if where == 'network':
        predictor.start = fail
    elif where == 'jobs':
        jobs = broken_jobs()
    else:
        jobs[7] = jobs[7]._replace(**{where: fail})
    with pytest.raises(RuntimeError, match='broken'):
        list(refine_stream(predictor, jobs, batch_size=2,
                           num_workers=num_workers))
    assert no_threads_left()


def test_stopping_early_ends_the_threads() -> None:
    results = refine_stream(StubPredictor(), make_jobs([2] * 50),
                            batch_size=2, num_workers=2)
    assert next(results).key == 0
    results.close()
    assert no_threads_left()


@pytest.mark.parametrize(('num_workers', 'most'), [(0, 4), (1, 7), (3, 13)])
@pytest.mark.parametrize('count', [2, -1])
def test_jobs_are_read_as_they_are_needed(num_workers, most,
                                          count) -> None:
    """Two batches and two images for each thread ahead, if any has poses."""
    taken = []

    def jobs():
        for job in make_jobs([count] * 200):
            taken.append(job.key)
            yield job

    ahead = [
        len(taken) - done for done, _ in enumerate(
            refine_stream(
                StubPredictor(), jobs(), batch_size=2,
                num_workers=num_workers, max_images=1))
    ]
    assert len(ahead) == 200
    assert max(ahead) <= most


def test_results_do_not_wait_for_the_end_of_a_group() -> None:
    """One pose, and then images without any: a folder that is wrong."""
    taken = []

    def jobs():
        for job in make_jobs([1] + [-1] * 5000):
            taken.append(job.key)
            yield job

    predictor = StubPredictor()
    results = refine_stream(predictor, jobs(), batch_size=8, num_workers=0)
    assert next(results).problem is None
    assert len(taken) <= 2 * (stream._MAX_IMAGES + 8 + 1)
    assert sum(r.problem is not None for r in results) == 5000
    assert predictor.batches == [1]


@pytest.mark.parametrize(('counts', 'num_workers', 'expected'), [
    ([2, 1] * 20, 0, {0}),  # cropped, and not needed any more
    ([2, 5] * 20, 1, set(range(7))),
])
def test_images_are_let_go(counts, num_workers, expected) -> None:
    """Not more are kept than are ahead."""
    alive, seen = [], set()

    class Tracked(np.ndarray):
        pass

    def load():
        image = IMAGE.copy().view(Tracked)
        alive.append(1)
        weakref.finalize(image, alive.pop)
        return image

    jobs = (job._replace(load=load) for job in make_jobs(counts))
    for _ in refine_stream(StubPredictor(), jobs, batch_size=3,
                           num_workers=num_workers):
        seen.add(len(alive))
    gc.collect()
    assert seen <= expected
    assert alive == []


@pytest.mark.parametrize(('options', 'match'), [
    (dict(batch_size=0), 'batch_size must be at least 1, got 0'),
    (dict(num_workers=-1), 'num_workers must not be negative, got -1'),
])
def test_options(options, match) -> None:
    with pytest.raises(ValueError, match=match):
        list(refine_stream(StubPredictor(), [], **options))


class Judge(StubPredictor):
    """Predicts OKS that rises, until a pose has been moved twice."""

    def score(self, crops: Crops) -> np.ndarray:
        place = crops.to_image(crops.input_pose)[:, 0]
        moved = ((place - [9, 9]) / self.shift).mean(1)
        scores = np.stack((moved / 10, .1 + moved.clip(max=1) / 10), -1)
        return scores.astype(np.float32)


def test_passes_stop_when_nothing_gets_better() -> None:
    pose = np.array([[[9, 9], [20, 20], [25, 15]]], np.float32)
    poses = PoseArrays(pose, np.ones((1, 3), bool),
                       np.ones((1, 3), np.float32))
    image = np.zeros((30, 40, 3), np.uint8)

    def gone():
        raise ImageProblem(Problem('image_missing', 'it is gone'))

    def places(predictor, passes):
        jobs = [ImageJob(1, lambda: image, poses), ImageJob(2, gone, poses)]
        done, missing = refine_stream(
            predictor, jobs, passes=passes, num_workers=0)
        assert (done.key, missing.key) == (1, 2)
        assert missing.problem.code == 'image_missing'
        return done.keypoints[0, 0].tolist(), done.pose_scores[0].tolist()

    for passes, x in ((1, 11), (2, 13), (5, 13)):
        place, scores = places(Judge(), passes)
        np.testing.assert_allclose(place, [x, 9 + (x - 9) / 2], atol=1e-4)
        np.testing.assert_allclose(scores, [0, .1], atol=1e-5)
    # one that does not predict it never stops
    np.testing.assert_allclose(places(StubPredictor(), 4)[0], [17, 13],
                               atol=1e-4)
    with pytest.raises(ValueError, match='passes must be at least 1, got 0'):
        places(Judge(), 0)


def test_a_further_pass_is_for_poses_whose_crop_moved() -> None:
    """A shift of 2 px is nothing to a large person, much to a small one."""
    large, small = [[9, 9], [200, 300], [90, 50]], [[9, 9], [13, 14], [9, 12]]
    pose = np.array([large, small], np.float32)
    poses = PoseArrays(pose, np.ones((2, 3), bool),
                       np.ones((2, 3), np.float32))
    predictor = StubPredictor()
    predictor.crop = predictor._crop
    predictor.passes = 2
    image = np.zeros((300, 300, 3), np.uint8)
    loads = []
    jobs = [ImageJob(1, lambda: loads.append(1) or image, poses),
            ImageJob(2, lambda: loads.append(2) or image, poses.take([0]))]
    both, alone = refine_stream(predictor, jobs, num_workers=0)
    assert predictor.batches == [3, 1]
    assert loads == [1, 2, 1]  # nothing of the second one moved
    moved = both.keypoints[:, 0] - pose[:, 0]
    np.testing.assert_allclose(moved, [[2, 1], [4, 2]], atol=1e-4)
    np.testing.assert_allclose(alone.keypoints[0, 0], [11, 10], atol=1e-4)
    scales = predictor.crop.frame(poses)[1]
    assert both.areas[0] == scales[0].prod() != both.areas[1]


@pytest.mark.parametrize('passes', [1, 2])
@pytest.mark.parametrize(('apart', 'shift', 'moved'), [
    # onto the neighbour's: the left one stays
    (10, 10, [[False, False, False], [True, True, False]]),
    # not as far as that
    (10, 5, [[True, True, False], [True, True, False]]),
    # not far enough to be a jump
    (2, 1.9, [[True, True, False], [True, True, False]]),
    # as near as these, both are of one person
    (1, 2.5, [[True, True, False], [True, True, False]]),
])
def test_keypoints_do_not_jump_to_a_neighbour(apart, shift, moved,
                                              passes) -> None:
    """Poses of 10 x 10 pixels: a margin of 0.2 is two pixels."""
    pose = np.array([[0, 0], [10, 0], [0, 10]], np.float32)
    poses = PoseArrays(
        np.stack((pose, pose + [apart, 0])), np.ones((2, 3), bool),
        np.full((2, 3), .5, np.float32))
    predictor = StubPredictor()
    predictor.shift = np.array([shift / passes, 0], np.float32)
    predictor.neighbour_margin = .2
    result, = refine_stream(
        predictor, [ImageJob(0, lambda: IMAGE, poses)], passes=passes,
        num_workers=0)
    moved = np.array(moved)
    expected = poses.keypoints + [shift, 0] * moved[..., None]
    np.testing.assert_allclose(result.keypoints, expected, atol=1e-4)
    assert (result.confidences[0] == [2 if m else .5 for m in moved[0]])[
        :2].all()


def test_absent_keypoints_are_no_neighbours() -> None:
    pose = np.array([[0, 0], [10, 0], [0, 10]], np.float32)
    visible = np.ones((2, 3), bool)
    visible[1, 0] = visible[0, 1] = False
    poses = PoseArrays(
        np.stack((pose, pose + [10, 0])), visible,
        np.ones((2, 3), np.float32))
    predictor = StubPredictor()
    predictor.shift = np.array([10, 0], np.float32)
    predictor.neighbour_margin = .2
    result, = refine_stream(
        predictor, [ImageJob(0, lambda: IMAGE, poses)], num_workers=0)
    np.testing.assert_allclose(
        result.keypoints[0, :2], [[10, 0], [20, 0]], atol=1e-4)


class Doubter(StubPredictor):
    """Shifts by 20 px what is shown weakly, and is surer of that."""

    passes = 2
    doubt_below = .5
    gain = .1

    def __init__(self) -> None:
        super().__init__()
        self._crop = self.crop = Cropper((60, 80), weigh_scores=True)
        self.weights = []

    def start(self, crops: Crops):
        self.batches.append(len(crops))
        weights = crops.input_pose_visible
        self.weights += weights[:, 0].tolist()
        hidden = weights < .1
        shift = np.where(hidden[..., None], [20, 0], 0)
        scores = np.stack((np.full(len(crops), .4),
                           .4 + self.gain * hidden[:, 0]), -1)
        return lambda: RefinedCrops(
            crops.to_image(crops.input_pose) + shift, weights, scores)


@pytest.mark.parametrize(('apart', 'score', 'limit', 'gain', 'hidden'), [
    (300, .8, .5, .1, [True, True]),
    (300, .8, .5, .03, [True, True]),  # too small a gain: nothing moves
    (300, .8, .4, .1, [False, False]),  # not in doubt
    (20, .8, .5, .1, [False, False]),  # somebody else is in the crop
    (20, .3, .5, .1, [True, False]),  # nobody to speak of
    (2, .8, .5, .1, [True, True]),  # the same person twice
])
def test_lonely_poses_in_doubt_are_hidden(apart, score, limit, gain,
                                          hidden) -> None:
    """Poses of 40 x 40 pixels: 6 apart they are of the same person."""
    pose = np.array([[100, 100], [140, 100], [100, 140]], np.float32)
    poses = PoseArrays(
        np.stack((pose, pose + [apart, 0])), np.ones((2, 3), bool),
        np.stack((np.full(3, .8), np.full(3, score))).astype(np.float32))
    predictor = Doubter()
    predictor.doubt_below, predictor.gain = limit, gain
    result, = refine_stream(
        predictor, [ImageJob(0, lambda: IMAGE, poses)], num_workers=0)
    np.testing.assert_allclose(
        predictor.weights, [.8, score] + [.02] * sum(hidden))
    moved = np.array(hidden) * (20 if gain > .04 else 0)
    np.testing.assert_allclose(
        result.keypoints[:, 0, 0] - poses.keypoints[:, 0, 0], moved,
        atol=1e-3)
