"""What the hook shows at validation, and when it stays silent."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from posefix_mm.demo.demo import REFINER
from posefix_mm.diagnosis import diagnose_results, load_skeleton
from posefix_mm.engine import RefineVisualizationHook

ROOT = Path(__file__).resolve().parents[2]
# joints far from each other, in a crop of 40 x 40 about (100, 100)
TRUTH = 80 + 2.2 * np.stack([np.arange(17), np.arange(17)[::-1]], 1)


class Recorder:
    """Stands in for the visualizer."""

    def __init__(self) -> None:
        self.scalars, self.images = [], []

    def add_scalars(self, values: dict, step: int) -> None:
        self.scalars.append((step, values))

    def add_image(self, name: str, image: np.ndarray, step: int) -> None:
        self.images.append((step, name, image))


def make_sample(image_id: int, pose, refined, poses_to_refine=True):
    given = InstanceData(
        bbox_scores=np.array([.9]), keypoints_visible=np.ones((1, 17)))
    if poses_to_refine:
        given.input_keypoints = pose[None]
    return PoseDataSample(
        metainfo=dict(
            img_id=image_id,
            category_id=1,
            input_center=np.array([100., 100.]),
            input_scale=np.array([40., 40.])),
        gt_instances=given,
        pred_instances=InstanceData(keypoints=refined[None]))


def annotations(image_ids) -> dict:
    values = np.column_stack((TRUTH, np.full(17, 2))).ravel().tolist()
    return dict(
        images=[dict(id=i, file_name=f'{i}.jpg') for i in image_ids],
        categories=[dict(id=1, name='person')],
        annotations=[
            dict(
                id=i,
                image_id=i,
                category_id=1,
                keypoints=values,
                bbox=[80., 80., 40., 40.],
                area=1600.,
                iscrowd=0,
                num_keypoints=17) for i in image_ids
        ])


def make_runner(count: int, content) -> SimpleNamespace:
    metric = SimpleNamespace(coco=SimpleNamespace(dataset=content))

    class Dataset:
        metainfo = load_skeleton()

        def __len__(self) -> int:
            return count

    return SimpleNamespace(
        visualizer=Recorder(),
        val_dataloader=SimpleNamespace(dataset=Dataset()),
        val_evaluator=SimpleNamespace(metrics=[SimpleNamespace(), metric]),
        _train_loop=object(),
        epoch=3)


def validate(hook, runner, samples, batch_size=2) -> Recorder:
    hook.before_val_epoch(runner)
    for batch in range(0, len(samples), batch_size):
        part = samples[batch:batch + batch_size]
        images = [
            torch.full((3, 20, 20), 10 * (batch + i), dtype=torch.uint8)
            for i in range(len(part))
        ]
        hook.after_val_iter(runner, batch // batch_size, dict(inputs=images),
                            part)
    hook.after_val_epoch(runner, {})
    return runner.visualizer


def test_mean_oks() -> None:
    """All joints of one pose 2 px off; two of three poses have a person."""
    off = TRUTH + [2., 0.]
    samples = [
        make_sample(1, off, TRUTH),
        make_sample(2, TRUTH, off),
        make_sample(7, off, off)
    ]
    shown = validate(RefineVisualizationHook(),
                     make_runner(3, annotations([1, 2])), samples)
    sigmas = load_skeleton()['sigmas'].astype(np.float64)
    oks = np.exp(-4 / (2 * 1600 * (2 * sigmas)**2)).mean()
    (step, scalars), = shown.scalars
    assert step == 3
    assert scalars == {
        'refine/OKS_before': pytest.approx((1 + oks) / 2, abs=1e-6),
        'refine/OKS_after': pytest.approx((1 + oks) / 2, abs=1e-6)
    }
    assert .5 < oks < .9


def test_the_same_people_every_epoch() -> None:
    """Three of twelve, spread evenly, and their crops in this order."""
    samples = [make_sample(i, TRUTH, TRUTH) for i in range(12)]
    hook = RefineVisualizationHook(num_samples=3, height=40)
    runner = make_runner(12, annotations(range(12)))
    for _ in range(2):
        validate(hook, runner, samples, batch_size=5)
    (_, name, first), (_, _, second) = runner.visualizer.images
    np.testing.assert_array_equal(first, second)
    assert name == 'refined_poses'
    assert first.shape == (22 + 3 * 40, 3 * 40, 3)
    # the images of a batch are as bright as their number
    corners = first[22::40][:3, 0, 0].tolist()
    assert corners == [0, 50, 110]  # samples 0, 5 and 11


def test_poses_lie_on_the_crop() -> None:
    """(100, 100) is the middle of the crop; the crop is shown twice."""
    pose = np.full((17, 2), 100.)
    sample = make_sample(1, pose, TRUTH)
    hook = RefineVisualizationHook(num_samples=1, height=40)
    shown = validate(hook, make_runner(1, None), [sample])
    (_, _, panel), = shown.images
    drawn = panel[22:].max(-1) > 0
    assert np.argwhere(drawn[:, :40]).mean(0) == pytest.approx([20, 20],
                                                               abs=.8)
    places = np.argwhere(drawn[:, 40:80])
    # TRUTH reaches from 0 to 35.2 of the 40 px, along a diagonal
    assert places.min() <= 1 and places.max() >= 34
    assert not drawn[:, 80:].any()  # no truth


def test_without_annotations_there_are_pictures_only() -> None:
    samples = [make_sample(1, TRUTH, TRUTH)]
    for content in (None, {}, dict(images=[], annotations=[])):
        shown = validate(RefineVisualizationHook(), make_runner(1, content),
                         samples)
        assert shown.scalars == []
        assert len(shown.images) == 1


def test_malformed_annotations_do_not_stop_training() -> None:
    content = annotations([1])
    content['annotations'][0]['keypoints'] = [1, 2, 3]
    shown = validate(RefineVisualizationHook(), make_runner(1, content),
                     [make_sample(1, TRUTH, TRUTH)])
    assert shown.scalars == [] and len(shown.images) == 1


def test_silent_for_ordinary_estimators() -> None:
    samples = [make_sample(1, TRUTH, TRUTH, poses_to_refine=False)]
    shown = validate(RefineVisualizationHook(),
                     make_runner(1, annotations([1])), samples)
    assert shown.scalars == shown.images == []


def test_only_the_main_process_shows(monkeypatch) -> None:
    """The second of two processes gives its poses and does no more."""
    from posefix_mm.engine import hooks as module
    monkeypatch.setattr(module, 'is_main_process', lambda: False)
    given = []
    monkeypatch.setattr(module, 'all_gather_object',
                        lambda own: given.append(own) or [own, own])
    shown = validate(RefineVisualizationHook(),
                     make_runner(1, annotations([1])),
                     [make_sample(1, TRUTH, TRUTH)])
    assert [len(own) for own in given] == [1]
    assert shown.scalars == shown.images == []


def test_no_pictures() -> None:
    shown = validate(
        RefineVisualizationHook(num_samples=0),
        make_runner(1, annotations([1])), [make_sample(1, TRUTH, TRUTH)])
    assert shown.images == []
    assert shown.scalars[0][1]['refine/OKS_before'] == 1
    with pytest.raises(ValueError, match='must not be negative, got -2'):
        RefineVisualizationHook(num_samples=-2)


def mean_oks(people: Path) -> float:
    """OKS of the poor poses, by the diagnosis."""
    results, truth = (
        json.loads((people / f'{name}.json').read_text())
        for name in ('results', 'annotations'))
    return diagnose_results(results, truth, load_skeleton()).oks.mean()


@pytest.mark.slow
def test_two_processes_count_everybody(people, tmp_path) -> None:
    """Each validates a half; one picture and the OKS of all are shown."""
    command = [
        sys.executable, '-W', 'ignore', '-m', 'torch.distributed.run',
        '--nproc_per_node=2', '--master_port=29541',
        str(ROOT / 'tools/train.py'),
        str(ROOT / 'configs' / REFINER), '--launcher', 'pytorch', '--work-dir',
        str(tmp_path), '--cfg-options', 'env_cfg.dist_cfg.backend=gloo',
        'model_wrapper_cfg.type=MMDistributedDataParallel',
        'model_wrapper_cfg.find_unused_parameters=True',
        'model_wrapper_cfg.device_ids=None', 'train_cfg.max_epochs=1',
        'train_cfg.val_interval=1', 'train_dataloader.batch_size=2',
        'val_dataloader.batch_size=2',
        f'val_evaluator.ann_file={people}/annotations.json',
        f'val_dataloader.dataset.pose_file={people}/results.json'
    ]
    for name in ('train_dataloader.dataset.dataset', 'val_dataloader.dataset'):
        command += [
            f'{name}.data_root=', f'{name}.ann_file={people}/annotations.json',
            f'{name}.data_prefix.img={people}/images/'
        ]
    result = subprocess.run(
        command,
        env={
            **os.environ, 'OMP_NUM_THREADS': '1'
        },
        capture_output=True,
        text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    data, = tmp_path.glob('*/vis_data')
    assert [p.name for p in (data / 'vis_image').iterdir()
            ] == ['refined_poses_1.png']
    lines = map(json.loads, (data / 'scalars.json').read_text().splitlines())
    shown, = (line['refine/OKS_before'] for line in lines
              if 'refine/OKS_before' in line)
    assert shown == pytest.approx(mean_oks(people), abs=1e-5)


def test_on_in_the_configs_and_in_training(people, tmp_path) -> None:
    """One epoch of the demo's refiner leaves picture, losses and OKS."""
    cfg = Config.fromfile(ROOT / 'configs' / REFINER)
    for loader, pose in (('train', False), ('val', True)):
        dataset = cfg[f'{loader}_dataloader'].dataset
        inner = dataset if pose else dataset.dataset
        inner.update(
            data_root='',
            ann_file=str(people / 'annotations.json'),
            data_prefix=dict(img=str(people / 'images') + '/'))
    cfg.val_dataloader.dataset.pose_file = str(people / 'results.json')
    cfg.merge_from_dict({
        'val_evaluator.ann_file':
        str(people / 'annotations.json'),
        'train_dataloader.batch_size':
        4,
        'train_cfg.max_epochs':
        1,
        'train_cfg.val_interval':
        1,
        'default_hooks.checkpoint.interval':
        -1,
        'work_dir':
        str(tmp_path),
        # visualizers are kept by name, with the folder of the first runner
        'visualizer.name':
        str(tmp_path)
    })
    cfg.param_scheduler[1]['T_max'] = 1
    Runner.from_cfg(cfg).train()
    data, = tmp_path.glob('*/vis_data')
    assert (data / 'vis_image' / 'refined_poses_1.png').stat().st_size > 1000
    lines = [
        json.loads(line)
        for line in (data / 'scalars.json').read_text().splitlines()
    ]
    logged = {key: value for line in lines for key, value in line.items()}
    assert logged['refine/OKS_before'] == pytest.approx(
        mean_oks(people), abs=1e-5)
    assert 0 <= logged['refine/OKS_after'] < logged['refine/OKS_before']
    assert logged['loss'] == pytest.approx(logged['loss_heatmap'] +
                                           logged['loss_coord'])
