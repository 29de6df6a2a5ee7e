"""The chain as one model gives what its parts give one after another."""

import json
from pathlib import Path
from typing import Dict, Iterator, List

import mmcv
import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.dataset import pseudo_collate
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

pytest.importorskip('mmdet')
ROOT = Path(__file__).resolve().parents[2]
CHAIN = (
    ROOT / 'configs/body_2d_keypoint/chain/demo' /
    'rtmdet-toy_rtmpose-tiny_posefix-tiny_demo-64x48.py')


def load_chain(people: Path, folder: Path) -> Config:
    """Read the demo's chain, for other data, in a folder of its own."""
    cfg = Config.fromfile(CHAIN)
    cfg.merge_from_dict({
        'work_dir': str(folder),
        'experiment_name': folder.name,
        'test_dataloader.batch_size': 2,
        'test_dataloader.dataset.data_root': str(people),
        'test_dataloader.dataset.ann_file': 'annotations.json',
        'test_dataloader.dataset.data_prefix.img': 'images/',
        'test_evaluator.ann_file': str(people / 'annotations.json'),
        'test_evaluator.outfile_prefix': str(folder / 'chain'),
        'model.batch_size': 3
    })
    return cfg


def spread(model: torch.nn.Module) -> None:
    """Random weights whose maps are not flat."""
    torch.manual_seed(0)
    torch.nn.init.normal_(model.refiner.head.final_layer.weight, std=1.)


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp('chain')


@pytest.fixture(scope='module')
def built(people: Path, folder: Path) -> Runner:
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpose'):
        runner = Runner.from_cfg(load_chain(people, folder))
    spread(runner.model)
    return runner


@pytest.fixture
def runner(built: Runner, mmpose_scope) -> Iterator[Runner]:
    """The same weights for every test."""
    weights = {k: v.clone() for k, v in built.model.state_dict().items()}
    yield built
    built.model.load_state_dict(weights)


@pytest.fixture
def known_boxes(people: Path, runner: Runner,
                monkeypatch) -> Dict[str, np.ndarray]:
    """Boxes of the annotations in place of a detector; one has nobody."""
    from posefix_mm.chain import Boxes
    content = json.loads((people / 'annotations.json').read_text())
    boxes = {}
    for image in content['images']:
        own = np.array([
            a['bbox'] for a in content['annotations']
            if a['image_id'] == image['id']
        ], np.float32).reshape(-1, 4)
        own[:, 2:] += own[:, :2]
        path = str(people / 'images' / image['file_name'])
        boxes[path] = np.column_stack(
            (own, np.linspace(.9, .4, len(own), dtype=np.float32)))
    boxes[min(boxes)] = np.zeros((0, 5), np.float32)
    images = {path: mmcv.imread(path) for path in boxes}

    def find_people(given: List[np.ndarray]) -> List[Boxes]:
        return [
            Boxes.from_array(boxes[next(
                path for path, image in images.items()
                if np.array_equal(image, wanted))]) for wanted in given
        ]

    monkeypatch.setattr(runner.model._estimator, 'find_people', find_people)
    return boxes


def refine_one(model, cfg: Config, path: str, record: dict) -> np.ndarray:
    """Refine a pose through the refiner's own data set and pipeline."""
    from posefix_mm.inference.predictor import build_test_dataset
    from posefix_mm.structures.pose_records import parse_pose_record
    dataset = build_test_dataset(cfg)
    parsed = parse_pose_record(0, record, 17)
    assert parsed.problem is None
    info = dataset.describe(parsed, path)
    info.update({
        key: dataset.metainfo[key]
        for key in ('flip_indices', 'dataset_name')
    })
    with torch.no_grad():
        [sample] = model.test_step(pseudo_collate([dataset.pipeline(info)]))
    return sample.pred_instances.keypoints[0]


def test_equals_its_parts(runner: Runner, known_boxes) -> None:
    """Detector's boxes, mmpose's inference_topdown, PoseFix's pipeline."""
    from mmpose.apis import inference_topdown

    from posefix_mm.inference.predictor import load_refiner_config
    model = runner.model.eval()
    batches = [model.test_step(batch) for batch in runner.test_dataloader]
    refiner_config = load_refiner_config(
        ROOT / 'configs/body_2d_keypoint/posefix/demo' /
        'posefix_tiny_1xb32-14e_demo-64x48.py')
    moved, count = [], 0
    for sample in (sample for batch in batches for sample in batch):
        boxes = known_boxes[sample.img_path]
        pred = sample.pred_instances
        assert len(pred.keypoints) == len(boxes)
        np.testing.assert_array_equal(pred.bboxes, boxes[:, :4])
        np.testing.assert_array_equal(pred.bbox_scores, boxes[:, 4])
        if not len(boxes):
            continue
        estimates = inference_topdown(model.estimator, sample.img_path,
                                      boxes[:, :4])
        for i, estimate in enumerate(estimates):
            joints = np.column_stack(
                (estimate.pred_instances.keypoints[0],
                 estimate.pred_instances.keypoint_scores[0]))
            refined = refine_one(
                model.refiner, refiner_config, sample.img_path,
                dict(image_id=1, keypoints=joints.ravel().tolist(), score=1.))
            np.testing.assert_allclose(
                pred.keypoints[i], refined, atol=1e-3, rtol=0)
            np.testing.assert_allclose(
                pred.keypoint_scores[i], joints[:, 2], atol=1e-5)
            moved.append(np.abs(refined - joints[:, :2]).max())
            count += 1
    assert count >= 3
    assert min(moved) > 1


def test_evaluates_in_one_run(runner: Runner, known_boxes, people: Path,
                              folder: Path) -> None:
    """Scores are those of mmpose's top-down estimators."""
    metrics = runner.test()
    assert 0 <= metrics['coco/AP'] <= 1
    records = json.loads((folder / 'chain.keypoints.json').read_text())
    assert 0 < len(records) <= sum(map(len, known_boxes.values()))
    by_box = {
        tuple(np.round(box[:2], 2)): box[4]
        for boxes in known_boxes.values() for box in boxes
    }
    for record in records:
        scores = np.array(record['keypoints'][2::3])
        sure = scores[scores > .2]
        expected = by_box[tuple(np.round(record['bbox'][:2], 2).astype(
            np.float32))] * (sure.mean() if len(sure) else 0)
        assert record['score'] == pytest.approx(expected, abs=1e-5)
        assert record['category_id'] == 1


def test_detects_by_mmdet(runner: Runner) -> None:
    """Random weights find something somewhere; everything goes through."""
    [sample, *_] = runner.model.eval().test_step(
        next(iter(runner.test_dataloader)))
    height, width = sample.ori_shape
    people = sample.pred_instances
    assert people.keypoints.shape == (4, 17, 2)  # max_per_img
    assert (people.bboxes >= 0).all()
    # images are padded, and resized to whole pixels before mmdet clips
    assert (people.bboxes <= max(width, height) + 1).all()
    assert sample.gt_instances.bbox_scales.shape == (4, 2)


def test_without_a_detector_images_are_people(people, tmp_path,
                                              mmpose_scope) -> None:
    cfg = load_chain(people, tmp_path)
    cfg.model.detector = None
    runner = Runner.from_cfg(cfg)
    [sample, *_] = runner.model.eval().test_step(
        next(iter(runner.test_dataloader)))
    height, width = sample.ori_shape
    assert sample.pred_instances.bboxes.tolist() == [[0, 0, width, height]]


def test_a_checkpoint_of_the_refiner_is_enough(runner: Runner,
                                               tmp_path: Path) -> None:
    """What tools/test.py loads into a model goes to its refiner."""
    model = runner.model
    weights = {k: v + 1 for k, v in model.refiner.state_dict().items()}
    estimator = {
        k: v.clone() for k, v in model.estimator.state_dict().items()
    }
    torch.save({'state_dict': weights}, tmp_path / 'refiner.pth')
    runner.load_checkpoint(str(tmp_path / 'refiner.pth'))
    for name, value in model.refiner.state_dict().items():
        torch.testing.assert_close(value, weights[name], msg=name)
    for name, value in model.estimator.state_dict().items():
        torch.testing.assert_close(value, estimator[name], msg=name)


def test_weights_that_are_loaded_after_a_run_count(
        runner: Runner, known_boxes, tmp_path: Path) -> None:
    """Also where a back end has changed the network for inference."""
    model, batch = runner.model.eval(), next(iter(runner.test_dataloader))

    def refined() -> np.ndarray:
        return np.concatenate([
            sample.pred_instances.keypoints
            for sample in model.test_step(batch)
        ])

    before = refined()
    names = set(model.refiner.state_dict())
    weights = {k: v.clone() for k, v in model.refiner.state_dict().items()}
    weights['head.final_layer.weight'] *= -1
    torch.save({'state_dict': weights}, tmp_path / 'refiner.pth')
    runner.load_checkpoint(str(tmp_path / 'refiner.pth'))
    assert np.abs(refined() - before).max() > 1
    assert set(model.refiner.state_dict()) == names
    weights['head.final_layer.weight'] *= -1
    torch.save({'state_dict': weights}, tmp_path / 'refiner.pth')
    runner.load_checkpoint(str(tmp_path / 'refiner.pth'))
    np.testing.assert_array_equal(refined(), before)


def test_the_refiner_brings_its_own_weights(people: Path, tmp_path: Path,
                                            runner: Runner) -> None:
    """Those beside its config, or the ones that are named."""
    from mmpose.registry import MODELS
    weights = {k: v + 1 for k, v in runner.model.refiner.state_dict().items()}
    (tmp_path / 'mine.py').write_text(
        "_base_ = 'posefix_mm::body_2d_keypoint/posefix/demo/"
        "posefix_tiny_1xb32-14e_demo-64x48.py'\n")
    torch.save({'state_dict': weights}, tmp_path / 'mine.pth')
    cfg = load_chain(people, tmp_path).model
    cfg.detector = None
    name = 'head.final_layer.bias'
    for part in (dict(config=str(tmp_path / 'mine.py')),
                 dict(cfg.refiner, checkpoint=str(tmp_path / 'mine.pth'))):
        cfg.refiner = ConfigDict(part)
        model = MODELS.build(cfg)
        torch.testing.assert_close(model.refiner.state_dict()[name],
                                   weights[name])


def test_a_checkpoint_of_the_chain_loads(runner: Runner,
                                         tmp_path: Path) -> None:
    weights = {k: v + 1 for k, v in runner.model.state_dict().items()}
    torch.save({'state_dict': weights}, tmp_path / 'chain.pth')
    runner.load_checkpoint(str(tmp_path / 'chain.pth'))
    name = 'estimator.head.final_layer.weight'
    torch.testing.assert_close(runner.model.state_dict()[name], weights[name])


def test_another_models_checkpoint_is_refused(runner: Runner,
                                              tmp_path: Path) -> None:
    torch.save({'state_dict': runner.model.estimator.state_dict()},
               tmp_path / 'estimator.pth')
    with pytest.raises(ValueError, match='weights of the refiner are missing'):
        runner.load_checkpoint(str(tmp_path / 'estimator.pth'))


def test_trains_nothing(runner: Runner) -> None:
    with pytest.raises(NotImplementedError, match="in mode 'loss'"):
        runner.model([], [], mode='loss')


def test_joints_are_matched_by_name(people: Path, tmp_path: Path) -> None:
    """An estimator of another skeleton; the rest is absent from the input."""
    cfg = load_chain(people, tmp_path)
    cfg.model.estimator.cfg_options = {
        'train_dataloader.dataset.type': 'CrowdPoseDataset',
        'model.head.out_channels': 14
    }
    with DefaultScope.overwrite_default_scope('mmpose'):
        from mmpose.registry import MODELS
        model = MODELS.build(cfg.model)
        batch = pseudo_collate([
            Runner.build_dataloader(cfg.test_dataloader).dataset[0]
        ])
    places = model._joint_map.places
    assert places[:5].tolist() == [-1] * 5  # no face in CrowdPose
    assert places[5:7].tolist() == [0, 1]  # shoulders come first there
    [sample] = model.eval().test_step(batch)
    people_found = sample.pred_instances
    assert people_found.keypoints.shape == (4, 17, 2)
    assert (people_found.keypoint_scores[:, :5] == 0).all()
    assert np.isfinite(people_found.keypoints).all()


@pytest.mark.slow
@pytest.mark.parametrize('name', ['rtmpose-m', 'hrnet-w32'])
def test_chains_of_coco_run(name: str, mmpose_scope) -> None:
    """At full size, with modules of mmdet in mmpose's configs."""
    from mmpose.registry import MODELS
    from mmpose.structures import PoseDataSample
    cfg = Config.fromfile(
        CHAIN.parents[1] / 'coco' /
        f'rtmdet-m_{name}_posefix-res50_coco-256x192.py').model
    cfg.detector.checkpoint = cfg.estimator.checkpoint = None
    cfg.detector.bbox_thr = 0.
    cfg.detector.cfg_options = {  # random weights find something, too
        'model.bbox_head.exp_on_reg': True,
        'model.test_cfg.max_per_img': 2,
        'model.test_cfg.score_thr': 0.
    }
    model = MODELS.build(cfg).eval()
    image = torch.randint(255, (3, 96, 128), dtype=torch.uint8)
    [sample] = model.test_step(
        dict(inputs=[image], data_samples=[PoseDataSample()]))
    assert model._joint_map.places.tolist() == list(range(17))
    assert sample.pred_instances.keypoints.shape == (2, 17, 2)
    assert np.isfinite(sample.pred_instances.keypoints).all()
