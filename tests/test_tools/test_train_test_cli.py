"""The stock tools: their flags, and one toy run through both of them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

import mmpose
import pytest

from posefix_mm._compat import run_mmpose_tool

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / 'tools'
TOY = ROOT / 'tests' / 'test_packaging'

COMMON = [
    '--work-dir', '--cfg-options', '--show-dir', '--show', '--interval',
    '--wait-time', '--launcher', '--local_rank'
]
TRAIN = ['--resume', '--amp', '--no-validate', '--auto-scale-lr']
TEST = ['--out', '--dump', '--badcase']


def run(*command: str, **environment: str) -> str:
    """Run a program and return its output; fail with it if it fails."""
    result = subprocess.run(
        command,
        env={
            **os.environ,
            **environment
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True)
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.mark.parametrize(('tool', 'flags'), [
    ('train.py', COMMON + TRAIN),
    ('test.py', COMMON + TEST),
])
def test_help_lists_the_flags_of_mmpose(tool: str, flags: List[str]) -> None:
    output = run(sys.executable, str(TOOLS / tool), '--help')
    assert f'usage: {tool}' in output
    assert [flag for flag in flags if flag not in output] == []


def test_train_resume_and_test(tmp_path: Path) -> None:
    """The tools train, resume from MMEngine's checkpoint and test it."""
    work_dir = tmp_path / 'work'
    config = str(TOY / 'toy_config.py')
    train = [
        sys.executable,
        str(TOOLS / 'train.py'), config, '--work-dir',
        str(work_dir)
    ]
    run(*train, '--cfg-options', 'train_cfg.max_epochs=1', PYTHONPATH=str(TOY))
    output = run(*train, '--resume', PYTHONPATH=str(TOY))
    assert 'resumed epoch: 1' in output
    assert 'Epoch(train) [1]' not in output

    metrics = tmp_path / 'metrics.json'
    run(sys.executable,
        str(TOOLS / 'test.py'),
        config,
        str(work_dir / 'epoch_2.pth'),
        '--work-dir',
        str(work_dir),
        '--out',
        str(metrics),
        PYTHONPATH=str(TOY))
    assert json.loads(metrics.read_text()).keys() == {'toy/mean'}


def test_missing_mmpose_tool(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(mmpose, '__file__', str(tmp_path / '__init__.py'))
    with pytest.raises(SystemExit, match=f'^error: the installed MMPose '
                       f'{mmpose.__version__} has no .*install it from its'):
        run_mmpose_tool('train')


# ------------------------------------------------------------- shell scripts
@pytest.fixture
def echo(tmp_path: Path) -> Dict[str, str]:
    """Environment where python and srun print their arguments, one a line."""
    for name in ('python', 'srun'):
        program = tmp_path / name
        program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
        program.chmod(0o755)
    return {'PATH': f'{tmp_path}{os.pathsep}{os.environ["PATH"]}'}


@pytest.mark.parametrize(('name', 'leading'), [
    ('train', ['a config.py']),
    ('test', ['a config.py', 'a.pth']),
])
def test_dist_script(name: str, leading: List[str],
                     echo: Dict[str, str]) -> None:
    script = str(TOOLS / f'dist_{name}.sh')
    output = run(script, *leading, '4', '--cfg-options', 'a=[1, 2]', **echo,
                 NNODES='2', NODE_RANK='1', PORT='1234', MASTER_ADDR='host')
    assert output.splitlines() == [
        '-m', 'torch.distributed.run', '--nnodes=2', '--node_rank=1',
        '--master_addr=host', '--master_port=1234', '--nproc_per_node=4',
        str(TOOLS / f'{name}.py'), *leading, '--launcher', 'pytorch',
        '--cfg-options', 'a=[1, 2]'
    ]


@pytest.mark.parametrize(('name', 'third', 'shown'), [
    ('train', 'dir', ['c.py', '--work-dir=dir']),
    ('test', 'a.pth', ['c.py', 'a.pth']),
])
def test_slurm_script(name: str, third: str, shown: List[str],
                      echo: Dict[str, str]) -> None:
    script = str(TOOLS / f'slurm_{name}.sh')
    output = run(script, 'part', 'job', 'c.py', third, '--show', **echo,
                 GPUS='2', SRUN_ARGS='--time=1 --quiet')
    assert output.splitlines() == [
        '-p', 'part', '--job-name=job', '--gres=gpu:2', '--ntasks=2',
        '--ntasks-per-node=2', '--cpus-per-task=5', '--kill-on-bad-exit=1',
        '--time=1', '--quiet', 'python', '-u',
        str(TOOLS / f'{name}.py'), *shown, '--launcher=slurm', '--show'
    ]


@pytest.mark.parametrize('script', sorted(p.name for p in TOOLS.glob('*.sh')))
def test_shell_script_says_how_to_use_it(script: str) -> None:
    result = subprocess.run([str(TOOLS / script)],
                            capture_output=True,
                            text=True)
    assert result.returncode == 2
    assert result.stderr.startswith('usage: ')
