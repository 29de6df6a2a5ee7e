"""tools/publish_model.py and tools/convert_official_checkpoint.py."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(TOOLS / f'{tool}.py'), *arguments],
        capture_output=True,
        text=True)


@pytest.mark.parametrize(('tool', 'words'), [
    ('publish_model', ['checkpoint', 'out', '--full-precision']),
    ('convert_official_checkpoint', ['prefix', 'out', '.index']),
    ('demo', ['--out-dir', '--epochs', '--train-images', '--val-images',
              '--seed']),
])
def test_help(tool: str, words: list) -> None:
    result = run(tool, '--help')
    assert result.returncode == 0
    assert [word for word in words if word not in result.stdout] == []


def test_publish_model(tmp_path: Path) -> None:
    torch.save(dict(state_dict={'a': torch.ones(4, 4) / 3}),
               tmp_path / 'in.pth')
    for name, flags, dtype in (('half.pth', [], torch.float16),
                               ('full.pth', ['--full-precision'],
                                torch.float32)):
        out = tmp_path / name
        result = run('publish_model', str(tmp_path / 'in.pth'), str(out),
                     *flags)
        assert result.returncode == 0, result.stderr
        assert f'written to {out}' in result.stdout
        saved = torch.load(out, weights_only=True)['state_dict']['a']
        assert saved.dtype == dtype


@pytest.mark.parametrize(
    ('tool', 'name'), [('publish_model', 'nowhere.pth'),
                       ('convert_official_checkpoint', 'nowhere.ckpt')])
def test_missing_file_is_one_line(tool: str, name: str,
                                  tmp_path: Path) -> None:
    result = run(tool, str(tmp_path / name), str(tmp_path / 'out.pth'))
    assert result.returncode == 1
    assert result.stderr.startswith('error: ') and name in result.stderr
    assert result.stderr.count('\n') == 1
    assert not (tmp_path / 'out.pth').exists()
