"""Tests of the data set on disk."""

import json

import cv2
import numpy as np
import pytest

from posefix_mm.testing import COCO_CATEGORY, write_dataset

SIZE = (96, 80)


def contents(folder):
    """Return relative path and bytes of every file in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob('*')) if path.is_file()}


@pytest.fixture(scope='module')
def dataset(tmp_path_factory):
    """Return the folder of a small data set."""
    folder = tmp_path_factory.mktemp('dataset')
    write_dataset(folder, 4, seed=3, image_size=SIZE)
    return folder


def test_files_and_index(dataset):
    assert sorted(contents(dataset)) == ['annotations.json'] + [
        f'images/{i:06d}.jpg' for i in range(1, 5)]
    index = json.loads((dataset / 'annotations.json').read_text())
    assert set(index) == {'images', 'annotations', 'categories'}
    assert index['categories'] == [COCO_CATEGORY]
    assert index['images'][1] == {'id': 2, 'file_name': '000002.jpg',
                                  'width': 96, 'height': 80}
    image = cv2.imread(str(dataset / 'images' / '000002.jpg'))
    assert image.shape == (80, 96, 3)


def test_same_seed_is_byte_identical(dataset, tmp_path):
    path = write_dataset(tmp_path, 4, seed=3, image_size=SIZE)
    assert path == tmp_path / 'annotations.json'
    assert contents(tmp_path) == contents(dataset)


def test_other_seed_differs(dataset, tmp_path):
    write_dataset(tmp_path, 4, seed=4, image_size=SIZE)
    ours, theirs = contents(tmp_path), contents(dataset)
    assert all(ours[name] != theirs[name] for name in ours)


def test_an_image_depends_on_seed_and_id_only(dataset, tmp_path):
    write_dataset(tmp_path, 1, seed=3, image_size=SIZE, first_image_id=3)
    ours, theirs = contents(tmp_path), contents(dataset)
    assert ours['images/000003.jpg'] == theirs['images/000003.jpg']
    alone, among = (json.loads(files['annotations.json'])['annotations']
                    for files in (ours, theirs))
    assert alone == [a for a in among if a['image_id'] == 3]


def test_loads_in_pycocotools(dataset):
    coco = pytest.importorskip('pycocotools.coco')
    loaded = coco.COCO(str(dataset / 'annotations.json'))
    assert loaded.getImgIds() == [1, 2, 3, 4]
    assert loaded.getCatIds(catNms=['person']) == [1]
    ids = loaded.getAnnIds()
    assert len(ids) == len(set(ids)) >= 4
    for annotation in loaded.loadAnns(ids):
        assert annotation['image_id'] in (1, 2, 3, 4)
        assert len(annotation['keypoints']) == 51
        _, _, width, height = annotation['bbox']
        assert 1 <= annotation['area'] <= width * height


def test_skeleton_refers_to_keypoints():
    edges = np.array(COCO_CATEGORY['skeleton'])
    assert edges.shape == (19, 2)
    assert edges.min() == 1 and edges.max() == 17
    assert COCO_CATEGORY['keypoints'][5] == 'left_shoulder'


def test_progress_is_reported(tmp_path):
    seen = []
    write_dataset(tmp_path, 2, image_size=SIZE,
                  progress=lambda done, wanted: seen.append((done, wanted)))
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize(('arguments', 'message'), [
    ({'num_images': 0}, 'num_images must be at least 1, got 0'),
    ({'seed': -1}, 'seed must be at least 0, got -1'),
    ({'first_image_id': -2}, 'first_image_id must be at least 0, got -2'),
    ({'image_size': (8, 8)}, r'image_size must be .* got \(8, 8\)'),
])
def test_bad_arguments_are_refused(tmp_path, arguments, message):
    complete = {'num_images': 1, **arguments}
    with pytest.raises(ValueError, match=message):
        write_dataset(tmp_path, **complete)
