"""`posefix refine` in two processes."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest
from refine_fixtures import CONFIGS, save_weights

from posefix_mm.cli import main
from posefix_mm.demo.demo import REFINER

CONFIG = CONFIGS / REFINER


@pytest.fixture
def command(people: Path, tmp_path: Path) -> List[str]:
    """A call on every record many times over, on random weights."""
    save_weights(CONFIG, tmp_path / 'weights.pth', 1.)
    records = json.loads((people / 'results.json').read_text())
    content = json.loads((people / 'annotations.json').read_text())
    images = [
        dict(image, id=image['id'] + 100 * copy) for copy in range(12)
        for image in content['images']
    ]
    (tmp_path / 'images.json').write_text(json.dumps({'images': images}))
    (tmp_path / 'poses.json').write_text(
        json.dumps([
            dict(record, image_id=record['image_id'] + 100 * copy, copy=copy)
            for record in records for copy in range(12)
        ] + ['no record']))
    return [
        'refine', str(tmp_path / 'poses.json'), '--config', str(CONFIG),
        '--checkpoint', str(tmp_path / 'weights.pth'), '--img-dir',
        str(people / 'images'), '--ann', str(tmp_path / 'images.json'),
        '--batch-size', '2'
    ]


@pytest.mark.slow
def test_two_processes_write_what_one_writes(command, tmp_path) -> None:
    """To the last byte, log included; one of them writes and reports."""
    assert main([*command, '--out', str(tmp_path / 'one.json')]) == 0
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    result = subprocess.run(
        [
            sys.executable, '-m', 'torch.distributed.run',
            '--nproc_per_node=2', f'--master_port={port}', '-m',
            'posefix_mm', *command, '--out',
            str(tmp_path / 'two.json'), '--launcher', 'pytorch'
        ],
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
        capture_output=True,
        text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count('poses read') == 1
    names = sorted(p.name for p in tmp_path.iterdir()
                   if p.name.startswith(('one', 'two', '.')))
    assert names == [
        'one.json', 'one.json.log.jsonl', 'two.json', 'two.json.log.jsonl'
    ]
    for name in ('json', 'json.log.jsonl'):
        assert (tmp_path / f'two.{name}').read_bytes() == (
            tmp_path / f'one.{name}').read_bytes()


def test_launcher_without_its_processes(command, tmp_path, capsys) -> None:
    """What to type instead."""
    assert main([
        *command, '--out',
        str(tmp_path / 'out.json'), '--launcher', 'pytorch'
    ]) == 1
    assert 'torchrun --nproc_per_node' in capsys.readouterr().err
