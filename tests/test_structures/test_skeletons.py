"""Skeletons by name and by file."""

import pytest

from posefix_mm.diagnosis import load_skeleton

FILE = """
dataset_info = dict(
    dataset_name='pair',
    keypoint_info={
        0: dict(name='left', id=0, color=[0, 0, 0], type='', swap='right'),
        1: dict(name='right', id=1, color=[0, 0, 0], type='', swap='left')},
    skeleton_info={},
    joint_weights=[1., 1.],
    sigmas=SIGMAS)
"""


def test_names():
    assert load_skeleton()['dataset_name'] == 'coco'
    assert load_skeleton('crowdpose')['num_keypoints'] == 14


def test_file(tmp_path):
    path = tmp_path / 'pair.py'
    path.write_text(FILE.replace('SIGMAS', '[.1, .2]'))
    assert load_skeleton(str(path))['flip_indices'] == [1, 0]


@pytest.mark.parametrize(('text', 'message'), [
    (FILE.replace('SIGMAS', '[.1]'), r'pair.py has 1 sigmas for 2 keypoints'),
    ('x = (', 'pair.py describes no skeleton'),
    ('x = 1', 'pair.py describes no skeleton'),
    ("dataset_info = dict(dataset_name='x')", 'describes no skeleton'),
])
def test_wrong_files(tmp_path, text, message):
    path = tmp_path / 'pair.py'
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_skeleton(str(path))


@pytest.mark.parametrize('name', ['horse', '../coco', 'coco.py', ''])
def test_unknown_names(name):
    with pytest.raises(ValueError, match='no skeleton .*one of .*ap10k, '):
        load_skeleton(name)
