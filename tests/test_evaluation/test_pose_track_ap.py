"""Results of PoseTrack18, written per video."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmpose.registry import DATASETS, METRICS

from posefix_mm.testing import write_like

pytestmark = pytest.mark.usefixtures('mmpose_scope')
ANN = 'annotations/posetrack18_val.json'


@pytest.fixture(scope='module')
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('posetrack')
    write_like('posetrack18', folder, seed=2)
    return folder


@pytest.fixture
def meta() -> dict:
    return DATASETS.get('PoseTrack18Dataset')(lazy_init=True).metainfo


def outputs(root: Path) -> list:
    """What a model gives for everybody's true pose but the first's."""
    samples = []
    for person in json.loads((root / ANN).read_text())['annotations'][1:]:
        pose = np.array(person['keypoints']).reshape(1, -1, 3)
        samples.append(
            dict(
                id=person['id'],
                img_id=person['image_id'],
                pred_instances=dict(
                    keypoints=pose[..., :2], keypoint_scores=pose[..., 2] / 2),
                gt_instances=dict(
                    bbox_scores=np.array([.7]),
                    bbox_scales=np.array([[30., 40.]]))))
    return samples


def run(config: dict, meta: dict, samples: list) -> dict:
    metric = METRICS.build(Config(config)._cfg_dict)
    metric.dataset_meta = copy.deepcopy(meta)
    metric.process([], copy.deepcopy(samples))
    return metric.evaluate(len(samples))


def test_one_missed(root, meta, tmp_path) -> None:
    result = run(
        dict(type='PoseTrackAP', ann_file=str(root / ANN), score_mode='bbox'),
        meta, outputs(root))
    assert list(result) == [
        f'posetrack18/{name} AP'
        for name in ('Head', 'Shou', 'Elb', 'Wri', 'Hip', 'Knee', 'Ankl')
    ] + ['posetrack18/AP']
    assert 50 < result['posetrack18/AP'] < 100


def test_frames_without_labels_do_not_count(root, meta, tmp_path) -> None:
    """Nobody is annotated there, whoever is found."""
    content = json.loads((root / ANN).read_text())
    hidden = content['annotations'][0]['image_id']
    for image in content['images']:
        image['is_labeled'] = image['id'] != hidden
    content['annotations'] = [
        p for p in content['annotations'] if p['image_id'] != hidden
    ]
    path = tmp_path / 'posetrack18_val.json'
    path.write_text(json.dumps(content))
    assert any(o['img_id'] == hidden for o in outputs(root)) is True
    result = run(
        dict(type='PoseTrackAP', ann_file=str(path), score_mode='bbox'), meta,
        outputs(root))
    assert result['posetrack18/AP'] == pytest.approx(100)


def test_written_as_mmpose_does(root, meta, tmp_path, monkeypatch) -> None:
    """Its metric needs poseval only to evaluate, but refuses without."""
    from mmpose.evaluation.metrics import posetrack18_metric
    monkeypatch.setattr(posetrack18_metric, 'has_poseval', True)
    written = {}
    for name in ('PoseTrack18Metric', 'PoseTrackAP'):
        folder = tmp_path / name
        folder.mkdir()
        result = run(
            dict(
                type=name,
                ann_file=str(root / ANN),
                score_mode='bbox',
                format_only=True,
                outfile_prefix=str(folder / 'results')), meta, outputs(root))
        assert result == {}
        written[name] = {
            path.name: json.loads(path.read_text())
            for path in folder.iterdir()
        }
    theirs, ours = written.values()
    assert set(ours) == {'000000_drawn.json', '000001_drawn.json'}
    assert set(theirs) == set(ours)
    for video in ours:
        assert ours[video]['images'] == theirs[video]['images']
        assert ours[video]['annotations'] == theirs[video]['annotations']
        names = [c['categories'][0]['keypoints']
                 for c in (ours[video], theirs[video])]
        assert names[0] == names[1]


def test_poseval_agrees(root, meta, tmp_path) -> None:
    """Where it is installed; it is in no package registry."""
    pytest.importorskip('poseval')
    results = [
        run(
            dict(
                type=name,
                ann_file=str(root / ANN),
                score_mode='bbox',
                outfile_prefix=str(tmp_path / name / 'results')), meta,
            outputs(root)) for name in ('PoseTrack18Metric', 'PoseTrackAP')
    ]
    assert results[0] == pytest.approx(results[1], abs=.01)
