"""Fixtures in other data sets' formats."""

import json

import cv2
import numpy as np
import pytest

from posefix_mm.testing import (
    DATA_SETS,
    derive_joints,
    draw_animals,
    write_like,
)
from posefix_mm.testing.body import (
    COCO_KEYPOINTS,
    HEAD_AXES,
    POINT_INDEX,
    Build,
    solve_body,
)

SIZE = (96, 80)


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes()
            for p in sorted(folder.rglob('*')) if p.is_file()}


@pytest.mark.parametrize('name', DATA_SETS)
def test_same_seed_is_byte_identical(name, tmp_path):
    for part in 'ab':
        write_like(name, tmp_path / part, 1, seed=5, image_size=SIZE)
    first, second = (
        {k: v for k, v in contents(tmp_path / part).items()
         if not k.endswith('.mat')}  # hold the time
        for part in 'ab')
    assert first == second
    assert 'annotations.json' not in first
    images = [k for k in first if k.endswith('.jpg')]
    assert len(images) == 3  # training, validation, test
    for image in images:
        assert cv2.imread(str(tmp_path / 'a' / image)).shape == (80, 96, 3)


def test_unknown_data_set(tmp_path):
    with pytest.raises(ValueError, match="name must be one of .*got 'lsp'"):
        write_like('lsp', tmp_path)



def test_derived_joints():
    """Middles, flags of the least visible source, absent beyond images."""
    pose = np.zeros((1, 17, 3))
    at = COCO_KEYPOINTS.index
    for name, x, y, flag in (
            ('left_hip', 40, 50, 2), ('right_hip', 30, 52, 1),
            ('left_shoulder', 40, 20, 2), ('right_shoulder', 30, 20, 2),
            ('left_ear', 37, 10, 2), ('right_ear', 33, 10, 2)):
        pose[0, at(name)] = x, y, flag
    names = ('pelvis', 'thorax', 'head_top', 'upper_neck', 'nose')
    pelvis, thorax, top, neck, nose = derive_joints(pose, names, SIZE)[0]
    assert pelvis.tolist() == [35, 51, 1]
    assert thorax.tolist() == [35, 20, 2]
    assert top[0] == neck[0] == 35 and top[2] == neck[2] == 2
    assert 0 < top[1] < 10 < neck[1] < 20
    assert nose.tolist() == [0, 0, 0]
    pose[..., 1] -= 9  # the top of the head leaves the image
    pose[0, at('left_ear'), 2] = 0
    assert derive_joints(pose, names, SIZE)[0, 2:].tolist() == [[0, 0, 0]] * 3


def test_head_of_an_upright_person():
    """Within a twentieth of the height of what the generator draws."""
    from collections import defaultdict
    body = solve_body(defaultdict(float), build=Build(), height=100.)
    pose = np.dstack((body.points[None, :17, :2] + 200, np.full((1, 17), 2)))
    top, bottom = derive_joints(pose, ('head_top', 'upper_neck'),
                                (500, 500))[0, :, 1] - 200
    centre = body.points[POINT_INDEX['head'], 1]
    half = 100 * HEAD_AXES[1]
    assert abs(top - (centre - half)) < 5
    assert abs(bottom - (centre + half)) < 5


def test_ears_of_posetrack_are_never_annotated(tmp_path):
    write_like('posetrack18', tmp_path, 2, seed=1, image_size=SIZE)
    path = tmp_path / 'annotations' / 'posetrack18_val.json'
    people = json.loads(path.read_text())['annotations']
    poses = np.array([p['keypoints'] for p in people]).reshape(-1, 17, 3)
    assert not poses[:, 3:5].any()
    assert poses[:, 5:].any()


def test_animals():
    """Left and right follow the direction, joints lie on the animal."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        image, [animal] = draw_animals(rng, SIZE, 1, num_species=3)
        assert image.shape == (80, 96, 3)
        assert animal['category_id'] in (1, 2, 3)
        pose = np.array(animal['keypoints']).reshape(17, 3)
        assert (pose[:, 2] > 0).all()  # they are placed within the image
        nose, tail = pose[2], pose[4]
        # we see the left side of those that face left: it is lower
        left, right = pose[5, 1], pose[8, 1]  # shoulders
        assert (left > right) == (nose[0] < tail[0])
        x, y, w, h = animal['bbox']
        assert (pose[:, 0] >= x).all() and (pose[:, 0] <= x + w).all()
        assert (pose[:, 1] >= y).all() and (pose[:, 1] <= y + h).all()
