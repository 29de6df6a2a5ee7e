"""Operators in PyTorch, against recordings of mmcv's compiled ones."""
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from compiled_cases import boxes_and_scores

from posefix_mm.stand_ins import mmcv_ext

RECORDED = json.loads(
    (Path(__file__).parents[1] / 'data' / 'compiled' /
     'mmcv_nms.json').read_text())
CASES = {name: case for name, *case in boxes_and_scores()}


@pytest.mark.parametrize('offset', [0, 1])
@pytest.mark.parametrize('threshold', [.3, .65])
@pytest.mark.parametrize('name', CASES)
def test_nms(name, threshold, offset) -> None:
    boxes, scores = CASES[name]
    scores = scores + torch.arange(len(scores)).flip(0) * 1e-5
    kept = mmcv_ext.nms(boxes, scores, iou_threshold=threshold, offset=offset)
    assert kept.dtype == torch.int64
    assert kept.tolist() == RECORDED[f'nms {name} {offset} {threshold}']


@pytest.mark.parametrize('offset', [0, 1])
@pytest.mark.parametrize('method', [0, 1, 2])
@pytest.mark.parametrize('name', [n for n in CASES if '1500' not in n])
def test_softnms(name, method, offset) -> None:
    """The same boxes in the same order, equal scores included."""
    boxes, scores = CASES[name]
    dets = torch.zeros(len(boxes), 5)
    kept = mmcv_ext.softnms(
        boxes,
        scores,
        dets,
        iou_threshold=.3,
        sigma=.5,
        min_score=.05,
        method=method,
        offset=offset)
    indices, rows = RECORDED[f'softnms {name} {offset} {method}']
    assert kept.tolist() == indices
    torch.testing.assert_close(
        dets[:len(kept)], torch.tensor(rows).reshape(-1, 5), rtol=1e-6,
        atol=1e-7)
    assert not dets[len(kept):].any()


def test_other_operators_fail_when_called() -> None:
    assert hasattr(mmcv_ext, 'modulated_deform_conv_forward')
    with pytest.raises(NotImplementedError, match=(
            'operator roi_align_forward needs compiled operators.*'
            'make setup OPS=1')):
        mmcv_ext.roi_align_forward(1, aligned=True)


USE = """
import sys
sys.path.insert(0, sys.argv[1])
import posefix_mm
from mmcv import _ext
print(_ext.__file__)
"""


@pytest.mark.parametrize('compiled', [False, True])
def test_only_where_mmcv_has_none(tmp_path, compiled) -> None:
    """Found after whatever is installed."""
    package = tmp_path / 'mmcv'
    package.mkdir()
    (package / '__init__.py').write_text("__version__ = '2.1.0'")
    if compiled:
        (package / '_ext.py').touch()
    result = subprocess.run([sys.executable, '-c', USE, str(tmp_path)],
                            capture_output=True,
                            text=True)
    expected = package / '_ext.py' if compiled else Path(mmcv_ext.__file__)
    assert result.stdout.strip() == str(expected), result.stderr
