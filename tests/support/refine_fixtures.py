"""Drawn images, a refiner with random weights, and a short way to run it."""

import json
from pathlib import Path
from typing import Any, Callable, List, Tuple

import numpy as np
import pytest
from random_weights import save_weights

from posefix_mm.apis import RefineSummary, refine_results

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
Refine = Callable[..., Tuple[List[Any], RefineSummary]]


@pytest.fixture(scope='session', name='save_weights')
def save_weights_fixture() -> Callable[[Path, Path, float], Path]:
    return save_weights


@pytest.fixture(scope='session')
def flat_checkpoint(refiner_config: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('weights')
    return save_weights(refiner_config, folder / 'flat.pth', 0.)


@pytest.fixture(scope='session')
def drawn(tmp_path_factory) -> Path:
    """Folder with images/ and annotations.json."""
    from posefix_mm.testing import write_dataset
    folder = tmp_path_factory.mktemp('drawn')
    write_dataset(folder, 4, seed=3, image_size=(112, 88))
    return folder


@pytest.fixture
def content(drawn: Path) -> dict:
    return json.loads((drawn / 'annotations.json').read_text())


@pytest.fixture
def records(content: dict) -> List[dict]:
    """Noisy poses of all persons, with fields that nobody knows."""
    rng = np.random.default_rng(0)
    made = []
    for person in content['annotations']:
        pose = np.array(person['keypoints'], np.float64).reshape(-1, 3)
        pose[:, :2] += rng.normal(0, 3, (len(pose), 2))
        pose[:, 2] = rng.uniform(.1, 1, len(pose))
        made.append(
            dict(
                track={'name': f'#{len(made)}', 'path': [1, None, 2.5]},
                image_id=person['image_id'],
                category_id=1,
                keypoints=pose.ravel().tolist(),
                score=round(float(rng.uniform(.1, 1)), 3),
                text='ä'))
    assert len(made) >= 5
    return made


@pytest.fixture(scope='session')
def refine(refiner_config: Path, checkpoint: Path, drawn: Path,
           tmp_path_factory) -> Refine:
    """Write records, refine them (NMS off), and read the result."""

    def run(given: Any, **options) -> Tuple[List[Any], RefineSummary]:
        folder = tmp_path_factory.mktemp('refine')
        (folder / 'poses.json').write_text(json.dumps(given))
        arguments = dict(
            config=refiner_config,
            checkpoint=str(checkpoint),
            poses=folder / 'poses.json',
            img_dir=drawn / 'images',
            out=folder / 'out.json',
            ann=drawn / 'annotations.json',
            num_workers=0,
            nms=False,
            progress=False)
        arguments.update(options)
        summary = refine_results(**arguments)
        return json.loads(Path(arguments['out']).read_text()), summary

    return run
