"""What runs the network: all back ends give what plain PyTorch gives."""
import shutil
import sys

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpose.registry import MODELS
from peaked_refiner import POSEFIX, make_refiner
from torch import nn

from posefix_mm.inference import backends
from posefix_mm.inference.backends import (
    BACKENDS,
    build_backend,
    fold_batch_norm,
    has_bf16,
)

needs_bf16 = pytest.mark.skipif(
    not has_bf16(), reason='the processor has no bfloat16 instructions')


@pytest.fixture(scope='module')
def refiner(tmp_path_factory):
    return make_refiner(tmp_path_factory.mktemp('refiner'))


@pytest.fixture(scope='module')
def expected(refiner):
    """Plain PyTorch's keypoints and confidences, with the flip test."""
    return plain(refiner, refiner.metainfo['flip_indices'])


def plain(refiner, flip_indices):
    images, pose, visible = map(torch.from_numpy, refiner.crops[:3])
    with torch.no_grad():
        located = refiner.load().refine(
            images.permute(0, 3, 1, 2), pose, visible, flip_indices)
    return [part.numpy() for part in located]


@pytest.fixture(scope='module', params=['torch', 'onnxruntime', 'openvino'])
def runner(request, refiner):
    if request.param != 'torch':
        pytest.importorskip(request.param)
    return build_backend(
        refiner.load(), refiner.metainfo, backend=request.param)


def test_the_maps_have_peaks(expected):
    keypoints, confidences = expected
    assert .05 < confidences.mean() < .9
    assert keypoints.std((0, 1)).min() > 8  # of 48x64 pixels


@pytest.mark.parametrize('size', [1, 2, 5])
def test_coordinates_are_those_of_plain_pytorch(runner, refiner, expected,
                                                size):
    located = runner.start(refiner.crops.take(slice(size)))()
    for found, wanted in zip(located, expected, strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted[:size], rtol=0, atol=1e-3)


def test_the_same_batch_gives_the_same_bytes(runner, refiner):
    first, second, third = (runner.start(refiner.crops) for _ in range(3))
    assert first()[0].tobytes() == second()[0].tobytes()
    assert first()[0].tobytes() == third()[0].tobytes()


def test_results_stay_when_the_next_batch_runs(runner, refiner):
    keypoints = runner.start(refiner.crops)()[0]
    kept = keypoints.copy()
    runner.start(refiner.crops.take(slice(2, 4)))()
    np.testing.assert_array_equal(keypoints, kept)


@pytest.mark.parametrize('backend, name', [('torch', 'run'),
                                           ('onnxruntime', 'infer')])
def test_few_images_at_once_on_a_cpu(refiner, expected, monkeypatch, backend,
                                     name):
    if backend == 'onnxruntime':
        pytest.importorskip('onnxruntime')
        pytest.importorskip('onnxscript')
    monkeypatch.setattr(backends, '_IMAGES_ON_CPU', 4)
    backend = build_backend(
        refiner.load(), refiner.metainfo, backend=backend)
    sizes, run = [], getattr(backend, name)
    monkeypatch.setattr(
        backend, name, lambda inputs: sizes.append(len(inputs)) or run(inputs))
    keypoints = backend.start(refiner.crops)()[0]
    number = 2 * len(refiner.crops)  # with the mirrored ones
    assert sizes == [4] * (number // 4) + [number % 4] * (number % 4 > 0)
    np.testing.assert_allclose(keypoints, expected[0], rtol=0, atol=1e-3)


def test_no_crops_give_no_poses(runner, refiner):
    keypoints, confidences = runner.start(refiner.crops.take(slice(0)))()
    assert keypoints.shape == (0, 17, 2)
    assert confidences.shape == (0, 17)


def test_without_flip_test(refiner):
    runner = build_backend(refiner.load(), refiner.metainfo, flip_test=False)
    wanted = plain(refiner, None)[0]
    found = runner.start(refiner.crops)()[0]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-3)
    flipped = plain(refiner, refiner.metainfo['flip_indices'])[0]
    assert np.abs(flipped - wanted).max() > 1


@needs_bf16
@pytest.mark.parametrize('backend', ['torch', 'openvino'])
def test_bf16_has_fewer_digits(refiner, expected, backend):
    if backend == 'openvino':
        pytest.importorskip('openvino')
    runner = build_backend(
        refiner.load(), refiner.metainfo, backend=backend, precision='bf16')
    found = runner.start(refiner.crops)()[0]
    distance = np.linalg.norm(found - expected[0], axis=-1)
    # the mode of a map may be another where two are as high
    assert 1e-3 < np.median(distance) < .1
    assert runner.start(refiner.crops)()[0].tobytes() == found.tobytes()


@pytest.mark.slow
def test_compiled_once_for_all_batches(refiner, expected):
    if not shutil.which('g++'):
        pytest.skip('no C++ compiler')
    from torch._dynamo.utils import counters
    counters.clear()
    runner = build_backend(
        refiner.load(), refiner.metainfo, backend='compile')
    for size in (5, 1, 2, 3, 5):
        found = runner.start(refiner.crops.take(slice(size)))()[0]
        np.testing.assert_allclose(
            found, expected[0][:size], rtol=0, atol=1e-3)
    assert counters['stats']['unique_graphs'] == 1


def test_names():
    assert BACKENDS == ('torch', 'compile', 'onnxruntime', 'openvino')


@pytest.mark.parametrize(('options', 'message'), [
    (dict(backend='tensorrt'), r"backend must be one of .*got 'tensorrt'"),
    (dict(precision='int8'), r"precision must be one of .*got 'int8'"),
    (dict(precision='fp16'), 'fp16 is for GPUs'),
    (dict(backend='onnxruntime', precision='bf16'), 'computes in fp32 only'),
    (dict(backend='openvino', precision='fp16'), "got 'fp16'"),
])
def test_what_a_back_end_can_not_do_is_a_value_error(refiner, options,
                                                     message):
    with pytest.raises(ValueError, match=message):
        build_backend(refiner.load(), refiner.metainfo, **options)


def test_bf16_needs_a_processor_that_has_it(refiner, monkeypatch):
    monkeypatch.setattr(torch.cpu, 'get_capabilities', lambda: {'avx2': True},
                        raising=False)  # not every release has it
    with pytest.raises(ValueError, match='no bfloat16 instructions'):
        build_backend(refiner.load(), refiner.metainfo, precision='bf16')


def test_older_pytorch_does_not_know_the_processor(monkeypatch, tmp_path):
    monkeypatch.setattr(backends, '_CPU_INFO', tmp_path / 'cpuinfo')
    monkeypatch.delattr('torch.cpu.get_capabilities', raising=False)
    assert not has_bf16()  # nothing is known
    (tmp_path / 'cpuinfo').write_text('flags\t\t: fpu avx512_bf16 sse\n')
    assert has_bf16()
    (tmp_path / 'cpuinfo').write_text('flags\t\t: fpu avx512 sse\n')
    assert not has_bf16()


@pytest.mark.parametrize(('backend', 'extra'), [('onnxruntime', 'onnx'),
                                                ('openvino', 'openvino')])
def test_missing_package_names_the_extra(refiner, monkeypatch, backend,
                                         extra):
    monkeypatch.setitem(sys.modules, backend, None)
    with pytest.raises(
            ImportError, match=rf'{backend} .*posefix_mm\[{extra}\]'):
        build_backend(refiner.load(), refiner.metainfo, backend=backend)


def test_compile_needs_a_compiler(refiner, monkeypatch):
    monkeypatch.setattr(shutil, 'which', lambda name: None)
    with pytest.raises(RuntimeError, match=r'needs a C\+\+ compiler'):
        build_backend(refiner.load(), refiner.metainfo, backend='compile')


def test_heads_of_mmpose_run_in_plain_pytorch_only(refiner):
    cfg = Config.fromfile(
        POSEFIX / 'demo/posefix_tiny_c2c-1xb32-14e_demo-64x48.py')
    model = MODELS.build(cfg.model).eval()
    with pytest.raises(ValueError, match="PyramidHeatmapHead runs by backend "
                       "'torch' in fp32 only, got 'openvino'"):
        build_backend(model, refiner.metainfo, backend='openvino')


class Branches(nn.Module):
    """A batch norm that sees what nothing else sees, and one that does."""

    def __init__(self, shared):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)
        self.first_norm = nn.BatchNorm2d(4)
        self.up = nn.ConvTranspose2d(4, 5, 4, bias=False)
        self.up_norm = nn.BatchNorm2d(5)
        self.shared = shared

    def forward(self, x):
        x = self.up(self.first_norm(self.first(x)).relu())
        return self.up_norm(x) + (x if self.shared else 0)


@pytest.mark.parametrize(('shared', 'folded'), [(False, 2), (True, 0)])
def test_batch_norms_are_folded_where_that_changes_nothing(shared, folded):
    torch.manual_seed(0)
    model, x = Branches(shared), torch.randn(2, 3, 8, 8)
    for norm in (model.first_norm, model.up_norm):
        nn.init.uniform_(norm.running_mean, -1, 1)
        nn.init.uniform_(norm.running_var, .5, 2)
        nn.init.uniform_(norm.weight, .5, 2)
        nn.init.uniform_(norm.bias, -1, 1)
    model.eval()
    wanted = model(x)
    assert fold_batch_norm(model, lambda: model(x)) == folded
    left = sum(isinstance(m, nn.BatchNorm2d) for m in model.modules())
    assert left == 2 - folded
    torch.testing.assert_close(model(x), wanted)


def test_activations_inside_of_batch_norms_stay():
    layers = pytest.importorskip('timm.layers')
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 1), layers.BatchNormAct2d(8, act_layer=nn.ReLU))
    model.eval()
    x = torch.randn(2, 3, 8, 8)
    wanted = model(x)
    assert fold_batch_norm(model, lambda: model(x)) == 1
    torch.testing.assert_close(model(x), wanted)
    assert model(x).min() == 0
