"""Distributed training and resuming, on two processes without a GPU."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from posefix_mm.testing import write_dataset

ROOT = Path(__file__).resolve().parents[2]
CONFIG = (
    ROOT / 'configs/body_2d_keypoint/posefix/demo' /
    'posefix_tiny_1xb32-14e_demo-64x48.py')


def train(folder: Path, port: int, epochs: int, *flags: str) -> str:
    """Train the demo's refiner on two processes; return what they print."""
    command = [
        sys.executable, '-m', 'torch.distributed.run', '--nproc_per_node=2',
        f'--master_port={port}',
        str(ROOT / 'tools/train.py'),
        str(CONFIG), '--launcher', 'pytorch', '--work-dir',
        str(folder / 'work'), '--no-validate', *flags, '--cfg-options',
        'env_cfg.dist_cfg.backend=gloo',
        'model_wrapper_cfg.type=MMDistributedDataParallel',
        'model_wrapper_cfg.find_unused_parameters=True',
        'model_wrapper_cfg.device_ids=None',
        'train_dataloader.batch_size=4', 'default_hooks.logger.interval=1',
        'default_hooks.checkpoint.interval=1',
        f'train_cfg.max_epochs={epochs}'
    ]
    result = subprocess.run(
        command,
        cwd=folder,
        env={
            **os.environ, 'OMP_NUM_THREADS': '1'
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True)
    assert result.returncode == 0, result.stdout[-3000:]
    return result.stdout


@pytest.mark.slow
def test_two_processes_share_the_data_and_resume(tmp_path: Path) -> None:
    data = tmp_path / 'data' / 'demo'
    write_dataset(data / 'train', 12, image_size=(128, 96), simple=True)
    output = train(tmp_path, 29531, 1)
    steps = re.findall(r'Epoch\(train\)\s+\[1\]\[\s*(\d+)/(\d+)\]', output)
    per_process = -(-count(data) // 2)
    assert len(steps) == int(steps[-1][1]) == -(-per_process // 4)
    assert (tmp_path / 'work' / 'epoch_1.pth').is_file()

    output = train(tmp_path, 29532, 2, '--resume')
    assert 'resumed epoch: 1' in output
    assert (tmp_path / 'work' / 'epoch_2.pth').is_file()


def count(data: Path) -> int:
    """Count the people that there are to train on."""
    content = json.loads((data / 'train' / 'annotations.json').read_text())
    return len(content['annotations'])
