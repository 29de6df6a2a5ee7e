"""tools/test.py evaluates a chain, in one process and in two."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import List

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from posefix_mm.testing import write_dataset

ROOT = Path(__file__).resolve().parents[2]
CHAIN = (
    ROOT / 'configs/body_2d_keypoint/chain/demo' /
    'rtmdet-toy_rtmpose-tiny_posefix-tiny_demo-64x48.py')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Data as the demo lays it out, and weights of all parts.

    Random weights find nobody, so the truth is made up of what they find.
    """
    pytest.importorskip('mmdet')
    monkeypatch.chdir(tmp_path)
    path = write_dataset(
        Path('data/demo/val'), 7, seed=2, image_size=(112, 88))
    cfg = Config.fromfile(CHAIN)
    cfg.merge_from_dict({
        'work_dir': 'first',
        'experiment_name': tmp_path.name,
        'test_evaluator.outfile_prefix': 'first'
    })
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpose'):
        runner = Runner.from_cfg(cfg)
        model = runner.model
        torch.nn.init.normal_(model.refiner.head.final_layer.weight, std=1.)
        runner.test()
    torch.save({'state_dict': model.state_dict()}, 'chain.pth')
    content = json.loads(path.read_text())
    content['annotations'] = make_truth(Path('first.keypoints.json'))
    path.write_text(json.dumps(content))
    return tmp_path


def make_truth(results: Path) -> List[dict]:
    """Annotations near two thirds of the poses in a results file."""
    rng = np.random.default_rng(0)
    truth = []
    for i, record in enumerate(json.loads(results.read_text())):
        if i % 3 == 0:
            continue
        pose = np.array(record['keypoints']).reshape(-1, 3)
        pose[:, :2] += rng.normal(0, 4, (len(pose), 2))
        pose[:, 2] = 2
        x, y = pose[:, :2].min(0)
        width, height = np.ptp(pose[:, :2], axis=0)
        truth.append(
            dict(
                id=i,
                image_id=record['image_id'],
                category_id=1,
                keypoints=pose.ravel().tolist(),
                num_keypoints=len(pose),
                iscrowd=0,
                bbox=[x, y, width, height],
                area=width * height))
    return truth


def run(folder: Path, name: str, launcher: List[str],
        *options: str) -> str:
    """Run tools/test.py and return what it prints."""
    result = subprocess.run([
        sys.executable, '-W', 'ignore', *launcher,
        str(ROOT / 'tools/test.py'),
        str(CHAIN),
        str(folder / 'chain.pth'), '--work-dir',
        str(folder / name), *options[:2], '--cfg-options',
        f'test_evaluator.outfile_prefix={folder / name}',
        'test_dataloader.batch_size=2', *options[2:]
    ],
                            cwd=folder,
                            env={
                                **os.environ, 'OMP_NUM_THREADS': '1'
                            },
                            stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT,
                            text=True)
    assert result.returncode == 0, result.stdout[-3000:]
    return result.stdout


def statistics(output: str) -> List[float]:
    """What the evaluator found."""
    return [
        float(value)
        for value in re.findall(r'coco/A[PR][^:]*: +(-?[\d.]+)', output)
    ]


def poses_of(path: Path) -> np.ndarray:
    """Image, keypoints and score of all records, ordered by image."""
    records = sorted(
        json.loads(path.read_text()), key=lambda record: record['image_id'])
    return np.array([(r['image_id'], *r['keypoints'], r['score'])
                     for r in records])


@pytest.mark.slow
def test_two_processes_find_what_one_finds(folder: Path) -> None:
    one = run(folder, 'one', [])
    two = run(folder, 'two', [
        '-m', 'torch.distributed.run', '--nproc_per_node=2',
        '--master_port=29541'
    ], '--launcher', 'pytorch', 'env_cfg.dist_cfg.backend=gloo',
              'model_wrapper_cfg.type=MMDistributedDataParallel',
              'model_wrapper_cfg.device_ids=None')
    assert len(statistics(one)) == 10
    assert .1 < statistics(one)[0] < 1
    assert statistics(two) == pytest.approx(statistics(one), abs=1e-6)
    found = poses_of(folder / 'two.keypoints.json')
    assert len(set(found[:, 0])) == 7
    # batches differ, and with them the last digits
    np.testing.assert_allclose(
        found, poses_of(folder / 'one.keypoints.json'), atol=1e-3)
