"""What commands do not import, and that it is there when it is used."""
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

SLOW = ('matplotlib.pyplot', 'munkres', 'scipy.io', 'scipy.optimize',
        'scipy.stats', 'sympy', 'torch.distributed.fsdp', 'torchvision',
        'yapf')
USES = """
import sys
import posefix_mm
from posefix_mm._late_imports import put_off_imports
put_off_imports()
import mmengine.runner, mmpose.codecs, mmpose.datasets, mmpose.models
assert not {*SLOW} & {*sys.modules}

from mmengine.config import Config  # yapf
assert Config(dict(a=[1, 2])).pretty_text == 'a = [\\n    1,\\n    2,\\n]\\n'

import numpy as np
from mmpose.datasets.transforms import RandomBBoxTransform
np.random.seed(0)
values = RandomBBoxTransform._truncnorm(-1., 1., (100, ))
assert values.dtype == np.float32 and -1 <= values.min() < values.max() <= 1

from mmpose.codecs.associative_embedding import _py_max_match  # munkres
assert _py_max_match([[1, 2], [2, 1]]).tolist() == [[0, 0], [1, 1]]

from mmengine.optim import ZeroRedundancyOptimizer
from mmengine.registry import OPTIMIZERS
class Own(ZeroRedundancyOptimizer):
    pass
real = OPTIMIZERS.get('ZeroRedundancyOptimizer')
assert isinstance(real, type) and Own.__mro__[1] is real

import matplotlib.pyplot, scipy.stats
from xtcocotools import coco
assert scipy.stats.norm.cdf(0) == .5  # not a stand-in
if hasattr(coco, 'plt'):  # the stand-in for newer Pythons draws nothing
    assert coco.plt.gca().get_xlim() == matplotlib.pyplot.gca().get_xlim()
    assert isinstance(
        coco.Polygon([[0, 0], [1, 1]]), matplotlib.patches.Patch)
"""


def run_python(code: str, *arguments: object) -> None:
    result = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', f'SLOW = {SLOW}\n{code}',
         *map(str, arguments)],
        capture_output=True,
        text=True)
    assert result.returncode == 0, result.stderr


def test_put_off_imports_are_done_when_used() -> None:
    run_python(USES)


def test_refining_a_pose_imports_nothing_slow(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / '1.png'), np.zeros((64, 64, 3), np.uint8))
    pose = np.random.default_rng(0).uniform(5, 60, (17, 3)).ravel().tolist()
    poses = tmp_path / 'poses.json'
    poses.write_text(
        json.dumps([
            dict(image_id=1, category_id=1, keypoints=pose, score=.9)
        ]))
    run_python(
        'import sys\n'
        'from posefix_mm.cli import main\n'
        'assert main() == 0\n'
        'assert not {*SLOW} & {*sys.modules}, {*SLOW} & {*sys.modules}',
        'refine', poses, '--img-dir', tmp_path, '--out', tmp_path / 'out.json')
    assert len(json.loads((tmp_path / 'out.json').read_text())) == 1
