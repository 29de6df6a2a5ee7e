"""What importing the package does to mmpose's registries, and when."""

import subprocess
import sys
from pathlib import Path

import pytest

import posefix_mm

ROOT = Path(posefix_mm.__file__).parents[1]
FOUND = """
names = dict(
    KEYPOINT_CODECS=['SoftArgmaxIntegral'],
    DATASETS=['PoseRefineDataset', 'PoseResultsDataset',
              'ZeroBasedMpiiDataset'],
    TRANSFORMS=['ClippedNormalBBoxTransform', 'GetInputPose',
                'MisplacePose', 'PackRefineInputs', 'SynthesizePoseError'],
    MODELS=['CPNHead', 'ChainedPoseRefiner', 'EndToEndPoseRefiner',
            'PoseFixHead', 'PoseRefiner', 'PyramidHeatmapHead',
            'TimmFeatures'],
    INFERENCERS=['PoseRefineInferencer'],
    HOOKS=['OKSBadCaseHook', 'RefineVisualizationHook'],
    METRICS=['MatchedMpiiPCKAccuracy', 'PoseErrorMetric', 'PoseTrackAP'],
    OPTIM_WRAPPERS=['Bfloat16OptimWrapper'])

def found():
    from mmpose import registry as r
    return [getattr(r, registry).get(name) is not None
            for registry, listed in names.items() for name in listed]
"""
ORDERS = {
    'mmpose first':
    """
import runpy, sys
runpy.run_path(sys.argv[1])['install']()  # no more than mmpose needs
import mmpose.codecs, mmpose.datasets, mmpose.evaluation, mmpose.models
assert not any(found()), found()
import posefix_mm
""",
    'posefix_mm first':
    """
import sys
import posefix_mm
slow = {'torch', 'numpy', 'mmengine', 'mmcv', 'mmpose', 'rich'}
assert not slow & {*sys.modules}
""",
    'a part of it first':
    """
from posefix_mm.codecs import SoftArgmaxIntegral
""",
    'a config':
    """
import sys
import posefix_mm  # the config does so, too late for Python to act on it
from mmengine.config import Config
config = Config.fromfile(
    sys.argv[2] + '/configs/body_2d_keypoint/posefix/demo/'
    'posefix_tiny_1xb32-14e_demo-64x48.py')
assert 'mmpose' not in sys.modules
from mmengine.registry import MODELS, init_default_scope
init_default_scope('mmpose')
assert type(MODELS.build(config.model)).__name__ == 'PoseRefiner'
assert not {'torchvision', 'pkg_resources'} & {*sys.modules}  # both are slow
""",
    "an inherited config's scope":
    """
import posefix_mm
from mmengine.registry import MODELS
loss = MODELS.build(dict(type='KeypointMSELoss', _scope_='posefix_mm'))
assert type(loss).__module__.startswith('mmpose')
""",
    'a process started afresh':
    """
import pickle, subprocess, sys
from posefix_mm.datasets import GetInputPose
data = pickle.dumps(GetInputPose())
subprocess.run([sys.executable, '-c', 'import pickle, sys; '
                'print(pickle.loads(sys.stdin.buffer.read()))'],
               input=data, check=True)
""",
}


@pytest.mark.parametrize('order', ORDERS)
def test_everything_is_registered(order: str) -> None:
    code = FOUND + ORDERS[order] + "assert all(found()), found()\nprint('ok')"
    stand_ins = ROOT / 'posefix_mm' / 'stand_ins' / '__init__.py'
    result = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code,
         str(stand_ins), str(ROOT)],
        capture_output=True,
        text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().endswith('ok')


def test_public_names_are_loaded_when_used() -> None:
    assert {'refine', 'apis', 'PosePredictor'} <= {*dir(posefix_mm)}
    from posefix_mm.apis import refine
    assert posefix_mm.refine is refine
    with pytest.raises(AttributeError, match="no attribute 'refien'"):
        posefix_mm.refien  # noqa: B018
