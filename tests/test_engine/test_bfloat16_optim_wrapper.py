"""Training under autocast on whatever device the model is."""

import pytest
import torch
from mmpose.registry import OPTIM_WRAPPERS
from torch import nn


@pytest.fixture
def parts():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    wrapper = OPTIM_WRAPPERS.build(
        dict(
            type='Bfloat16OptimWrapper',
            optimizer=torch.optim.SGD(model.parameters(), lr=.05)))
    inputs = torch.randn(32, 8)
    return model, wrapper, inputs, inputs.sum(1, keepdim=True)


def step(model, wrapper, inputs, target):
    with wrapper.optim_context(model):
        outputs = model(inputs)
        loss = (outputs.float() - target).square().mean()
    wrapper.update_params(loss)
    return outputs, loss.item()


def test_forward_runs_in_bfloat16_and_parameters_do_not(parts):
    model, *_ = parts
    outputs, _ = step(*parts)
    assert outputs.dtype == torch.bfloat16
    for parameter in model.parameters():
        assert parameter.dtype == torch.float32


def test_autocast_ends_with_the_context(parts):
    model, wrapper, inputs, _ = parts
    with wrapper.optim_context(model):
        assert torch.is_autocast_enabled('cpu')
    assert not torch.is_autocast_enabled('cpu')
    assert model(inputs).dtype == torch.float32


def test_steps_reduce_the_loss(parts):
    history = [step(*parts)[1] for _ in range(20)]
    assert history[1] < history[0]
    assert history[-1] < .3 * history[0]


def test_gradients_may_be_accumulated(parts):
    model, wrapper, inputs, target = parts
    wrapper._accumulative_counts = 2
    before = model[0].weight.detach().clone()
    wrapper.initialize_count_status(model, 0, 4)
    step(*parts)
    assert torch.equal(model[0].weight, before)
    step(*parts)
    assert not torch.equal(model[0].weight, before)
