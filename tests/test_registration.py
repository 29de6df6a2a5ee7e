"""What importing the package does to mmpose's registries."""

import importlib
import subprocess
import sys

import pytest

CODE = """
import mmpose.codecs, mmpose.datasets, mmpose.evaluation, mmpose.models
from mmpose import registry as r

names = dict(
    KEYPOINT_CODECS=['SoftArgmaxIntegral'],
    DATASETS=['PoseRefineDataset', 'PoseResultsDataset'],
    TRANSFORMS=['ClippedNormalBBoxTransform', 'GetInputPose',
                'MisplacePose', 'PackRefineInputs', 'SynthesizePoseError'],
    MODELS=['CPNHead', 'ChainedPoseRefiner', 'EndToEndPoseRefiner',
            'PoseFixHead', 'PoseRefiner', 'PyramidHeatmapHead',
            'TimmFeatures'],
    INFERENCERS=['PoseRefineInferencer'],
    HOOKS=['RefineVisualizationHook'],
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


PUBLIC = {
    'posefix_mm': [
        'PosePredictor', 'PoseRefineInferencer', '__version__', 'refine',
        'refine_file'
    ],
    'posefix_mm.analysis': [
        'AnnotatedPeople', 'Classification', 'DiagnosedFile', 'Diagnosis',
        'FrequencyTable', 'MeasuredErrors', 'NOT_ANNOTATED', 'change_table',
        'classify_errors', 'config_fragment', 'diagnose_files',
        'diagnose_results', 'diagnosis_tables', 'estimate_errors',
        'frequency_by_joint', 'frequency_by_overlap',
        'frequency_by_visible', 'keypoint_similarity', 'load_people',
        'load_skeleton', 'oks_distribution', 'paired_rows',
        'status_changes', 'status_frequency', 'summarize',
        'summarize_changes', 'twin_groups'
    ],
    'posefix_mm.apis': [
        'Evaluation', 'NotAllRefinedError', 'PoseRefinement', 'RefineSummary',
        'evaluate_results', 'publish_model', 'refine', 'refine_file',
        'refine_results'
    ],
    'posefix_mm.apis.inferencers': [
        'DRAW_STYLES', 'InputFrames', 'PoseRefineInferencer',
        'RefinementDrawer', 'open_inputs'
    ],
    'posefix_mm.refinement': [
        'Cropper', 'Crops', 'ImageJob', 'ImageProblem', 'ImageResult',
        'PoseArrays', 'PosePredictor', 'RefinedCrops', 'load_image',
        'refine_stream'
    ],
    'posefix_mm.chain': [
        'Boxes', 'EstimatedPoses', 'Estimator', 'FindPeople', 'InputPoses',
        'ModelFiles', 'PersonDetector', 'TopdownEstimator',
        'WholeImageEstimator', 'build_estimator', 'estimate_poses',
        'find_model', 'load_detector', 'load_estimator', 'load_weights',
        'read_config', 'to_input_poses', 'whole_images'
    ],
    'posefix_mm.codecs': ['SoftArgmaxIntegral'],
    'posefix_mm.datasets': [
        'ClippedNormalBBoxTransform', 'GetInputPose', 'MisplacePose',
        'PackRefineInputs', 'PoseRefineDataset', 'PoseResultsDataset',
        'SynthesizePoseError'
    ],
    'posefix_mm.datasets.datasets':
    ['PoseRefineDataset', 'PoseResultsDataset'],
    'posefix_mm.datasets.transforms': [
        'ClippedNormalBBoxTransform', 'ERROR_TYPES', 'ErrorSynthesizer',
        'GetInputPose', 'MisplacePose', 'PERSON_JOINT_GROUPS',
        'PackRefineInputs', 'RELEASE_TABLE', 'SynthesizePoseError',
        'build_radii', 'build_table'
    ],
    'posefix_mm.engine': ['Bfloat16OptimWrapper', 'RefineVisualizationHook'],
    'posefix_mm.engine.hooks': ['RefineVisualizationHook'],
    'posefix_mm.evaluation': [
        'MatchedMpiiPCKAccuracy', 'PoseErrorMetric', 'PoseTrackAP',
        'STATISTICS', 'can_evaluate', 'comparison_table', 'error_costs',
        'evaluate_keypoints', 'joint_precisions', 'repair_errors'
    ],
    'posefix_mm.evaluation.metrics':
    ['MatchedMpiiPCKAccuracy', 'PoseErrorMetric', 'PoseTrackAP'],
    'posefix_mm.testing': [
        'COCO_CATEGORY', 'DATA_SETS', 'derive_joints', 'draw_animals',
        'draw_scene', 'write_dataset', 'write_like'
    ],
    'posefix_mm.visualization.figures': [
        'ERROR_COLORS', 'FIGURE_SUFFIXES', 'PhotoCrop', 'check_figure_path',
        'crop_photo', 'draw_only', 'draw_pose', 'error_frequency_figure',
        'input_poses_figure', 'joint_change_figure', 'network_maps_figure',
        'oks_change_figure', 'pose_segments', 'save_figure',
        'synthesized_errors_figure', 'trace_network', 'training_samples',
        'typical_pose'
    ],
    'posefix_mm.visualization.report': [
        'Comparison', 'PairTruth', 'PairedPoses', 'PosePairs',
        'compare_results', 'joint_moves', 'pair_poses', 'read_annotations',
        'write_report'
    ],
    'posefix_mm.models': [
        'CPNHead', 'ChainedPoseRefiner', 'EndToEndPoseRefiner', 'PoseFixHead',
        'PoseRefiner', 'PyramidHeatmapHead', 'TimmFeatures'
    ],
    'posefix_mm.models.backbones': ['TimmFeatures'],
    'posefix_mm.models.heads':
    ['CPNHead', 'PoseFixHead', 'PyramidHeatmapHead'],
    'posefix_mm.models.layers': [
        'GaussianPoseMaps', 'OneHotPoseMaps', 'add_input_channels',
        'find_input_conv'
    ],
    'posefix_mm.models.pose_estimators':
    ['ChainedPoseRefiner', 'EndToEndPoseRefiner', 'PoseRefiner'],
    'posefix_mm.release': [
        'convert_checkpoint', 'convert_variables', 'describe_variables',
        'read_tensorflow_checkpoint'
    ],
}


@pytest.mark.parametrize('name', PUBLIC)
def test_public_names(name):
    module = importlib.import_module(name)
    assert sorted(module.__all__) == PUBLIC[name]
    assert all(hasattr(module, public) for public in PUBLIC[name])
