"""mmpose's own tools and inferencers with a refiner, on a few people."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import cv2
import mmpose
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from peaked_refiner import DEMO, ROOT, make_refiner

from posefix_mm.testing import write_dataset

TOOLS = Path(mmpose.__file__).parent / '.mim' / 'tools'
DIST = [
    'env_cfg.dist_cfg.backend=gloo',
    'model_wrapper_cfg.type=MMDistributedDataParallel',
    'model_wrapper_cfg.device_ids=None',
    'model_wrapper_cfg.find_unused_parameters=True'
]


class Place(NamedTuple):
    """A folder to work in, with the demo's data, poses and weights."""

    folder: Path
    weights: str
    people: list

    def run(self, *command: str, code: int = 0) -> str:
        """Run a program and return what it says."""
        result = subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env={
                **os.environ, 'PYTHONPATH': str(ROOT),
                'OMP_NUM_THREADS': '1'
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True)
        assert result.returncode == code, result.stdout
        return result.stdout

    def python(self, *arguments: str, code: int = 0) -> str:
        return self.run(
            sys.executable, '-W', 'ignore', *arguments, code=code)


@pytest.fixture(scope='module')
def place(tmp_path_factory) -> Place:
    folder = tmp_path_factory.mktemp('place')
    for seed, part in enumerate(('train', 'val')):
        ann = write_dataset(folder / 'data' / 'demo' / part, 3, seed=seed)
    people = [
        p for p in json.loads(ann.read_text())['annotations']
        if p['num_keypoints'] > 5
    ]
    records = [
        dict(
            image_id=p['image_id'],
            category_id=1,
            keypoints=(np.reshape(p['keypoints'], (-1, 3)) *
                       [1, 1, .45]).ravel().tolist(),
            score=.5) for p in people
    ]
    (folder / 'estimator.keypoints.json').write_text(json.dumps(records))
    return Place(folder, make_refiner(folder).weights, people)


# ------------------------------------------------------------------- test.py
@pytest.fixture(scope='module')
def tested(place) -> Path:
    """Run the tool with pictures of all poses and of the bad ones."""
    place.python(ROOT / 'tools/test.py', DEMO, place.weights, '--show-dir',
                 'shown', '--badcase', '--work-dir', 'work', '--cfg-options',
                 'test_evaluator.outfile_prefix=refined',
                 'test_evaluator.nms_mode=none')
    [folder] = (place.folder / 'work').glob('2*')
    return folder


def test_joints_are_drawn(place, tested) -> None:
    """All that an estimator is surer of than .3, one pose a picture."""
    records = json.loads((place.folder / 'refined.keypoints.json').read_text())
    photos = place.folder / 'data/demo/val/images'
    drawn = {}
    total, seen = 0, 0
    for record in records:
        name = f'{record["image_id"]:06d}'
        drawn[name] = drawn.get(name, -1) + 1
        photo = cv2.imread(str(photos / f'{name}.jpg')).astype(int)
        shown = cv2.imread(str(tested / f'shown/{name}_{drawn[name]}.jpg'))
        changed = np.abs(shown - photo).max(2) > 40
        joints = np.reshape(record['keypoints'], (-1, 3))
        inside = (joints[:, 2] > .3) & (joints[:, :2] > 3).all(1) & (
            joints[:, :2] < np.array(photo.shape[1::-1]) - 4).all(1)
        for x, y in joints[inside, :2].astype(int):
            total += 1
            seen += changed[y - 2:y + 3, x - 2:x + 3].any()
    assert total > 60
    assert seen / total > .95


def test_bad_cases_are_those_of_a_low_oks(place, tested) -> None:
    """An untrained network has some; the worst of all is among them."""
    from posefix_mm.diagnosis import diagnose_results, load_skeleton
    found = json.loads((tested / 'badcase' / 'results.json').read_text())
    results = json.loads((place.folder / 'refined.keypoints.json').read_text())
    truth = json.loads(
        (place.folder / 'data/demo/val/annotations.json').read_text())
    oks = diagnose_results(
        results, truth, load_skeleton(), oks_thr=0).oks
    assert 0 < len(found) <= len(results)
    assert all(case['OKS'] <= .5 for case in found)
    assert max(oks) <= .5 or len(found) < len(results)
    assert min(case['OKS'] for case in found) == pytest.approx(
        oks.min(), abs=.02)
    pictures = [p for p in (tested / 'badcase').iterdir()
                if p.suffix == '.jpg']
    assert len(pictures) == len(found)


def test_coco_metric_in_every_mode(place, tmp_path, monkeypatch) -> None:
    """True poses are found, in whatever order and whatever is dropped."""
    monkeypatch.chdir(place.folder)
    cfg = Config.fromfile(DEMO)
    cfg.model.passthrough_keypoints = list(range(17))
    cfg.test_evaluator = [
        dict(cfg.test_evaluator, score_mode=s, nms_mode=n, prefix=f'{s} {n}')
        for s in ('bbox', 'bbox_keypoint', 'bbox_rle', 'keypoint')
        for n in ('none', 'oks_nms', 'soft_oks_nms')
    ]
    cfg.work_dir = str(tmp_path)
    cfg.experiment_name = 'modes'
    with DefaultScope.overwrite_default_scope('mmpose'):
        metrics = Runner.from_cfg(cfg).test()
    values = [v for k, v in metrics.items() if k.endswith('/AP')]
    assert len(values) == 12
    truth = json.loads(Path(cfg.test_evaluator[0].ann_file).read_text())
    everybody = sum(p['num_keypoints'] > 0 for p in truth['annotations'])
    # pycocotools interpolates at 101 recalls
    assert values == pytest.approx(
        [len(place.people) / everybody] * 12, abs=.01)


# ------------------------------------------------------- get_flops, browsing
def test_flops(place) -> None:
    """All layers count, the pose channels of the first one included."""
    output = place.python(TOOLS / 'analysis_tools/get_flops.py', DEMO,
                          '--input-shape', '64', '48')
    assert 'Input shape: (1, 3, 64, 48)' in output
    flops = float(re.search(r'Flops: ([\d.]+)M', output)[1])
    parameters = float(re.search(r'Params: ([\d.]+)M', output)[1])
    assert 50 < flops < 100
    from mmpose.registry import MODELS

    from posefix_mm.inference.predictor import load_refiner_config
    model = MODELS.build(load_refiner_config(DEMO).model)
    count = sum(p.numel() for p in model.parameters())
    assert parameters == pytest.approx(count / 1e6, abs=.01)


@pytest.mark.parametrize(('mode', 'phase'), [
    ('original', 'train'), ('transformed', 'train'), ('original', 'val')])
def test_browsing(place, mode, phase) -> None:
    """One picture a person, whoever is near."""
    place.python(TOOLS / 'misc/browse_dataset.py', DEMO, '--mode', mode,
                 '--phase', phase, '--not-show', '--output-dir',
                 f'{mode}_{phase}')
    pictures = list((place.folder / f'{mode}_{phase}').iterdir())
    if phase == 'val':
        expected = len(place.people)
    else:
        content = json.loads(
            (place.folder / 'data/demo/train/annotations.json').read_text())
        expected = sum(p['num_keypoints'] > 0 for p in content['annotations'])
    assert len(pictures) == expected


def test_a_mode_that_mmpose_does_not_have(place) -> None:
    output = place.python(TOOLS / 'misc/browse_dataset.py', DEMO, '--mode',
                          'pipeline', code=2)
    assert "error: argument --mode: invalid choice: 'pipeline'" in output


# --------------------------------------------------------------- inferencers
SENTENCE = (r'a refiner refines poses and was given an image alone: use '
            r'posefix_mm\.refine\(image, keypoints\)')


def test_inference_topdown(place) -> None:
    from mmpose.apis import inference_topdown, init_model
    model = init_model(str(DEMO), place.weights, device='cpu')
    image = np.zeros((40, 30, 3), np.uint8)
    with pytest.raises(ValueError, match=SENTENCE):
        inference_topdown(model, image)
    with pytest.raises(ValueError, match=SENTENCE):
        inference_topdown(model, image, [[1, 2, 20, 30]])


def test_inferencer(place) -> None:
    """Without a detector to be downloaded first."""
    from mmpose.apis import MMPoseInferencer
    inferencer = MMPoseInferencer(
        pose2d=str(DEMO), pose2d_weights=place.weights, device='cpu')
    with pytest.raises(ValueError, match=SENTENCE):
        next(inferencer(np.zeros((40, 30, 3), np.uint8)))


# ------------------------------------------------------------------ training
def test_amp_without_a_gpu_says_what_to_take(place) -> None:
    if torch.cuda.is_available():
        pytest.skip('there is a GPU')
    output = place.python(ROOT / 'tools/train.py', DEMO, '--amp', code=1)
    assert output.startswith('error: --amp needs a GPU; ')
    assert 'optim_wrapper.type=Bfloat16OptimWrapper' in output
    assert len(output.splitlines()) == 1


def test_auto_scale_and_resume(place) -> None:
    """A quarter of the samples a step, a quarter of the rate."""
    train = [
        ROOT / 'tools/train.py', DEMO, '--work-dir', 'scaled', '--no-validate',
        '--auto-scale-lr'
    ]
    options = ['--cfg-options', 'train_dataloader.batch_size=8']
    output = place.python(*train, *options, 'train_cfg.max_epochs=1')
    assert 'Scaling the original LR by 0.25.' in ' '.join(output.split())
    output = place.python(*train, '--resume', *options,
                          'train_cfg.max_epochs=2')
    assert 'resumed epoch: 1' in output
    assert 'Saving checkpoint at 2 epochs' in output


@pytest.mark.slow
def test_dist_train_of_mmpose(place) -> None:
    """Two processes, on CPUs as well."""
    python = place.folder / 'bin' / 'python'
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -W ignore "$@"\n')
    python.chmod(0o755)
    path = os.environ['PATH']
    output = place.run(
        'env', f'PATH={place.folder}/bin:{path}', 'PORT=29577', 'bash',
        TOOLS / 'dist_train.sh', DEMO, '2', '--work-dir', 'dist',
        '--no-validate', '--cfg-options', 'train_cfg.max_epochs=1',
        'param_scheduler.1.T_max=1', 'train_dataloader.batch_size=4', *DIST)
    assert 'Saving checkpoint at 1 epochs' in output
    assert (place.folder / 'dist' / 'epoch_1.pth').is_file()
