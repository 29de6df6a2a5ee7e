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


# What poseval does, worked out by hand.
POSE = np.column_stack((np.arange(17) * 20. + 5, np.arange(17) * 10. + 5))
EARS = [3, 4]


def person(pose=POSE, flag: float = 1.) -> dict:
    """In frame 1, with a head of 30 pixels."""
    values = np.column_stack((pose, np.full(17, flag)))
    values[EARS] = 0
    return dict(
        image_id=1,
        category_id=1,
        bbox_head=[0, 0, 30, 40],
        keypoints=values.ravel().tolist())


def frame(number: int, **fields) -> dict:
    return dict(
        id=number,
        file_name=f'images/val/000001_mpii_test/{number:06d}.jpg',
        **fields)


def found(number: int, pose=POSE, score=1., img_id: int = 1) -> dict:
    scores = np.broadcast_to(score, 17).copy()
    return dict(
        id=number,
        img_id=img_id,
        pred_instances=dict(
            keypoints=pose[None] * (scores[:, None] > 0),
            keypoint_scores=scores[None]),
        gt_instances=dict(
            bbox_scores=np.array([1 - number / 10]),
            bbox_scales=np.array([[300., 400.]])))


def evaluate(meta, folder, samples: list, images: list, people: list,
             **options) -> dict:
    path = folder / 'posetrack18_val.json'
    path.write_text(
        json.dumps(
            dict(
                images=images,
                annotations=[dict(p, id=i) for i, p in enumerate(people)],
                categories=[dict(id=1, name='person')])))
    options = {'score_mode': 'bbox', 'nms_mode': 'none', **options}
    result = run(
        dict(type='PoseTrackAP', ann_file=str(path), **options), meta, samples)
    return {k.split('/')[1]: v for k, v in result.items()}


@pytest.mark.parametrize(('order', 'ap'), [((0, 500), 50), ((500, 0), 100)])
def test_of_equal_joint_scores_the_last_comes_first(meta, tmp_path, order,
                                                    ap) -> None:
    """Scores are sorted rising and turned round: a wrong pose, or not."""
    poses = [found(i, POSE + shift) for i, shift in enumerate(order)]
    result = evaluate(meta, tmp_path, poses, [frame(1)], [person()])
    assert result == pytest.approx(dict.fromkeys(result, ap))


@pytest.mark.parametrize('labeled', [True, False])
def test_frames_without_people_do_not_count(meta, tmp_path, labeled) -> None:
    """Whoever is found in them, and whether they are labelled or not."""
    poses = [found(0, score=.5), found(1, img_id=2)]
    images = [frame(1, is_labeled=True), frame(2, is_labeled=labeled)]
    result = evaluate(meta, tmp_path, poses, images, [person()])
    assert result == pytest.approx(dict.fromkeys(result, 100))


def test_coordinates_with_flag_0_are_annotated(meta, tmp_path) -> None:
    """Found, they are right; not found, they are missed."""
    scores = np.ones(17)
    result = evaluate(meta, tmp_path, [found(0)], [frame(1)], [person(flag=0)])
    assert result == pytest.approx(dict.fromkeys(result, 100))
    scores[0] = 0  # the nose
    result = evaluate(meta, tmp_path, [found(0, score=scores)], [frame(1)],
                      [person(flag=0)])
    assert result['Head AP'] == pytest.approx(200 / 3)
    assert result['AP'] == pytest.approx(1400 / 15)
    assert result['Knee AP'] == 100


def test_ignored_regions(meta, tmp_path) -> None:
    """Neither what is found nor what is annotated counts in there."""
    poses = [found(0, score=.5), found(1, POSE + (0, 400))]
    crowd = dict(
        ignore_regions_x=[[0, 400, 400, 0]],
        ignore_regions_y=[[300, 300, 700, 700]])
    people = [person()]
    result = evaluate(meta, tmp_path, poses, [frame(1)], people)
    assert result['AP'] == pytest.approx(50)  # somebody else comes first
    result = evaluate(meta, tmp_path, poses, [frame(1, **crowd)], people)
    assert result == pytest.approx(dict.fromkeys(result, 100))
    people.append(person(POSE + (0, 400)))  # not found: one of two
    poses.pop()
    result = evaluate(meta, tmp_path, poses, [frame(1)], people)
    assert result['AP'] == pytest.approx(50)
    result = evaluate(meta, tmp_path, poses, [frame(1, **crowd)], people)
    assert result['AP'] == pytest.approx(100)


def test_ears_do_not_make_poses_different(meta, tmp_path) -> None:
    """Twice the same pose: mmpose's OKS of all 17 joints is 15 / 17."""
    other = POSE.copy()
    other[EARS] += 500
    poses = [found(0), found(1, other), found(2, POSE + 500)]
    for mode, kept in (('none', 3), ('oks_nms', 2)):
        evaluate(
            meta,
            tmp_path,
            poses, [frame(1)], [person()],
            nms_mode=mode,
            outfile_prefix=str(tmp_path / 'out' / 'x'))
        written = json.loads(
            (tmp_path / 'out' / '000001_mpii_test.json').read_text())
        assert len(written['annotations']) == kept


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
    assert set(ours) == {'000000_mpii_test.json', '000001_mpii_test.json'}
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
