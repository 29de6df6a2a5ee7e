"""Data shared by the tests."""

import json
from pathlib import Path

import numpy as np
import pytest
from mmengine.registry import DefaultScope
from random_weights import save_weights


@pytest.fixture(scope='session', autouse=True)
def plain_config_dumps():
    """Runners dump their configs without yapf, which takes seconds each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('mmengine.config.config.FormatCode',
                      lambda text, **_: (text, True))
        yield


@pytest.fixture
def mmpose_scope():
    """Build from mmpose's registries, as a runner does."""
    import posefix_mm  # noqa: F401  registers
    with DefaultScope.overwrite_default_scope('mmpose'):
        yield


@pytest.fixture(scope='session')
def refiner_config() -> Path:
    """Config of the demo's refiner."""
    from posefix_mm.demo.demo import REFINER
    return Path(__file__).resolve().parents[1] / 'configs' / REFINER


@pytest.fixture(scope='session')
def checkpoint(refiner_config, tmp_path_factory) -> Path:
    """Random weights of the demo's refiner."""
    folder = tmp_path_factory.mktemp('weights')
    return save_weights(refiner_config, folder / 'random.pth', 1.)


@pytest.fixture(scope='session')
def people(tmp_path_factory):
    """Folder with a small COCO data set and, in results.json, poor poses."""
    from posefix_mm.testing import write_dataset
    folder = tmp_path_factory.mktemp('people')
    path = write_dataset(folder, 3, seed=1, image_size=(112, 88))
    rng = np.random.default_rng(0)
    records = []
    for person in json.loads(path.read_text())['annotations']:
        pose = np.array(person['keypoints'], np.float64).reshape(-1, 3)
        present = pose[:, 2:] > 0
        pose[:, :2] += rng.normal(0, 3, (len(pose), 2))
        pose[:, 2] = rng.uniform(.1, 1, len(pose))
        if present.any():
            records.append(
                dict(
                    image_id=person['image_id'],
                    category_id=1,
                    keypoints=(pose * present).ravel().tolist(),
                    score=float(rng.uniform(.1, 1))))
    (folder / 'results.json').write_text(json.dumps(records))
    return folder
