"""Models of BUCTD's release become ours."""

import subprocess
import sys
from pathlib import Path

import buctd_recordings as buctd
import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from mmpose.registry import MODELS

from posefix_mm.release import (
    convert_buctd,
    convert_buctd_checkpoint,
    describe_buctd,
    read_buctd_checkpoint,
)

pytestmark = pytest.mark.usefixtures('mmpose_scope')
ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / 'tools/convert_buctd_checkpoint.py'
NAMES = list(buctd.read('variables.json.gz')['models'])
SMALL = 'coam_w32_coco_grey_256x192'
QUICK = [SMALL, 'prenet_w48_coco_colour_384x288']


def shapes_only(name):
    """All tensors of a checkpoint; the numbers do not matter."""
    return {
        n: torch.empty(shape, device='meta')
        for n, shape in buctd.shapes(name).items()
    }


def build(network):
    with torch.device('meta'):
        return MODELS.build(network.model()).state_dict()


@pytest.mark.parametrize('name', NAMES)
def test_shapes_tell_what_the_name_says(name):
    fusion, width, data, kind, *_ = name.split('_')
    height, columns = map(int, name.rpartition('_')[2].split('x'))
    assert describe_buctd(shapes_only(name)) == (
        int(width[1:]), 17 if data == 'coco' else 14,
        dict(prenet='PreNet', coam='CoAM')[fusion],
        dict(
            colour='ColorPoseImage',
            grey='GreyPoseImage',
            stacked='StackedPoseMaps')[kind],
        (columns, height) if fusion == 'coam' else None,
        'channel_only' in name)


@pytest.mark.parametrize('name', [
    name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
    for name in NAMES
])
def test_every_tensor_has_a_place(name):
    tensors = shapes_only(name)
    state = build(describe_buctd(tensors))
    assert set(convert_buctd(tensors, state)) == set(state)


@pytest.fixture(scope='module')
def state():
    """Names and shapes of the small network as ours."""
    with DefaultScope.overwrite_default_scope('mmpose'):
        return build(describe_buctd(shapes_only(SMALL)))


def test_a_trunks_order_is_mmposes(state):
    """Names alone would not tell branches of one shape apart."""
    ours = [n for n in state if n.startswith('backbone.')]
    part = buctd.read('variables.json.gz')['parts']['hrnet_w32']
    assert ours == [f'backbone.{name}' for name, _ in part]


@pytest.mark.parametrize(('change', 'message'), [
    (lambda t: t.update(stray=torch.zeros(3)), r"unmapped: \['stray'\]"),
    (lambda t: t.pop('final_layer.bias'),
     r"missing: \['head.final_layer.bias'\]"),
    (lambda t: t.update({'final_layer.bias': torch.zeros(3)}),
     r"misshapen: \['final_layer.bias \(3,\) for head.final_layer.bias "
     r"\(17,\)'\]"),
    (lambda t: t.pop('stage2_att.att_layers.2.position_attention_module.'
                     'pa.fc_k.weight'),
     r"missing: \['fusion.blocks.2.position.key.weight'\]"),
])
def test_conversion_names_what_does_not_fit(change, message, state):
    tensors = shapes_only(SMALL)
    change(tensors)
    with pytest.raises(ValueError, match=message):
        convert_buctd(tensors, state)


@pytest.mark.parametrize('tensors', [
    {},
    {'final_layer.weight': torch.zeros(17, 48, 1, 1)},
    {'rgb_preNet.0.weight': torch.zeros(64, 3, 3, 3)},
    {'rgb_preNet.0.weight': torch.zeros(64, 3, 3, 3),
     'final_layer.weight': torch.zeros(17)},
])
def test_other_networks_are_refused(tensors):
    with pytest.raises(ValueError, match="not a network of BUCTD's release"):
        describe_buctd(tensors)


@pytest.mark.parametrize('wrap', [
    lambda tensors: {f'module.{n}': t for n, t in tensors.items()},
    lambda tensors: dict(epoch=3, best_state_dict={
        f'module.{n}': t for n, t in tensors.items()}),
])
def test_what_its_training_saves_is_read(wrap, tmp_path):
    tensors = {'a': torch.ones(2), 'b': torch.tensor(3)}
    torch.save(wrap(tensors), tmp_path / 'model.pth')
    assert read_buctd_checkpoint(tmp_path / 'model.pth').keys() == {'a', 'b'}


def test_tool_converts_a_file(tmp_path):
    """With the recorded names and shapes; loads with weights alone."""
    tensors = buctd.weights(SMALL)
    torch.save(tensors, tmp_path / 'model.pth')
    run = subprocess.run(
        [sys.executable, TOOL, tmp_path / 'model.pth', tmp_path / 'our.pth'],
        capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert ('HRNet-W32 with CoAM and GreyPoseImage, 17 keypoints, inputs of '
            '256x192') in run.stdout
    content = torch.load(tmp_path / 'our.pth', weights_only=True)
    model = MODELS.build(describe_buctd(tensors).model())
    model.load_state_dict(content['state_dict'], strict=True)
    name = 'stage2_att.att_layers.1.channel_attention_module.cnn_cond.weight'
    np.testing.assert_array_equal(model.fusion.blocks[1].channel.pose.weight
                                  .detach(), tensors[name])


def test_a_file_with_a_stray_tensor_is_not_converted(tmp_path):
    tensors = {
        n: torch.zeros(shape) if shape else torch.tensor(0)
        for n, shape in buctd.shapes(SMALL).items()
    }
    tensors['stage2_att.att_layers.3.extra'] = torch.zeros(2)
    torch.save(tensors, tmp_path / 'model.pth')
    with pytest.raises(ValueError, match="model.pth does not fit BUCTD's "
                       r"networks: unmapped: \['stage2_att.att_layers.3"):
        convert_buctd_checkpoint(tmp_path / 'model.pth', tmp_path / 'o.pth')
    assert not (tmp_path / 'o.pth').exists()


class Harmful:
    """What a file may hold instead of weights."""

    def __reduce__(self):
        return print, ('executed', )


@pytest.mark.parametrize(('content', 'message'), [
    ([1, 2], 'holds no weights'),
    ({}, 'holds no weights'),
    (dict(state_dict=dict(a=1)), 'holds no weights'),
    (Harmful(), 'is no checkpoint'),
])
def test_files_without_weights_are_refused(content, message, tmp_path, capsys):
    torch.save(content, tmp_path / 'model.pth')
    with pytest.raises(ValueError, match=message):
        read_buctd_checkpoint(tmp_path / 'model.pth')
    assert 'executed' not in capsys.readouterr().out


def test_missing_file_and_garbage_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='none.pth does not exist'):
        read_buctd_checkpoint(tmp_path / 'none.pth')
    (tmp_path / 'a.pth').write_bytes(b'hello')
    with pytest.raises(ValueError, match='a.pth is no checkpoint'):
        read_buctd_checkpoint(tmp_path / 'a.pth')
