"""Models of the TensorFlow release become ours."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import release_recordings as release
import torch
from mmpose.registry import MODELS

from posefix_mm.release import (
    convert_checkpoint,
    convert_variables,
    describe_variables,
    read_tensorflow_checkpoint,
)
from posefix_mm.release.checkpoint import _to_torch_layout

pytestmark = pytest.mark.usefixtures('mmpose_scope')
ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / 'tools/convert_official_checkpoint.py'


def shapes_only(depth):
    """All variables of a release checkpoint; the numbers do not matter."""
    return {
        name: np.broadcast_to(np.float32(0), shape)
        for name, shape in release.read_shapes(depth).items()
    }


def build(depth, num_keypoints=17):
    with torch.device('meta'):
        return MODELS.build(
            dict(
                type='PoseRefiner',
                num_keypoints=num_keypoints,
                pose_sigma=7.,
                backbone=dict(type='ResNet', depth=depth),
                head=dict(
                    type='PoseFixHead',
                    in_channels=2048,
                    out_channels=num_keypoints,
                    decoder=dict(
                        type='SoftArgmaxIntegral',
                        input_size=(192, 256),
                        heatmap_size=(48, 64)))))


@pytest.mark.parametrize('depth', [50, 101, 152])
def test_every_variable_has_a_place(depth):
    variables = shapes_only(depth)
    assert describe_variables(variables) == (depth, 17)
    state = build(depth).state_dict()
    assert set(convert_variables(variables, state)) == {
        key for key in state if not key.endswith('num_batches_tracked')
    }


def test_other_skeletons():
    """MPII has 16 joints."""
    variables = shapes_only(50)
    for name, axis in (('resnet_v1_50/conv1/weights', 2), ('out/weights', 3),
                       ('out/biases', 0)):
        shape = list(variables[name].shape)
        shape[axis] -= 1
        variables[name] = np.zeros(shape, np.float32)
    assert describe_variables(variables) == (50, 16)
    converted = convert_variables(variables, build(50, 16).state_dict())
    assert converted['head.final_layer.weight'].shape == (16, 256, 1, 1)


def test_what_an_optimizer_keeps_is_left_out():
    variables = shapes_only(50)
    expected = set(convert_variables(variables, build(50).state_dict()))
    variables.update({
        'resnet_v1_50/conv1/weights/Adam': np.zeros(3),
        'resnet_v1_50/conv1/weights/Adam_1': np.zeros(3),
        'out/biases/Adam': np.zeros(3),
        'beta1_power': np.zeros(()),
        'beta2_power': np.zeros(()),
        'global_step': np.zeros((), np.int64),
    })
    assert set(convert_variables(variables,
                                 build(50).state_dict())) == expected


@pytest.mark.parametrize('variables', [
    {},
    {'conv1/weights': np.zeros((7, 7, 20, 64))},
    {'resnet_v1_50/conv1/weights': np.zeros((7, 7, 3, 64))},
])
def test_other_networks_are_refused(variables):
    with pytest.raises(ValueError, match="not a network of PoseFix's release"):
        describe_variables(variables)


@pytest.mark.parametrize(('change', 'message'), [
    (lambda v: v.update(stray=np.zeros(3)), r"unmapped: \['stray'\]"),
    (lambda v: v.pop('out/biases'), r"missing: \['head.final_layer.bias'\]"),
    (lambda v: v.update({'out/biases': np.zeros(3)}),
     r"misshapen: \['out/biases \(3,\) for head.final_layer.bias \(17,\)'\]"),
])
def test_conversion_names_what_does_not_fit(change, message):
    state = {
        'head.final_layer.weight': torch.zeros(17, 256, 1, 1),
        'head.final_layer.bias': torch.zeros(17)
    }
    variables = {
        'out/weights': np.zeros((1, 1, 256, 17), np.float32),
        'out/biases': np.zeros(17, np.float32)
    }
    change(variables)
    with pytest.raises(ValueError, match=message):
        convert_variables(variables, state)


def test_deconvolution_is_the_gradient_of_a_strided_convolution():
    """TensorFlow defines ``conv2d_transpose`` so; with a 4x4 kernel, stride
    2 and 'SAME', the convolution pads one pixel on each side."""
    rng = torch.Generator().manual_seed(0)
    kernel = torch.randn(4, 4, 3, 5, generator=rng)  # [kh, kw, out, in]
    maps = torch.randn(1, 5, 6, 4, generator=rng)
    image = torch.zeros(1, 3, 12, 8, requires_grad=True)
    conv = torch.nn.functional.conv2d(
        image, kernel.permute(3, 2, 0, 1), stride=2, padding=1)
    expected, = torch.autograd.grad(conv, image, maps)
    weight = _to_torch_layout(kernel.numpy())
    found = torch.nn.functional.conv_transpose2d(
        maps, weight, stride=2, padding=1)
    torch.testing.assert_close(found, expected)


def test_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='snapshot_9.ckpt.index'):
        read_tensorflow_checkpoint(tmp_path / 'snapshot_9.ckpt')


def test_missing_tensorflow_is_named(tmp_path, monkeypatch):
    (tmp_path / 'a.ckpt.index').touch()
    monkeypatch.setitem(sys.modules, 'tensorflow', None)
    with pytest.raises(ImportError, match='pip install tensorflow-cpu'):
        read_tensorflow_checkpoint(tmp_path / 'a.ckpt')


def test_file_is_as_the_variables(tmp_path, monkeypatch):
    """What is written loads with nothing but weights allowed."""
    from posefix_mm.release import checkpoint
    variables = release.make_variables(50)
    monkeypatch.setattr(checkpoint, 'read_tensorflow_checkpoint',
                        lambda prefix: variables)
    assert convert_checkpoint('snapshot.ckpt', tmp_path / 'a.pth') == (50, 17)
    content = torch.load(tmp_path / 'a.pth', weights_only=True)
    weight = content['state_dict']['head.deconv_layers.3.weight']
    np.testing.assert_array_equal(weight[5, 7],
                                  variables['up2/weights'][:, :, 7, 5])
    del variables['out/biases']
    with pytest.raises(ValueError, match='snapshot.ckpt does not fit.*missing'
                       r": \['head.final_layer.bias'\]"):
        convert_checkpoint('snapshot.ckpt', tmp_path / 'b.pth')
    assert not (tmp_path / 'b.pth').exists()


def test_garbage_is_refused(tmp_path):
    pytest.importorskip(
        'tensorflow', reason='make setup EXTRAS=tensorflow installs it')
    (tmp_path / 'a.ckpt.index').write_bytes(b'hello')
    with pytest.raises(ValueError, match='cannot read .*a.ckpt'):
        read_tensorflow_checkpoint(tmp_path / 'a.ckpt')


WRITE = """
import sys
sys.path.insert(0, sys.argv[1])
import tensorflow.compat.v1 as tf
import release_recordings
tf.disable_eager_execution()
with tf.Session() as session:
    for name, value in release_recordings.make_variables(50).items():
        tf.get_variable(name, initializer=value)
    weights = tf.trainable_variables()[0]
    tf.train.AdamOptimizer().minimize(tf.reduce_sum(weights))
    tf.train.get_or_create_global_step()
    session.run(tf.global_variables_initializer())
    tf.train.Saver().save(session, sys.argv[2])
"""


@pytest.mark.slow
def test_file_written_by_tensorflow(tmp_path):
    """The recorded weights, saved as the release saves its models, refine as
    recorded after the tool has converted them."""
    pytest.importorskip(
        'tensorflow', reason='make setup EXTRAS=tensorflow installs it')
    prefix = tmp_path / 'snapshot_140.ckpt'
    for command in (['-c', WRITE, str(Path(release.__file__).parent)],
                    [str(TOOL)]):
        arguments = [*command, str(prefix)]
        if command[0] == str(TOOL):
            arguments.append(str(tmp_path / 'posefix.pth'))
        run = subprocess.run([sys.executable, *arguments],
                             capture_output=True,
                             text=True)
        assert run.returncode == 0, run.stderr
    assert 'ResNet-50, 17 keypoints' in run.stdout

    record = json.loads(
        (release.OFFICIAL / 'network.json').read_text())['resnet50_256x192']
    from mmengine.config import Config
    from mmengine.runner import load_checkpoint
    config = Config.fromfile(
        ROOT / 'configs/body_2d_keypoint/posefix/coco' /
        'posefix_res50_4xb32-140e_coco-256x192.py')
    model = MODELS.build(config.model).eval()
    load_checkpoint(model, str(tmp_path / 'posefix.pth'), strict=True)
    with torch.no_grad():
        coords, _ = model(
            release.recorded_images(record), release.recorded_samples(record))
    error = np.abs(coords.numpy() * 4 - np.array(record['coords'])).max()
    assert error < 0.01
