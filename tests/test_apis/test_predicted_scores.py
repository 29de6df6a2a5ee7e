"""Predicted OKS: written as scores, and calibrated."""

import numpy as np
import pytest
import torch
from mmengine.config import Config

from posefix_mm.apis import refine
from posefix_mm.apis.calibrate_quality import calibrate_quality
from posefix_mm.file_refinement import file_run
from posefix_mm.inference import PosePredictor, stream


@pytest.fixture(scope='session')
def judging_config(refiner_config, drawn, tmp_path_factory):
    """The demo's refiner, with a quality, and photos to calibrate on."""
    config = Config.fromfile(refiner_config)
    config.model.head.quality = dict(
        type='PoseQuality', num_keypoints=17,
        in_channels=config.model.head.deconv_out_channels[-1])
    config.model.test_cfg.keep_input_scores = False
    dataset = config.train_dataloader.dataset
    dataset.dataset.data_root = str(drawn)
    dataset.dataset.ann_file = 'annotations.json'
    dataset.dataset.data_prefix = dict(img='images/')
    config.calibration_dataloader = dict(
        batch_size=4, num_workers=0, dataset=dataset,
        sampler=dict(type='DefaultSampler', shuffle=False))
    path = tmp_path_factory.mktemp('judging') / 'judging.py'
    config.dump(path)
    return path


@pytest.fixture(scope='session')
def judging_checkpoint(judging_config, save_weights):
    return save_weights(judging_config, judging_config.parent / 'random.pth',
                        1.)


@pytest.fixture(scope='session')
def predictor(judging_config, judging_checkpoint) -> PosePredictor:
    return PosePredictor(judging_config, str(judging_checkpoint))


def test_scores_are_predicted_ones(refine, records, judging_config,
                                   judging_checkpoint) -> None:
    """Times the input's, which are kept aside; coordinates are the same."""
    options = dict(config=judging_config, checkpoint=str(judging_checkpoint))
    written, _ = refine(records, **options)
    plain, _ = refine(records, scores='input', **options)
    scores = {record['score'] for record in written}
    assert len(scores) == len(records)
    for one, other, given in zip(written, plain, records, strict=True):
        oks = one.pop('predicted_oks')
        assert 0 < oks < 1
        assert one['score'] == pytest.approx(given['score'] * oks, abs=1e-5)
        assert one.pop('score_before') == given['score'] == other['score']
        assert dict(one, score=given['score']) == other


def test_a_second_run_moves_poses_for_a_sure_gain_only(
        refine, records, judging_config, judging_checkpoint, monkeypatch
) -> None:
    """And keeps the scores of the first."""
    options = dict(config=judging_config, checkpoint=str(judging_checkpoint))
    first, _ = refine(records, **options)
    fresh, _ = refine([{k: v for k, v in record.items()
                        if k != 'predicted_oks'} for record in first],
                      **options)
    for gain, moves in ((2, False), (-2, True)):
        monkeypatch.setattr(file_run, '_SURE_GAIN', gain)
        second, _ = refine(first, **options)
        moved = 0
        for one, other, anew in zip(first, second, fresh, strict=True):
            assert [one[k] for k in ('score', 'score_before',
                                     'predicted_oks')] == [
                other[k] for k in ('score', 'score_before', 'predicted_oks')]
            assert other['keypoints'] == pytest.approx(
                (anew if moves else one)['keypoints'], abs=1e-2)
            # those that random weights put beside the picture stay
            places = np.reshape(one['keypoints'], (-1, 3))[:, :2]
            inside = ((places >= 0) & (places < (112, 88))).all(1).mean() > .5
            moved += inside
            assert not inside or anew['keypoints'] != one['keypoints']
        assert moved > 3


def test_who_predicts_nothing_writes_no_scores(refine, records) -> None:
    written, _ = refine(records)
    assert [r['score'] for r in written] == [r['score'] for r in records]
    with pytest.raises(ValueError, match='does not predict how good poses'):
        refine(records, scores='refined')
    with pytest.raises(ValueError, match='scores must be one of'):
        refine(records, scores='both')


def test_passes_refine_anew_and_keep_the_first_scores(
        predictor, drawn, records, monkeypatch) -> None:
    image = sorted((drawn / 'images').iterdir())[0]
    poses = np.array([r['keypoints'] for r in records]).reshape(-1, 17, 3)
    once = refine(image, poses, predictor=predictor)
    again = refine(
        image,
        np.dstack((once.keypoints, once.keypoint_scores)),
        predictor=predictor)
    better = again.pose_scores[:, 1] > again.pose_scores[:, 0]

    def twice(same_crop):
        monkeypatch.setattr(stream, '_SAME_CROP', same_crop)
        result = refine(image, poses, predictor=predictor, passes=2)
        assert (result.pose_scores == once.pose_scores).all()
        return result.keypoints

    assert (twice(0) == once.keypoints).all()
    np.testing.assert_allclose(
        twice(2),
        np.where(better[:, None, None], again.keypoints, once.keypoints),
        atol=1e-3)


def test_calibration(judging_config, judging_checkpoint, tmp_path) -> None:
    """A slope and an offset, and nothing else changes."""
    out = tmp_path / 'calibrated.pth'
    np.random.seed(0)
    errors = calibrate_quality(judging_config, judging_checkpoint, out)
    assert set(errors) == {f'{whose} {what}' for whose in ('input', 'refined')
                           for what in ('keypoints', 'poses')}
    for before, after in errors.values():
        assert after < .15 and after < before
    before, after = (
        torch.load(path, weights_only=True)['state_dict']
        for path in (judging_checkpoint, out))
    changed = {
        name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {'head.quality.slope', 'head.quality.offset'}
    with pytest.raises(ValueError, match='calibration_dataloader'):
        config = Config.fromfile(judging_config)
        config.pop('calibration_dataloader')
        calibrate_quality(config, judging_checkpoint, out)


