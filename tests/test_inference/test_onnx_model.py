"""Modules as ONNX graphs."""
import pytest
import torch
from torch import nn

from posefix_mm.inference.engines import to_onnx

pytest.importorskip('onnxscript')
onnxruntime = pytest.importorskip('onnxruntime')


def test_newer_opsets_and_any_batch():
    torch.manual_seed(0)
    module, x = nn.Linear(3, 2).eval(), torch.randn(4, 3)
    model = to_onnx(module, dict(x=x[:2]), ['y'], opset=20)
    assert [entry.version for entry in model.opset_import
            if not entry.domain] == [20]
    session = onnxruntime.InferenceSession(model.SerializeToString())
    for size in (1, 3, 4):
        found = torch.from_numpy(
            session.run(['y'], dict(x=x[:size].numpy()))[0])
        torch.testing.assert_close(found, module(x[:size]).detach())


class Chooses(nn.Module):
    """Does something else for other values, which no graph can."""

    def forward(self, x):
        return x + 1 if x.sum() > 0 else x - 1


def test_what_can_not_be_exported_is_a_value_error():
    with pytest.raises(ValueError, match='can not export this network'):
        to_onnx(Chooses(), dict(x=torch.ones(2, 3)), ['y'])
