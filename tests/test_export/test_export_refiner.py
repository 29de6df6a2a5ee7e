"""Exported refiners give PyTorch's coordinates."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmpose.registry import MODELS
from peaked_refiner import DEMO, POSEFIX, ROOT, make_refiner

from posefix_mm import export
from posefix_mm.cli import main

onnx = pytest.importorskip('onnx')
onnxruntime = pytest.importorskip('onnxruntime')
pytest.importorskip('onnxscript')

LITE0 = POSEFIX / 'lspet/posefix_lite0_1xb32-16e_lspet-192x144.py'
RES50 = POSEFIX / 'coco/posefix_res50_4xb32-140e_coco-256x192.py'


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    return make_refiner(tmp_path_factory.mktemp('demo'))


@pytest.fixture(scope='module')
def demo_onnx(demo, tmp_path_factory):
    """The demo's refiner with the flip test, exported and checked."""
    out = tmp_path_factory.mktemp('export') / 'new folder' / 'model.onnx'
    assert main([
        'export', '--config',
        str(DEMO), '--checkpoint', demo.weights, '--out',
        str(out), '--check', '--quiet'
    ]) == 0
    return out


def plain(refiner, crops, flip_indices):
    images, pose, visible = map(torch.from_numpy, crops[:3])
    with torch.no_grad():
        located = refiner.load().refine(
            images.permute(0, 3, 1, 2), pose, visible, flip_indices)
    return [part.numpy() for part in located]


def run(path, crops):
    session = onnxruntime.InferenceSession(
        str(path), providers=['CPUExecutionProvider'])
    return session.run(None,
                       dict(zip(export.INPUTS, crops[:3], strict=True)))


@pytest.mark.parametrize('size', [1, 2, 5])
def test_batches_of_any_size(demo, demo_onnx, size):
    crops = demo.crops.take(slice(size))
    assert np.isnan(crops.input_pose).any()
    wanted = plain(demo, crops, demo.metainfo['flip_indices'])
    found = run(demo_onnx, crops)
    assert [array.shape for array in found] == [(size, 17, 2), (size, 17)]
    np.testing.assert_allclose(found[0], wanted[0], rtol=0, atol=1e-3)
    np.testing.assert_allclose(found[1], wanted[1], rtol=0, atol=1e-4)


def test_predicted_quality_is_exported(demo, tmp_path):
    cfg = Config.fromfile(DEMO)
    cfg.model.head.quality = dict(
        type='PoseQuality', num_keypoints=17, in_channels=64)
    cfg.model.head.keep_margin = 0.
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpose'):
        model = MODELS.build(cfg.model).eval()
    refiner = export.ExportableRefiner(model, demo.metainfo['flip_indices'])
    path = tmp_path / 'model.onnx'
    path.write_bytes(
        export.refiner_to_onnx(refiner, {}).SerializeToString())
    crops = demo.crops.take(slice(5))
    found = run(path, crops)
    with torch.inference_mode():
        wanted = refiner(*map(torch.from_numpy, crops[:3]))
    assert [len(found), found[2].shape] == [len(export.OUTPUTS), (5, 2)]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-3)


def test_metadata(demo_onnx):
    model = onnx.load(demo_onnx)
    found = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(found['input_size']) == [48, 64]
    assert json.loads(found['flip_test']) is True
    assert json.loads(found['keypoint_names'])[:2] == ['nose', 'left_eye']
    assert found['model'] == 'posefix_tiny_1xb32-14e_demo-64x48'
    assert found['image_format'] == 'BGR, uint8, NHWC'
    assert found['onnxruntime'] == 'onnxruntime >= 1.15'
    assert model.ir_version == 8
    shapes = {
        value.name: [d.dim_param or d.dim_value
                     for d in value.type.tensor_type.shape.dim]
        for value in (*model.graph.input, *model.graph.output)
    }
    assert shapes == dict(
        images=['N', 64, 48, 3],
        input_pose=['N', 17, 2],
        input_pose_visible=['N', 17],
        keypoints=['N', 17, 2],
        confidences=['N', 17])


def test_folder_of_the_model_holds_nothing_else(demo_onnx):
    assert list(demo_onnx.parent.iterdir()) == [demo_onnx]


def test_runs_with_onnxruntime_and_numpy_alone(demo, demo_onnx, tmp_path):
    # what must not be imported is found first, and fails
    for name in ('torch', 'mmpose', 'mmengine', 'mmcv', 'cv2', 'posefix_mm'):
        (tmp_path / f'{name}.py').write_text('raise SystemExit(__name__)')
    np.savez(tmp_path / 'crops.npz',
             **dict(zip(export.INPUTS, demo.crops[:3], strict=True)))
    command = [
        sys.executable, ROOT / 'tools/run_onnx.py', demo_onnx,
        tmp_path / 'crops.npz', tmp_path / 'refined.npz'
    ]
    subprocess.run(
        command, check=True, env={**os.environ, 'PYTHONPATH': str(tmp_path)})
    found = np.load(tmp_path / 'refined.npz')
    wanted = plain(demo, demo.crops, demo.metainfo['flip_indices'])
    np.testing.assert_allclose(
        found['keypoints'], wanted[0], rtol=0, atol=1e-3)
    np.testing.assert_allclose(
        found['confidences'], wanted[1], rtol=0, atol=1e-4)


def test_unlearnt_keypoints_come_out_as_they_went_in(demo, tmp_path):
    refiner, _ = export.load_exportable(
        DEMO, demo.weights, flip_test=False,
        cfg_options={'model.passthrough_keypoints': [0, 16]})
    inputs = refiner.example_inputs(3)
    keypoints, _ = refiner(*inputs)
    same = (keypoints == inputs[1]).all(-1)
    assert same.all(0).nonzero().flatten().tolist() == [0, 16]
    assert same.sum() == 2 * 3


def test_keypoints_that_are_never_annotated_are_not_shown(demo) -> None:
    option = {'test_dataloader.dataset.absent_keypoints': ['nose']}
    refiner, _ = export.load_exportable(
        DEMO, demo.weights, flip_test=False, cfg_options=option)
    images, pose, visible = refiner.example_inputs(3)
    visible[:, 0], pose[:, 0] = 1, 20
    shown = visible.clone()
    shown[:, 0] = 0
    everything, _ = export.load_exportable(
        DEMO, demo.weights, flip_test=False)
    found = refiner(images, pose, visible)[0]
    torch.testing.assert_close(found, everything(images, pose, shown)[0])
    assert (found - everything(images, pose, visible)[0]).abs().max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize('config', [DEMO, LITE0, RES50],
                         ids=lambda path: path.parent.name)
@pytest.mark.parametrize('flip_test', [True, False])
def test_parity_of_all_models(tmp_path, config, flip_test):
    if config == LITE0:
        pytest.importorskip('timm')
        weights = LITE0.with_suffix('.pth')
    else:
        weights = make_refiner(tmp_path, config).weights
    refiner = export.export_refiner(
        config, str(weights), tmp_path / 'model.onnx', flip_test=flip_test)
    assert export.largest_difference(tmp_path / 'model.onnx',
                                     refiner) < export.TOLERANCE


def test_difference_is_seen(demo, demo_onnx):
    refiner, _ = export.load_exportable(DEMO, demo.weights)
    with torch.no_grad():
        refiner.parts.model.head.final_layer.weight[2] += .05
    assert export.largest_difference(demo_onnx, refiner) > 1e-2


def test_older_pytorch_is_told(demo, tmp_path, monkeypatch, capsys):
    """As in PyTorch 2.4, whose exporter has no ``dynamic_shapes``."""
    monkeypatch.setattr(torch.onnx, 'export', lambda model, args, f=None: None)
    monkeypatch.setattr(torch, '__version__', '2.4.1')
    assert main(['export', '--config', str(DEMO), '--checkpoint', demo.weights,
                 '--out', str(tmp_path / 'model.onnx')]) == 1
    assert capsys.readouterr().err == (
        'error: exporting to ONNX needs PyTorch 2.5 or newer, found 2.4.1\n')
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize('opset', [17, 999])
def test_unknown_opset_is_a_value_error(demo, tmp_path, opset):
    with pytest.raises(ValueError, match=f'opset must be .*got {opset}'):
        export.export_refiner(
            DEMO, demo.weights, tmp_path / 'm.onnx', opset=opset)
    assert not (tmp_path / 'm.onnx').exists()


def test_other_heads_are_a_value_error():
    cfg = Config.fromfile(
        POSEFIX / 'demo/posefix_tiny_c2c-1xb32-14e_demo-64x48.py')
    with pytest.raises(ValueError, match='only refiners with a PoseFixHead'):
        export.ExportableRefiner(MODELS.build(cfg.model).eval())


def test_missing_package_names_the_extra(demo, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxscript', None)
    with pytest.raises(ImportError, match=r'posefix_mm\[onnx\]'):
        export.export_refiner(DEMO, demo.weights, tmp_path / 'm.onnx')


def test_missing_config_is_an_error_of_the_command(tmp_path, capsys):
    out = Path(tmp_path / 'm.onnx')
    assert main(['export', '--config', 'nothing', '--out', str(out)]) == 1
    assert 'nothing is neither a config file' in capsys.readouterr().err
    assert not out.exists()
