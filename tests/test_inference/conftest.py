"""A refiner with random weights whose maps have peaks."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from peaked_refiner import PeakedRefiner, make_refiner

from posefix_mm.inference import PoseArrays


@pytest.fixture(scope='session')
def peaked(tmp_path_factory) -> PeakedRefiner:
    return make_refiner(tmp_path_factory.mktemp('peaked'))


@pytest.fixture(scope='session')
def scene(tmp_path_factory) -> Path:
    """Folder with a.png, annotations.json and results.json: eight poses."""
    folder = tmp_path_factory.mktemp('scene')
    rng = np.random.default_rng(0)
    image = cv2.resize(rng.integers(0, 256, (9, 12, 3), np.uint8), (120, 90))
    cv2.imwrite(str(folder / 'a.png'), image)
    poses = rng.uniform(5, 85, (8, 17, 3)).round(3)
    poses[..., 2] = rng.uniform(.05, 1, (8, 17)).round(3)
    poses[1, 4:] = 0  # absent
    poses[2, 1:] = 0  # a single joint
    poses[3, :, :2] += 400  # far outside
    poses[4, :, :2] -= 5000
    poses[5, :, :2] = poses[5, :, :2] * [1, 0] + [0, 30]  # a line
    poses[6, 3, :2] = 90000  # one joint far away
    poses[7, :, 2] = .01  # all unsure
    records = [
        dict(image_id=1, category_id=1, keypoints=pose.ravel().tolist(),
             score=.5) for pose in poses
    ]
    images = [dict(id=1, file_name='a.png', width=120, height=90)]
    (folder / 'results.json').write_text(json.dumps(records))
    (folder / 'annotations.json').write_text(json.dumps(dict(images=images)))
    return folder


@pytest.fixture(scope='session')
def scene_image(scene) -> np.ndarray:
    return cv2.imread(str(scene / 'a.png'))


@pytest.fixture(scope='session')
def scene_poses(scene) -> PoseArrays:
    records = json.loads((scene / 'results.json').read_text())
    joints = np.array([r['keypoints'] for r in records]).reshape(-1, 17, 3)
    return PoseArrays(joints[..., :2].astype(np.float32),
                      (joints != 0).any(-1), joints[..., 2].astype(np.float32))
