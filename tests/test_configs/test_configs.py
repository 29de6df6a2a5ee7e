"""Every config loads, fits together, builds, and the small ones run."""

import copy
import json
import math
import re
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Iterator, List

import mmpose
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


def find(pattern: str) -> List[str]:
    """Configs that can be run, relative to the folder."""
    names = (str(p.relative_to(CONFIGS)) for p in CONFIGS.glob(pattern))
    return sorted(
        n for n in names if not n.startswith('_base_')
        and '/pose_sources/' not in n and '/chain/' not in n)


ALL = find('**/*.py')
REFINERS = find('*_2d_keypoint/posefix/**/posefix_*.py')
END_TO_END = find('body_2d_keypoint/posefix/**/e2e-refine_*.py')
BUCTD = find('body_2d_keypoint/buctd/**/*.py')
# backbones that mmpose has trained on poses
TRAINED = find('body_2d_keypoint/posefix/coco/posefix_[chv]*.py')
COCO = [n for n in find('**/coco/*.py') if n not in BUCTD]
SOURCES = sorted((CONFIGS / 'body_2d_keypoint/pose_sources').rglob('*.py'))
PAPER = find('body_2d_keypoint/posefix/coco/posefix_res*_4xb32-*.py')
RELEASE = PAPER + find('body_2d_keypoint/posefix/mpii/*.py') + find(
    'body_2d_keypoint/posefix/posetrack18/*.py')
LSPET = find('**/lspet/*.py')
DEMO = find('**/demo/*.py')
# several data sets together
PHOTOS = find('**/photos/*.py')
OTHERS = {  # keypoints of the other data sets' skeletons
    'mpii': 16,
    'posetrack18': 17,
    'crowdpose': 14,
    'ochuman': 17,
    'ap10k': 17,
}
OTHER = [n for n in REFINERS if Path(n).parent.name in OTHERS]
# such as posefix_res50_4xb32-140e_coco-256x192
# or posefix_res50_f2f-4xb32-140e_coco-256x192
NAME = re.compile(r'(?P<model>.+)_(?:[a-z0-9-]+-)?'
                  r'(?P<gpus>\d+)xb(?P<batch>\d+)-(?P<epochs>\d+)e_'
                  r'(?P<data>\w+)-(?P<h>\d+)x(?P<w>\d+)\.py')


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch) -> None:
    """Run in an empty folder: no config may depend on the current one."""
    monkeypatch.chdir(tmp_path)


@lru_cache(maxsize=None)
def read(name: str) -> Config:
    """Read a config once for all tests; see :func:`load`."""
    return Config.fromfile(CONFIGS / name)


def load(name: str) -> Config:
    """Give a config of its own to a test, without pretrained weights."""
    cfg = copy.deepcopy(read(name))
    cfg.model.backbone.init_cfg = None
    if 'packaged_weights' in cfg.model.backbone:
        cfg.model.backbone.packaged_weights = False
    return cfg


def transforms(pipeline: list, name: str) -> Iterator[dict]:
    return (t for t in pipeline if t['type'] == name)


def keypoints(name: str) -> int:
    """Keypoints of a config's skeleton."""
    return OTHERS.get(Path(name).parent.name, 17)


def input_channels(name: str) -> int:
    """Image, and maps of the keypoints, or a picture of the pose."""
    if name in BUCTD:
        return 6
    return 3 + (keypoints(name) if name in REFINERS + END_TO_END else 0)


def skip_without_package(cfg: Config) -> None:
    """Skip a test whose backbone comes with another package."""
    kind = cfg.model.backbone.type
    if kind == 'TimmFeatures':
        pytest.importorskip('timm')
    if kind.startswith('mmpretrain.'):
        pytest.importorskip('mmpretrain')


def crop_sizes(cfg: Config) -> List[tuple]:
    """Input sizes of the pipelines of training, validation and test."""
    return [
        tuple(t['input_size'])
        for loader in (cfg.train_dataloader, cfg.val_dataloader,
                       cfg.test_dataloader)
        for t in transforms(loader.dataset.pipeline, 'TopdownAffine')
    ]


def test_all_kinds_are_there() -> None:
    assert len(PAPER) == 6
    assert len(END_TO_END) == 2
    assert len(COCO) == 19
    assert len(TRAINED) == 5
    assert len(BUCTD) == 7
    assert LSPET and DEMO and PHOTOS
    assert {Path(n).parent.name for n in OTHER} == set(OTHERS)
    assert {*COCO, *LSPET, *DEMO, *PHOTOS, *OTHER,
            *BUCTD} == set(ALL)


# ---------------------------------------------------------- names and content
@pytest.mark.parametrize('name', ALL)
def test_name_says_what_is_in_it(name: str) -> None:
    cfg, told = load(name), NAME.fullmatch(Path(name).name)
    batch, epochs = int(told['batch']), int(told['epochs'])
    assert cfg.train_dataloader.batch_size == batch
    assert cfg.auto_scale_lr.base_batch_size == int(told['gpus']) * batch
    assert cfg.train_cfg.max_epochs == epochs
    assert set(crop_sizes(cfg)) == {(int(told['w']), int(told['h']))}
    if name not in PHOTOS:
        assert cfg.data_root == f'data/{told["data"]}/'
    for schedule in cfg.param_scheduler:
        if schedule['type'] == 'CosineAnnealingLR':
            assert schedule['T_max'] == epochs


@pytest.mark.parametrize('name', ALL)
def test_sizes_fit_together(name: str) -> None:
    cfg = load(name)
    decoder = cfg.model.head.decoder
    assert crop_sizes(cfg) == [tuple(decoder.input_size)] * 3
    if 'heatmap_size' in decoder:
        # the demo's crop is so small that most of its maps are finer
        strides = (2, 4) if tuple(decoder.input_size) == (48, 64) else (4, )
        assert tuple(decoder.input_size) in [
            tuple(stride * s for s in decoder.heatmap_size)
            for stride in strides
        ]
    *_, target = transforms(cfg.train_dataloader.dataset.pipeline,
                            'GenerateTarget')
    assert target['encoder'] == decoder


@pytest.mark.parametrize('name', ALL)
def test_evaluators_read_the_data_that_is_tested(name: str) -> None:
    cfg = load(name)
    for part in ('val', 'test'):
        dataset = cfg[f'{part}_dataloader'].dataset
        assert cfg[f'{part}_evaluator'].ann_file == (
            dataset.data_root + dataset.ann_file)
        assert cfg[f'{part}_dataloader'].sampler.shuffle is False


@pytest.mark.parametrize('name', REFINERS)
def test_refiner(name: str) -> None:
    """Scores of poses are the input's; the pipelines bring input poses."""
    cfg = load(name)
    assert cfg.model.type == 'PoseRefiner'
    assert cfg.model.num_keypoints == cfg.model.head.out_channels
    assert cfg.model.num_keypoints == keypoints(name)
    assert cfg.model.test_cfg.flip_test is True
    # MPII's metric has no scores
    assert cfg.val_evaluator.get('score_mode', 'bbox') == 'bbox'
    data = cfg.train_dataloader.dataset
    parts = data.get('datasets', [data])
    assert {part.type for part in parts} == {'PoseRefineDataset'}
    assert data.type == ('CombinedDataset'
                         if name in PHOTOS else 'PoseRefineDataset')
    assert cfg.test_dataloader.dataset.type == 'PoseResultsDataset'
    train = [t['type'] for t in cfg.train_dataloader.dataset.pipeline]
    test = [t['type'] for t in cfg.test_dataloader.dataset.pipeline]
    # The release makes errors in the crop, after the augmentation.
    errors = 'SynthesizePoseError'
    if 'empirical' in name or name in PHOTOS:  # real poses, too
        errors = 'TakeInputPose'
    assert train.index(errors) > train.index('TopdownAffine')
    assert test.index('GetInputPose') > test.index('TopdownAffine')
    assert test[0] == 'LoadImage'  # refine_results loads images itself
    assert train[-1] == test[-1] == 'PackRefineInputs'


@pytest.mark.parametrize('name', PAPER)
def test_coco_refiner_is_the_papers(name: str) -> None:
    cfg = load(name)
    depth = cfg.model.backbone.depth
    assert f'_res{depth}_' in name
    pretrained = read(name).model.backbone.init_cfg
    assert pretrained == dict(
        type='Pretrained', checkpoint=f'torchvision://resnet{depth}')
    assert cfg.model.pose_sigma == (7 if '256x192' in name else 9)
    assert cfg.model.get('pose_amplitude', 255) == 255
    assert 'passthrough_keypoints' not in cfg.model
    optimizer = cfg.optim_wrapper.optimizer
    assert optimizer == dict(type='Adam', lr=5e-4, weight_decay=1e-5)
    [schedule] = cfg.param_scheduler
    assert schedule.milestones == [90, 120]
    assert schedule.gamma == .1
    assert schedule.by_epoch is True
    assert cfg.train_cfg.max_epochs == 140
    assert cfg.auto_scale_lr.base_batch_size == 128
    assert cfg.test_evaluator.nms_mode == 'oks_nms'
    assert cfg.test_evaluator.nms_thr == .9


@pytest.mark.parametrize('name', BUCTD)
def test_buctd_is_the_releases(name: str) -> None:
    """Facts of its configurations and test scripts."""
    cfg = load(name)
    coam = 'coam' in name
    assert cfg.model.fusion.type == ('CoAM' if coam else 'PreNet')
    assert cfg.model.pose_maps == dict(type='ColorPoseImage')
    assert cfg.model.head.loss.loss_weight == .5
    assert cfg.model.test_cfg.keep_input_scores is False
    optimizer = cfg.optim_wrapper.optimizer
    if coam and 'empirical' not in name:
        assert optimizer == dict(type='Adam', lr=2e-3)
        assert cfg.param_scheduler[0].milestones == [70, 100]
    else:
        assert optimizer == dict(type='Adam', lr=1e-3)
        assert cfg.param_scheduler[0].milestones == [170, 200]
    margin = 25 if 'crowdpose' in name else 0
    for loader in (cfg.train_dataloader, cfg.val_dataloader,
                   cfg.test_dataloader):
        [crop] = transforms(loader.dataset.pipeline, 'CropByInputPose')
        assert crop['margin'] == margin
    for evaluator in (cfg.val_evaluator, cfg.test_evaluator):
        assert evaluator.score_mode == 'bbox_keypoint'
        assert evaluator.keypoint_score_thr == .2
        assert evaluator.nms_mode == 'none'
    assert cfg.test_dataloader.dataset.categories is None
    [draw] = transforms(cfg.train_dataloader.dataset.pipeline,
                        'DrawInputPose')
    assert draw['errors']['type'] == 'BUCTDPoseError'
    files = cfg.train_dataloader.dataset.get('real_pose_files')
    assert bool(files) == ('empirical' in name)


@pytest.mark.parametrize('name', OTHER)
def test_other_data_sets(name: str, mmpose_scope) -> None:
    """One skeleton in both datasets; every joint has its probabilities."""
    from mmpose.registry import DATASETS, TRANSFORMS

    from posefix_mm.datasets.transforms import build_table
    cfg = load(name)
    train, test = (
        DATASETS.build(dict(cfg[f'{part}_dataloader'].dataset, lazy_init=True))
        for part in ('train', 'test'))
    names = list(test.metainfo['keypoint_id2name'].values())
    assert list(train.metainfo['keypoint_id2name'].values()) == names
    assert len(names) == keypoints(name)
    if 'ochuman' not in name:  # trains on COCO
        assert test.metainfo['dataset_name'] in name
        # mmpose's init_model reads a config's skeleton here
        assert (cfg.train_dataloader.dataset.metainfo ==
                cfg.test_dataloader.dataset.metainfo)
    [errors] = transforms(cfg.train_dataloader.dataset.pipeline,
                          'SynthesizePoseError')
    TRANSFORMS.build(errors)
    table = build_table(names, joint_groups=errors.get('joint_groups'))
    assert (table > 0).all()
    absent = errors.get('absent_keypoints', [])
    assert cfg.model.get('passthrough_keypoints', []) == [
        names.index(n) for n in absent
    ]
    assert list(test.absent_keypoints) == list(absent)
    sigmas = train.sigmas or train.metainfo['sigmas']
    assert len(sigmas) == len(names)
    assert .02 < min(sigmas) and max(sigmas) < .12


@pytest.mark.parametrize('name', [n for n in OTHER if 'posetrack18' in n])
def test_posetrack18_is_the_releases(name: str, mmpose_scope) -> None:
    """Ends of the head have the eyes' errors and a sigma of .035."""
    from mmpose.registry import DATASETS

    from posefix_mm.datasets.transforms import build_table
    cfg = load(name)
    [errors] = transforms(cfg.train_dataloader.dataset.pipeline,
                         'SynthesizePoseError')
    for part in ('train', 'test'):
        dataset = DATASETS.build(
            dict(cfg[f'{part}_dataloader'].dataset, lazy_init=True))
        names = list(dataset.metainfo['keypoint_id2name'].values())
        assert names[:5] == [
            'nose', 'head_bottom', 'head_top', 'left_ear', 'right_ear'
        ]
        assert dataset.metainfo['sigmas'].tolist() == pytest.approx([
            .026, .035, .035, .035, .035, .079, .079, .072, .072, .062, .062,
            .107, .107, .087, .087, .089, .089
        ])
    coco = DATASETS.get('CocoDataset')(lazy_init=True).metainfo
    np.testing.assert_array_equal(  # joint by joint
        build_table(names, joint_groups=errors['joint_groups']),
        build_table(list(coco['keypoint_id2name'].values())))


@pytest.mark.parametrize('name', OTHER)
def test_best_checkpoint_has_a_metric(name: str) -> None:
    prefix, metric = load(name).default_hooks.checkpoint.save_best.split('/')
    evaluator = load(name).val_evaluator
    expected = {
        'MatchedMpiiPCKAccuracy': ('mpii', 'PCK'),
        'PoseTrackAP': ('posetrack18', 'AP'),
        'CocoMetric': (evaluator.get('prefix', 'coco'), 'AP')
    }
    assert (prefix, metric) == expected[evaluator.type]


@pytest.mark.parametrize('name', [n for n in COCO if n not in TRAINED])
def test_coco_input_is_normalised_as_in_the_release(name: str) -> None:
    """BGR, means in that order, no division, no conversion to RGB."""
    preprocessor = load(name).model.data_preprocessor
    assert preprocessor.mean == [123.68, 116.78, 103.94]
    assert preprocessor.std == [1, 1, 1]
    assert not preprocessor.get('bgr_to_rgb', False)


@pytest.mark.parametrize('name', [n for n in LSPET if n in REFINERS])
def test_face_of_lspet_is_not_refined(name: str) -> None:
    """No annotation teaches nose, eyes and ears."""
    assert load(name).model.passthrough_keypoints == [0, 1, 2, 3, 4]


# -------------------------------------------------------------------- models
@pytest.mark.parametrize('name', ALL)
def test_model_builds_and_runs(name: str, mmpose_scope, monkeypatch) -> None:
    """On the meta device; maps have the size that the decoder expects."""
    from mmpose.registry import MODELS

    # There is no autocast on the meta device, not even to switch it off.
    monkeypatch.setattr(torch, 'autocast', lambda *_, **__: nullcontext())
    cfg = load(name)
    skip_without_package(cfg)
    width, height = cfg.model.head.decoder.input_size
    with torch.device('meta'):
        model = MODELS.build(cfg.model).eval()
        output = model(
            torch.zeros(2, input_channels(name), height, width), None)
    weights = next(p for p in model.backbone.parameters() if p.ndim == 4)
    # BUCTD's and MoveNet's backbones read images, and the pose elsewhere
    expected = 3 if name in BUCTD + PHOTOS else input_channels(name)
    assert weights.shape[1] == expected
    assert type(model).__name__ == cfg.model.type
    if cfg.model.head.type == 'PoseFixHead':
        coords, maps = output
        assert coords.shape == (2, keypoints(name), 2)
        columns, rows = cfg.model.head.decoder.heatmap_size
        assert maps.shape == (2, keypoints(name), rows, columns)
    elif cfg.model.head.decoder.type == 'SimCCLabel':
        ratio = int(cfg.model.head.simcc_split_ratio)
        assert [o.shape for o in output] == [(2, 17, width * ratio),
                                             (2, 17, height * ratio)]
    else:
        columns, rows = cfg.model.head.decoder.heatmap_size
        assert output.shape == (2, keypoints(name), rows, columns)


@pytest.mark.parametrize('name', RELEASE)
def test_batch_norms_are_the_releases(name: str, mmpose_scope) -> None:
    """A decay of .99, in all of them."""
    from mmpose.registry import MODELS
    with torch.device('meta'):
        model = MODELS.build(load(name).model)
    norms = [m for m in model.modules()
             if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    assert len(norms) > 50
    assert {(m.eps, m.momentum) for m in norms} == {(1e-9, .01)}


@pytest.mark.parametrize('data', ['coco', 'mpii', 'posetrack18'])
def test_training_starts_as_the_release(data: str, tmp_path,
                                        mmpose_scope) -> None:
    """Weights of ImageNet, and the release's standard deviations beside."""
    from mmpose.registry import MODELS
    cfg = load('body_2d_keypoint/posefix/{0}/posefix_res50_4xb32-140e_{0}'
               '-256x192.py'.format(data))
    image_net = MODELS.build(cfg.model.backbone)
    weights = image_net.state_dict()
    weights['conv1.weight'] = torch.full((64, 3, 7, 7), .5)
    torch.save(weights, tmp_path / 'resnet50.pth')
    cfg.model.backbone.init_cfg = dict(
        type='Pretrained', checkpoint=str(tmp_path / 'resnet50.pth'))
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.init_weights()
    first = model.backbone.conv1.weight
    assert (first[:, :3] == .5).all()
    joints = keypoints(f'{data}/config.py')
    assert first.shape[1] == 3 + joints
    # He with all 3 + K inputs as fan: .0452 for 17 joints
    assert first[:, 3:].std().item() == pytest.approx(
        math.sqrt(2 / ((3 + joints) * 49)), rel=.02)
    deconvs = [m.weight for m in model.head.modules()
               if isinstance(m, torch.nn.ConvTranspose2d)]
    assert [tuple(w.shape[2:]) for w in deconvs] == [(4, 4)] * 3
    for weight in deconvs:
        assert weight.std().item() == pytest.approx(.01 * .8796, rel=.01)
        assert weight.abs().max().item() <= .02
    last = model.head.final_layer
    assert last.weight.std().item() == pytest.approx(.088, rel=.03)
    assert not last.bias.any()


# ----------------------------------------------------------------- the traps
def test_base_datasets_have_names_of_their_own() -> None:
    """Mmpose's skeletons are 'configs/_base_/datasets/coco.py' and so on.

    It looks for them from the current folder first, where it would find ours.
    """
    theirs = Path(mmpose.__file__).parent / '.mim/configs/_base_/datasets'
    taken = {p.name for p in theirs.glob('*.py')}
    assert 'coco.py' in taken
    ours = {p.name for p in (CONFIGS / '_base_' / 'datasets').glob('*.py')}
    assert ours
    assert ours & taken == set()


def test_skeleton_is_mmposes_in_the_checkout(monkeypatch,
                                             mmpose_scope) -> None:
    monkeypatch.chdir(CONFIGS.parent)
    from mmpose.registry import DATASETS
    dataset = DATASETS.build(
        dict(load(COCO[0]).test_dataloader.dataset, lazy_init=True))
    assert dataset.metainfo['dataset_name'] == 'coco'
    assert dataset.metainfo['num_keypoints'] == 17
    assert dataset.metainfo['flip_indices'][5:7] == [6, 5]


def published_models() -> List[dict]:
    """Models of all metafiles that model-index.yml lists."""
    import yaml
    root = CONFIGS.parent
    index = yaml.safe_load((root / 'model-index.yml').read_text())
    return [
        model for name in index['Import']
        for model in yaml.safe_load((root / name).read_text())['Models']
    ]


def test_model_index_names_all_refiners() -> None:
    assert {model['Config'] for model in published_models()
            } == {f'configs/{name}' for name in REFINERS + END_TO_END + BUCTD}


def test_published_weights_fit_their_configs(mmpose_scope) -> None:
    """Small, plain tensors, and every one has its place."""
    from mmpose.registry import MODELS
    pytest.importorskip('timm')
    published = [model for model in published_models() if 'Weights' in model]
    assert len(published) == 2
    for model in published:
        path = CONFIGS.parent / model['Weights'].removeprefix('posefix_mm://')
        assert path.stat().st_size <= 16e6
        weights = torch.load(path, weights_only=True)['state_dict']
        name = model['Config'].removeprefix('configs/')
        with torch.device('meta'):
            expected = MODELS.build(load(name).model).state_dict()
        assert {k: v.shape for k, v in weights.items()
                } == {k: v.shape for k, v in expected.items()}


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: path.stem)
def test_source_writes_poses_where_its_comment_says(path: Path) -> None:
    prefix = Config.fromfile(path).test_evaluator.outfile_prefix
    assert prefix == f'data/coco/pose_results/{path.stem}'
    text = path.read_text().replace('\n#', '')
    assert f'writes them to {prefix}.keypoints.json' in text


# -------------------------------------------------------- a run of the demo's
@pytest.fixture
def demo_data(tmp_path: Path, elsewhere) -> None:
    """What the demo's configs read, relative to the current folder."""
    from posefix_mm.testing import write_dataset
    for part, first in (('train', 1), ('val', 11)):
        path = write_dataset(
            tmp_path / 'data' / 'demo' / part, 4, seed=5,
            image_size=(112, 88), first_image_id=first)
    records = [
        dict(
            image_id=person['image_id'],
            category_id=1,
            keypoints=[v + 1. for v in person['keypoints']],
            score=.5)
        for person in json.loads(path.read_text())['annotations']
    ]
    (tmp_path / 'estimator.keypoints.json').write_text(json.dumps(records))


@pytest.mark.parametrize('name', DEMO)
def test_demo_config_trains_and_tests(name: str, tmp_path: Path,
                                      demo_data) -> None:
    from mmengine.runner import Runner
    cfg = load(name)
    cfg.merge_from_dict({
        'work_dir': str(tmp_path / 'work'),
        'experiment_name': f'{tmp_path.name}_{Path(name).stem}',
        'train_cfg.max_epochs': 1,
        'test_evaluator.outfile_prefix': str(tmp_path / 'tested')
    })
    with DefaultScope.overwrite_default_scope('mmpose'):
        runner = Runner.from_cfg(cfg)
        runner.train()
        metrics = runner.test()
    loss = runner.message_hub.get_scalar('train/loss').current()
    assert math.isfinite(loss) and loss > 0
    assert runner.iter == 1  # a batch of everybody
    assert 0 <= metrics['coco/AP'] <= 1
    assert (tmp_path / 'work' / 'epoch_1.pth').is_file()
    written = json.loads((tmp_path / 'tested.keypoints.json').read_text())
    assert {r['image_id'] for r in written} <= {11, 12, 13, 14}
    assert written and all(
        len(r['keypoints']) == 51 and all(map(math.isfinite, r['keypoints']))
        for r in written)
