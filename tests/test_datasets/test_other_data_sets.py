"""Every data set trains a step, refines a results file and is evaluated.

On pictures drawn in that data set's format, with its config made small.
"""

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Dict, List, NamedTuple

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from posefix_mm.apis import refine_results
from posefix_mm.testing import write_like

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
pytestmark = pytest.mark.usefixtures('mmpose_scope')


class DataSet(NamedTuple):
    """Where things are, and the metric of a perfect result."""

    joints: int
    ann: str  # of the part that is tested
    images: str
    perfect: Dict[str, float]
    absent: tuple = ()


DATA_SETS = {
    'coco': DataSet(17, 'annotations/person_keypoints_val2017.json',
                    'val2017', {'coco/AP': 1.}),
    'mpii': DataSet(16, 'annotations/mpii_val.json', 'images',
                    {'mpii/PCK': 100., 'mpii/PCK@0.1': 100.}),
    'posetrack18': DataSet(17, 'annotations/posetrack18_val.json', '',
                           {'posetrack18/AP': 100.}, (3, 4)),
    'crowdpose': DataSet(14, 'annotations/mmpose_crowdpose_test.json',
                         'images', {'crowdpose/AP': 1.}),
    'ochuman': DataSet(
        17, 'annotations/ochuman_coco_format_test_range_0.00_1.00.json',
        'images', {'coco/AP': 1.}),
    'ap10k': DataSet(17, 'annotations/ap10k-test-split1.json', 'data',
                     {'coco/AP': 1.}),
}


def config_of(name: str) -> Config:
    """A data set's config at 64 x 48 with a network for tests."""
    [path] = CONFIGS.glob(
        f'*/posefix/{name}/posefix_res50_4xb32-140e_{name}-256x192.py')
    cfg = Config.fromfile(path)
    cfg.model.backbone.update(
        depth=18,
        base_channels=8,
        stem_channels=8,
        zero_init_residual=False)  # zeros block gradients in the first step
    cfg.model.backbone.init_cfg = None
    cfg.model.head.update(
        in_channels=64, deconv_out_channels=(8, 8, 8), norm_eps=1e-5)
    size, maps = (48, 64), (12, 16)
    codec = dict(
        type='SoftArgmaxIntegral', input_size=size, heatmap_size=maps)
    cfg.model.head.decoder = codec
    cfg.model.pose_sigma = 2.
    for part in ('train', 'val', 'test'):
        loader = cfg[f'{part}_dataloader']
        loader.update(num_workers=0, persistent_workers=False)
        for transform in loader.dataset.pipeline:
            if transform['type'] == 'TopdownAffine':
                transform['input_size'] = size
            if transform['type'] == 'GenerateTarget':
                transform['encoder'] = codec
    return cfg


def runner_of(cfg: Config, folder: Path) -> Runner:
    cfg.work_dir = str(folder / 'work')
    cfg.experiment_name = f'{folder.parent.name}_{folder.name}'
    cfg.train_cfg.max_epochs = 1
    cfg.randomness = dict(seed=0)
    return Runner.from_cfg(cfg)


def true_poses(root: Path, name: str, ann: str) -> List[dict]:
    """A perfect results file."""
    content = json.loads((root / ann).read_text())
    if name == 'mpii':
        people = [
            dict(
                image_id=int(person['image'].split('.')[0]),
                keypoints=np.column_stack((
                    # 1-based in MPII, image pixels in results
                    np.array(person['joints']) - 1,
                    person['joints_vis']))) for person in content
        ]
    else:
        people = [
            dict(person, keypoints=np.reshape(person['keypoints'], (-1, 3)))
            for person in content['annotations'] if any(person['keypoints'])
        ]
    rng = np.random.default_rng(0)
    records = []
    for person in people:
        pose = person['keypoints'] * (person['keypoints'][:, 2:] > 0)
        pose[:, 2] = pose[:, 2] > 0
        records.append(
            dict(
                image_id=person['image_id'],
                category_id=person.get('category_id', 1),
                keypoints=pose.ravel().tolist(),
                score=float(rng.uniform(.2, 1))))
    return records


def jittered(records: List[dict]) -> List[dict]:
    """The same with joints 2 pixels off."""
    rng = np.random.default_rng(1)
    moved = []
    for record in records:
        pose = np.reshape(record['keypoints'], (-1, 3)).copy()
        pose[:, :2] += rng.normal(0, 2, (len(pose), 2)) * (pose[:, 2:] > 0)
        moved.append(dict(record, keypoints=pose.ravel().tolist()))
    return moved


@pytest.fixture(scope='module', params=DATA_SETS)
def drawn(request, tmp_path_factory) -> tuple:
    """Name of a data set, and a folder with data/<name>/."""
    folder = tmp_path_factory.mktemp(request.param)
    write_like(request.param, folder / 'data' / request.param, seed=2)
    if request.param == 'ochuman':  # has no training part
        write_like('coco', folder / 'data' / 'coco', seed=2)
    return request.param, folder


@pytest.fixture
def placed(drawn, monkeypatch) -> tuple:
    """The same, the current folder being there, as configs are written."""
    monkeypatch.chdir(drawn[1])
    return drawn


def write_poses(cfg: Config, records: List[dict]) -> None:
    for part in ('val', 'test'):
        data = cfg[f'{part}_dataloader'].dataset
        path = Path(data.data_root) / data.pose_file
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(records))


# -------------------------------------------------------------------- a step
def test_trains_a_step(placed, tmp_path) -> None:
    """All weights that see a gradient move, and the loss is a number."""
    name, folder = placed
    cfg = config_of(name)
    # the part that validation reads, which is another one than the test's
    # for OCHuman and AP-10K
    write_poses(
        cfg,
        jittered(
            true_poses(folder / 'data' / name, name,
                       cfg.val_dataloader.dataset.ann_file)))
    runner = runner_of(cfg, tmp_path)
    before = {
        k: v.clone()
        for k, v in runner.model.state_dict().items() if 'running' not in k
    }
    runner.train()
    assert runner.iter == 1
    loss = runner.message_hub.get_scalar('train/loss').current()
    assert math.isfinite(loss) and loss > 0
    after = runner.model.state_dict()
    same = [k for k in before if torch.equal(before[k], after[k])]
    assert not any('weight' in k for k in same), same
    assert (tmp_path / 'work' / 'epoch_1.pth').is_file()


def test_training_samples(placed) -> None:
    """What is never annotated is never shown; the rest mostly is."""
    from mmpose.registry import DATASETS
    name, _ = placed
    cfg = config_of(name)
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(dataset) >= 4
    np.random.seed(0)
    shown = np.zeros(DATA_SETS[name].joints)
    for index in range(len(dataset)):
        sample = dataset[index]['data_samples']
        labels = sample.gt_instance_labels
        assert labels.input_pose.shape == (1, DATA_SETS[name].joints, 2)
        assert torch.isfinite(labels.input_pose).all()
        shown += labels.input_pose_visible[0].numpy()
    absent = list(DATA_SETS[name].absent)
    assert (shown[absent] == 0).all()
    assert (np.delete(shown, absent) > 0).all()
    assert cfg.model.get('passthrough_keypoints', []) == absent


def test_trained_on_what_is_evaluated(placed) -> None:
    """Who learns the training poses by heart is right to the last pixel."""
    from mmpose.registry import DATASETS
    name, folder = placed
    cfg = config_of(name)
    data = cfg.train_dataloader.dataset
    dataset = DATASETS.build(data)
    learnt = [dataset.get_data_info(i) for i in range(len(dataset))]
    ann = Path(data.dataset.ann_file)
    root = Path(data.dataset.data_root)
    truth = {}
    for record in true_poses(root, name, str(ann)):
        truth.setdefault(record['image_id'], []).append(
            np.reshape(record['keypoints'], (-1, 3)))
    for info in learnt:
        seen = info['keypoints_visible'][0] > 0
        errors = [
            np.abs(info['keypoints'][0] - pose[:, :2])[seen].max()
            for pose in truth[info['img_id']]
        ]
        assert min(errors) < 1e-3


# ------------------------------------------------------------------- metrics
def evaluate(name: str, records: List[dict],
             tmp_path: Path) -> Dict[str, float]:
    """Metrics of poses that pass through the refiner as they are."""
    cfg = config_of(name)
    cfg.model.passthrough_keypoints = list(range(DATA_SETS[name].joints))
    write_poses(cfg, records)
    return runner_of(cfg, tmp_path).test()


@pytest.fixture
def truth(placed) -> List[dict]:
    name, folder = placed
    return true_poses(folder / 'data' / name, name, DATA_SETS[name].ann)


def test_truth_is_perfect(placed, truth, tmp_path) -> None:
    """In that data set's own metric."""
    name, _ = placed
    metrics = evaluate(name, truth, tmp_path)
    for metric, value in DATA_SETS[name].perfect.items():
        assert metrics[metric] == pytest.approx(value, abs=1e-6), metric


def test_missed_persons_count(placed, truth, tmp_path) -> None:
    """Half of the persons found is half of the recall, or of the joints."""
    name, _ = placed
    found = truth[::2]
    metrics = evaluate(name, found, tmp_path)
    if name == 'mpii':
        counts = [
            # pelvis and thorax do not count in MPII's mean
            np.delete(np.reshape(r['keypoints'], (-1, 3))[:, 2], [6, 7]).sum()
            for r in truth
        ]
        share = sum(counts[::2]) / sum(counts)
        assert metrics['mpii/PCK'] == pytest.approx(100 * share, abs=1e-3)
    elif name == 'posetrack18':
        joints = [
            np.delete(np.reshape(r['keypoints'], (-1, 3))[:, 2], [3, 4])
            for r in truth
        ]
        share = np.sum(joints[::2], 0) / np.sum(joints, 0)
        assert metrics['posetrack18/AP'] == pytest.approx(
            100 * share.mean(), abs=1e-3)
    else:
        [ap] = DATA_SETS[name].perfect
        assert 0 < metrics[ap] < 1
        recall = defaultdict(list)  # COCO averages over categories
        for index, record in enumerate(truth):
            recall[record['category_id']].append(index % 2 == 0)
        expected = np.mean([np.mean(found) for found in recall.values()])
        if name != 'crowdpose':  # ignores persons without a visible joint
            assert metrics[ap[:-2] + 'AR'] == pytest.approx(expected)


# ------------------------------------------------------------ refine_results
def test_refines_a_results_file(placed, truth, tmp_path) -> None:
    name, folder = placed
    spec, records = DATA_SETS[name], jittered(truth)
    poses, out = tmp_path / 'poses.json', tmp_path / 'out.json'
    poses.write_text(json.dumps(records))
    root = folder / 'data' / name
    cfg = config_of(name)
    summary = refine_results(
        cfg,
        None,
        poses,
        root / spec.images,
        out,
        # MPII's are no COCO annotations; ids are the numbers of the images
        ann=None if name == 'mpii' else root / spec.ann,
        num_workers=0,
        nms=False,
        progress=False)
    refined = json.loads(out.read_text())
    assert summary.refined == summary.total == len(records), summary
    assert summary.unrefined == {}
    if name != 'mpii':
        assert 0 <= summary.before['AP'] <= 100
        assert 0 <= summary.after['AP'] <= 100
    for before, after in zip(records, refined, strict=True):
        assert {**before, 'keypoints': 0} == {**after, 'keypoints': 0}
        given, got = (np.reshape(r['keypoints'], (-1, 3))
                      for r in (before, after))
        assert got.shape == (spec.joints, 3)
        assert np.isfinite(got).all()
        moved = np.abs(got - given)[:, :2].max(1) > 0
        assert not moved[list(spec.absent)].any()
        assert np.delete(moved, spec.absent).mean() > .9
