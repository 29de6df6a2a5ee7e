"""What importing the package does to mmpose's registries."""

import subprocess
import sys

CODE = """
import mmpose.codecs, mmpose.datasets, mmpose.evaluation, mmpose.models
from mmpose import registry as r

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
    return [getattr(r, registry).get(name) is not None
            for registry, listed in names.items() for name in listed]

assert not any(found()), found()
import posefix_mm
assert all(found()), found()
print('done')
"""


def test_import_registers_everything():
    result = subprocess.run([sys.executable, '-W', 'ignore', '-c', CODE],
                            capture_output=True,
                            text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().endswith('done')
