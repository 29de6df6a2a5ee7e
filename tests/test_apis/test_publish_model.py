"""Small files of weights."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from posefix_mm.apis import publish_model


@pytest.fixture
def checkpoint(tmp_path):
    """Save what mmengine's runner saves."""
    torch.manual_seed(0)
    weights = {
        'conv.weight': torch.randn(64, 32, 3, 3),
        'bn.running_var': torch.full((64, ), 1e5),
        'bn.num_batches_tracked': torch.tensor(123456789),
    }
    path = tmp_path / 'epoch_3.pth'
    torch.save(
        dict(
            meta=dict(epoch=3, iter=70, dataset_meta=dict(a=np.ones(2))),
            state_dict=weights,
            ema_state_dict={'conv.weight': torch.zeros(64, 32, 3, 3)},
            optimizer=dict(state=torch.zeros(10000)),
            message_hub=dict(loss=HistoryBuffer([1.], [1]))), path)
    return path, weights


def read(path):
    """Read with the check on and nothing allowed."""
    allowed = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    try:
        return torch.load(path, weights_only=True)
    finally:
        torch.serialization.add_safe_globals(allowed)


def test_weights_in_half_precision(tmp_path, checkpoint):
    path, weights = checkpoint
    out = tmp_path / 'new' / 'small.pth'
    size = publish_model(path, out)
    assert size == out.stat().st_size < 60000  # 64 * 32 * 9 * 2 and a little
    content = read(out)
    assert set(content) == {'meta', 'state_dict'}
    assert content['meta']['epoch'] == 3
    assert content['meta']['iter'] == 70
    kept = content['state_dict']
    assert list(kept) == list(weights)
    assert kept['conv.weight'].dtype == torch.float16
    torch.testing.assert_close(
        kept['conv.weight'].float(),
        weights['conv.weight'],
        rtol=2**-11,
        atol=1e-7)
    assert kept['bn.running_var'].dtype == torch.float32
    assert kept['bn.running_var'][0] == 1e5  # beyond half precision
    assert kept['bn.num_batches_tracked'] == 123456789


def test_full_precision(tmp_path, checkpoint):
    path, weights = checkpoint
    publish_model(path, tmp_path / 'full.pth', half=False)
    kept = read(tmp_path / 'full.pth')['state_dict']
    assert torch.equal(kept['conv.weight'], weights['conv.weight'])


def test_weights_beyond_half_precision_are_named(tmp_path):
    path = tmp_path / 'in.pth'
    torch.save(dict(state_dict={'head.weight': torch.full((2, 2), 1e6)}), path)
    with pytest.raises(ValueError, match='head.weight does not fit'):
        publish_model(path, tmp_path / 'out.pth')
    assert not (tmp_path / 'out.pth').exists()


def test_bad_files_are_named(tmp_path, checkpoint):
    with pytest.raises(FileNotFoundError, match='nowhere.pth does not exist'):
        publish_model(tmp_path / 'nowhere.pth', tmp_path / 'out.pth')
    (tmp_path / 'text.pth').write_text('hello')
    with pytest.raises(ValueError, match='text.pth is not a checkpoint'):
        publish_model(tmp_path / 'text.pth', tmp_path / 'out.pth')
    torch.save([1], tmp_path / 'list.pth')
    with pytest.raises(ValueError, match='list.pth has no state_dict'):
        publish_model(tmp_path / 'list.pth', tmp_path / 'out.pth')
    with pytest.raises(ValueError, match='would overwrite the checkpoint'):
        publish_model(checkpoint[0], checkpoint[0])


def test_files_can_not_execute(tmp_path):

    class Evil:

        def __reduce__(self):
            return open, (str(tmp_path / 'hacked'), 'w')

    with open(tmp_path / 'evil.pth', 'wb') as file:
        pickle.dump(dict(state_dict=Evil()), file)
    with pytest.raises(ValueError, match='evil.pth is not a checkpoint'):
        publish_model(tmp_path / 'evil.pth', tmp_path / 'out.pth')
    assert not (tmp_path / 'hacked').exists()


def test_published_refiner_opens_in_mmpose(tmp_path, mmpose_scope):
    """mmpose's init_model reads it, skeleton and precision included."""
    from mmengine.config import Config
    from mmpose.apis import init_model
    from mmpose.registry import MODELS

    from posefix_mm.demo.demo import REFINER
    config = Config.fromfile(Path(__file__).parents[2] / 'configs' / REFINER)
    model = MODELS.build(config.model)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'in.pth')
    publish_model(tmp_path / 'in.pth', tmp_path / 'out.pth')
    found = init_model(config, str(tmp_path / 'out.pth'), device='cpu')
    assert found.dataset_meta['flip_indices'][:3] == [0, 2, 1]
    for name, value in found.state_dict().items():
        torch.testing.assert_close(
            value, model.state_dict()[name], rtol=2**-11, atol=1e-7)
