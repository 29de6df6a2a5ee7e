"""The commands of docs/export.md run."""
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r'^```bash\n(.*?)^```$', re.M | re.S)


@pytest.mark.slow
def test_commands(tmp_path):
    for extra in ('timm', 'onnxscript', 'onnxruntime'):
        pytest.importorskip(extra)
    blocks = _BLOCK.findall((ROOT / 'docs/export.md').read_text())
    assert len(blocks) == 3
    (tmp_path / 'tools').symlink_to(ROOT / 'tools')
    programs = f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'
    subprocess.run(
        ['bash', '-euxc', '\n'.join(blocks)],
        cwd=tmp_path,
        env={**os.environ, 'PATH': programs},
        check=True)
    crops, refined = (
        np.load(tmp_path / f'{name}.npz') for name in ('crops', 'refined'))
    assert refined['keypoints'].shape == crops['input_pose'].shape
    # the poses are right already: most of their joints hardly move
    moved = np.linalg.norm(
        refined['keypoints'] - crops['input_pose'], axis=-1)
    assert np.median(moved[crops['input_pose_visible'] > 0]) < 10
