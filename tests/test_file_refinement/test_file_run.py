"""Chunks of a file: what becomes of each pose."""

import json

import numpy as np
import pytest
from stub_predictor import StubPredictor

from posefix_mm.file_refinement import file_run
from posefix_mm.file_refinement.file_run import FileRun
from posefix_mm.formats import SourceSkeleton
from posefix_mm.formats.coco_results import CocoResultsFile
from posefix_mm.inference import ImageProblem
from posefix_mm.structures.joint_map import JointMap
from posefix_mm.structures.pose_records import Problem

IMAGE = np.zeros((30, 40, 3), np.uint8)


class Predictor(StubPredictor):
    """With a skeleton, and no answer for poses that start at 13, 13."""

    metainfo = dict(sigmas=np.full(3, .05))
    crop_by = 'pose'

    def start(self, crops):
        finish = super().start(crops)

        def failing():
            refined = finish()
            lost = np.abs(crops.to_image(crops.input_pose)[:, 0] - 13) < .01
            refined.keypoints[lost.all(1)] = np.nan
            return refined

        return failing


def record(image_id, start=5, **changes):
    pose = [start, start, 1, 20, 25, 1, 30, 10, 1]
    return dict(dict(image_id=image_id, category_id=1, keypoints=pose,
                     score=.5), **changes)


def load(ref):
    if ref.image_id == 'gone':
        raise ImageProblem(Problem('image_missing', 'it is gone'))
    return IMAGE


@pytest.fixture
def make_run(tmp_path, monkeypatch):

    def make(records, chunk_batches=2, **options):
        monkeypatch.setattr(file_run, 'CHUNK_BATCHES', chunk_batches)
        path = tmp_path / 'poses.json'
        path.write_text(json.dumps(records))
        poses = CocoResultsFile(path, SourceSkeleton(JointMap.identity(3)))
        return FileRun(Predictor(), poses, load, **dict(
            dict(nms=False, batch_size=2, num_workers=0),
            **options))

    return make


def refine(run):
    """Results of all chunks, by position of the pose."""
    done, numbers = [], []
    found = {}
    for number, result in run.refine(run.plan.numbers, done.append):
        numbers.append(number)
        problems = {index: code for index, code, _ in result.problems}
        for index, refined, dropped, pose in zip(*result[:4], strict=True):
            assert index not in found
            found[int(index)] = (
                problems.get(index, 'refined' if refined else 'lost'),
                bool(dropped), pose)
    assert numbers == run.plan.numbers
    assert sum(done) == len(run.pose_file)
    return [found[i] for i in range(len(run.pose_file))]


RECORDS = [record(1), record('gone'), record(2, 7), record(1, score=0),
           dict(a=1), record('gone', keypoints=[1]), record(2, 13),
           record(1, 6), record(3, category_id=2), 5, record(2, 9)]
CODES = ['refined', 'image_missing', 'refined', 'score_not_positive',
         'image_id', 'keypoint_count', 'network', 'refined', 'category',
         'not_an_object', 'refined']


@pytest.mark.parametrize('num_workers', [0, 2])
@pytest.mark.parametrize('options', [
    dict(), dict(batch_size=1, chunk_batches=1), dict(batch_size=64)])
def test_what_becomes_of_each_pose(make_run, options, num_workers) -> None:
    """A pose's own fault is named, or else its image's."""
    run = make_run(RECORDS, num_workers=num_workers, **options)
    found = refine(run)
    assert [code for code, *_ in found] == CODES
    for (code, dropped, pose), given in zip(found, RECORDS, strict=True):
        assert not dropped
        if code == 'refined':
            expected = np.reshape(given['keypoints'], (3, 3))[:, :2]
            expected = expected + [[2, 1], [2, 1], [0, 0]]
            np.testing.assert_allclose(pose, expected, atol=1e-4)
        else:
            assert (pose == 0).all()


def test_duplicates(make_run) -> None:
    """Within an image, of what is refined only."""
    better = record(1, 5.01, score=.9)
    records = [record(1), better, record(2), record(1, category_id=2),
               record(1, 25)]
    found = refine(make_run(records, nms=True))
    assert [(code, dropped) for code, dropped, _ in found] == [
        ('refined', True), ('refined', False), ('refined', False),
        ('category', False), ('refined', False)]
    assert not any(dropped for _, dropped, _ in refine(make_run(records)))


def test_duplicates_of_what_is_annotated(make_run) -> None:
    """A joint that no data set annotates makes no pose a different one."""
    records = [record(1), record(1, 25, score=.9)]
    run = make_run(records, nms=True)
    assert [dropped for _, dropped, _ in refine(run)] == [False, False]
    run.predictor.annotated = np.array([False, True, True])
    assert [dropped for _, dropped, _ in refine(run)] == [True, False]


def test_a_chunk_does_not_depend_on_the_others(make_run) -> None:
    """Alone it is, to the last bit, what it is in a row."""
    rng = np.random.default_rng(0)
    run = make_run([
        record(int(image), float(start)) for image, start in zip(
            rng.integers(0, 9, 40), rng.uniform(1, 30, 40), strict=True)
    ])
    together = dict(run.refine(run.plan.numbers, lambda _: None))
    assert len(together) > 5
    for number in reversed(run.plan.numbers):
        [(found, alone)] = run.refine([number], lambda _: None)
        assert found == number
        for one, other in zip(alone, together[number], strict=True):
            np.testing.assert_array_equal(one, other)


def test_many_poses_of_an_image_are_read_in_parts(make_run,
                                                  monkeypatch) -> None:
    monkeypatch.setattr(file_run, '_RECORDS', 3)
    run = make_run([record(1, 1 + i) for i in range(10)])
    sizes = []
    read = run.pose_file.read
    monkeypatch.setattr(run.pose_file, 'read', lambda indices, size=None:
                        (sizes.append(len(indices)), read(indices))[1])
    assert [code for code, *_ in refine(run)] == ['refined'] * 10
    assert sizes == [3, 3, 3, 1]


def test_no_poses(make_run) -> None:
    assert list(make_run([]).refine([], lambda _: None)) == []


@pytest.mark.parametrize(('options', 'match'), [
    (dict(batch_size=0), 'batch_size must be at least 1'),
    (dict(num_workers=-1), 'num_workers must not be negative'),
])
def test_options(make_run, options, match) -> None:
    """Before work is begun."""
    with pytest.raises(ValueError, match=match):
        make_run([], **options)


class Judge(Predictor):
    """Takes poses further to the right for better ones."""

    def score(self, crops):
        place = crops.to_image(crops.input_pose)[:, 0, 0]
        return np.stack((place, place), -1).astype(np.float32) / 100


@pytest.mark.parametrize('scores', ['input', 'refined'])
def test_duplicates_are_ranked_by_the_scores_that_are_written(
        make_run, scores) -> None:
    run = make_run([record(1, 5, score=.9), record(1, 5.01, score=.899)],
                   nms=True, scores=scores)
    run.predictor = Judge()
    (_, result), = run.refine(run.plan.numbers, lambda count: None)
    assert result.dropped.tolist() == [scores == 'refined', scores == 'input']
    expected = [.05, .0501] if scores == 'refined' else [np.nan, np.nan]
    np.testing.assert_allclose(result.scores, expected, atol=1e-5)


class BoxCropper(Predictor):
    """Notes the boxes that come with poses."""

    crop_by = 'bbox'

    def crop(self, image, poses):
        self.boxes = poses.boxes
        return super().crop(image, poses)


def test_boxes_of_the_records_come_with_the_poses(make_run) -> None:
    """Scaled as the poses are; no box where there is none."""
    run = make_run([record(1, bbox=[2, 4, 10, 20]), record(1, 6),
                    record(1, 7, bbox=[2, 4, 0, 'x'])],
                   batch_size=3, scale_of=lambda ref, size: .5)
    run.predictor = BoxCropper()
    list(run.refine(run.plan.numbers, lambda count: None))
    np.testing.assert_array_equal(
        run.predictor.boxes, [[1, 2, 6, 12], [np.nan] * 4, [np.nan] * 4])
