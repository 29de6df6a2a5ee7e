"""Reading and converting MoveNet's published weights."""
import json

import numpy as np
import pytest

from posefix_mm.models import MoveNetBackbone, MoveNetNeck
from posefix_mm.release.movenet import (
    _layers,
    convert_graph_weights,
    convert_movenet,
    read_graph_weights,
)


@pytest.fixture(scope='module')
def weights() -> dict:
    """Numbers under the names of the graph, in TensorFlow's layout."""
    modules = dict(backbone=MoveNetBackbone(), neck=MoveNetNeck())
    rng, found = np.random.default_rng(0), {}
    for ours, kernel, bias in _layers():
        part, _, name = ours.partition('.')
        if part == 'head':
            shape, channels = (1, 1, 96, 17), 17
        else:
            out, inner, height, width = modules[part].get_submodule(
                name).weight.shape
            channels = out
            shape = (height, width, out, 1) if ours.endswith(
                'depthwise') else (height, width, inner, out)
        found[kernel] = rng.random(shape, np.float32)
        if bias:
            found[bias] = rng.random(channels, np.float32)
    return found


def test_every_layer_gets_its_weights(weights):
    state = convert_graph_weights(weights)
    for part, module in (('backbone', MoveNetBackbone()), ('neck',
                                                           MoveNetNeck())):
        module.load_state_dict({
            key.removeprefix(f'{part}.'): value
            for key, value in state.items() if key.startswith(f'{part}.')
        })
    assert state['head.final_layer.weight'].shape == (17, 96, 1, 1)
    names = {ours: kernel for ours, kernel, _ in _layers()}
    stem = weights[names['backbone.stem']]
    assert state['backbone.stem.weight'][7, 2, 0, 1] == stem[0, 1, 2, 7]
    depthwise = weights[names['neck.smooth.2.depthwise']]
    assert state['neck.smooth.2.depthwise.weight'][9, 0, 2, 1] == depthwise[
        2, 1, 9, 0]


def test_missing_and_unknown_weights_are_named(weights):
    name = next(iter(weights))
    with pytest.raises(ValueError, match='are missing'):
        convert_graph_weights({k: v for k, v in weights.items() if k != name})
    with pytest.raises(ValueError, match='belong to no layer.*extra'):
        convert_graph_weights(
            dict(weights, **{'extra/Conv2D_weights': np.zeros(3)}))


def write_graph(folder, *, shard='a.bin', content=None, dtype='float16'):
    """Write a graph of two weights."""
    numbers = np.array([1, 2, 3], '<f2').tobytes() + np.array(
        [7], '<i4').tobytes()
    (folder / 'a.bin').write_bytes(numbers if content is None else content)
    entries = [
        dict(name='x', shape=[3, 1], dtype='float32',
             quantization=dict(dtype=dtype)),
        dict(name='y', shape=[], dtype='int32')
    ]
    path = folder / 'model.json'
    path.write_text(json.dumps(
        dict(weightsManifest=[dict(paths=[shard], weights=entries)])))
    return path


def test_half_precision_and_integers_are_read(tmp_path):
    found = read_graph_weights(write_graph(tmp_path))
    assert found['x'].tolist() == [[1.], [2.], [3.]]
    assert found['x'].dtype == np.float32
    assert found['y'] == 7


@pytest.mark.parametrize('changes, error', [
    (dict(content=b'12345'), ValueError), (dict(dtype='what'), ValueError),
    (dict(shard='../a.bin'), FileNotFoundError)])
def test_broken_graphs_are_refused(tmp_path, changes, error):
    with pytest.raises(error, match='a.bin|model.json'):
        read_graph_weights(write_graph(tmp_path, **changes))


def test_another_network_is_refused(tmp_path):
    with pytest.raises(ValueError, match='not MoveNet SinglePose'):
        convert_movenet(write_graph(tmp_path), tmp_path / 'out.pth')
    assert not (tmp_path / 'out.pth').exists()
