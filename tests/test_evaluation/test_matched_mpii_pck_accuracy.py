"""PCKh of poses that are matched to annotated persons."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmpose.registry import METRICS

pytestmark = pytest.mark.usefixtures('mmpose_scope')
POSE = np.stack((np.arange(16) % 4, np.arange(16) // 4), 1) * 20. + 11
HEAD = 25.  # pixels, after MPII's factor of 0.6


@pytest.fixture
def metric(tmp_path: Path):
    """Two persons side by side in image 7, one in image 8; 1-based."""
    from scipy.io import savemat
    people = [
        dict(
            image=image,
            center=[50, 50],
            scale=.5,
            joints=(POSE + shift + 1).tolist(),
            joints_vis=[1] * 16) for image, shift in (
                ('007.jpg', 0), ('007.jpg', (40, 0)), ('008.jpg', 0))
    ]
    (tmp_path / 'ann.json').write_text(json.dumps(people))
    box = [[0, 0], [HEAD / .6, 0]]
    savemat(tmp_path / 'gt.mat',
            {'headboxes_src': np.transpose([box] * 3, (1, 2, 0))})
    return METRICS.build(
        dict(
            type='MatchedMpiiPCKAccuracy',
            ann_file=str(tmp_path / 'ann.json'),
            headbox_file=str(tmp_path / 'gt.mat')))


def output(index: int, img_id: int, pose: np.ndarray,
           given: np.ndarray) -> dict:
    """A refined pose and the pose that it was."""
    return dict(
        id=index,
        img_id=img_id,
        pred_instances=dict(keypoints=pose[None]),
        gt_instances=dict(
            bboxes=np.concatenate((given.min(0), given.max(0)))[None]))


def evaluate(metric, outputs: list) -> float:
    metric.process([], outputs)
    return metric.evaluate(len(outputs))['mpii/PCK']


EVERYBODY = [(7, POSE), (7, POSE + (40, 0)), (8, POSE)]


def test_everybody_found_in_any_order(metric) -> None:
    outputs = [
        output(i, img, pose, pose)
        for i, (img, pose) in enumerate(EVERYBODY[::-1])
    ]
    assert evaluate(metric, outputs) == pytest.approx(100)


@pytest.mark.parametrize(('away', 'expected'), [(.49, 100), (.51, 0)])
def test_half_a_head(metric, away, expected) -> None:
    outputs = [
        output(i, img, pose + (away * HEAD, 0), pose)
        for i, (img, pose) in enumerate(EVERYBODY)
    ]
    assert evaluate(metric, outputs) == pytest.approx(expected)


def test_missed_and_superfluous_poses(metric) -> None:
    """One of three is found; a second pose of a person changes nothing."""
    outputs = [
        output(0, 8, POSE, POSE),
        output(1, 8, POSE + 500, POSE + 3),
        output(2, 9, POSE, POSE)
    ]
    assert evaluate(metric, outputs) == pytest.approx(100 / 3)


def test_matched_by_the_input(metric) -> None:
    """Refinement that moves a pose to its neighbour has not found it."""
    outputs = [
        output(0, 7, POSE + (40, 0), POSE),
        output(1, 7, POSE, POSE + (40, 0)),
        output(2, 8, POSE, POSE)
    ]
    assert evaluate(metric, outputs) == pytest.approx(100 / 3)


def test_gathered_twice(metric) -> None:
    """Distributed samplers repeat samples."""
    outputs = [
        output(i, img, pose, pose) for i, (img, pose) in enumerate(EVERYBODY)
    ]
    assert evaluate(metric, outputs + outputs[:1]) == pytest.approx(100)
