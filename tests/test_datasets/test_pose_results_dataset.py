"""Samples from a results file."""

import json

import numpy as np
import pytest
from mmpose.registry import DATASETS

pytestmark = pytest.mark.usefixtures('mmpose_scope')


def keypoints(points, scores=None):
    """Lay points down as COCO does; the rest of 17 is absent."""
    array = np.zeros((17, 3))
    array[:len(points), :2] = np.reshape(points, (-1, 2))
    array[:len(points), 2] = 1 if scores is None else scores
    return array.ravel().tolist()


def record(points=((10, 20), (30, 60)), **changes):
    return dict(
        dict(
            image_id=1,
            category_id=1,
            keypoints=keypoints(points),
            score=.5), **changes)


def build(folder, records, images=None, **kwargs):
    if images is None:
        images = [dict(id=1, file_name='a.png', width=90, height=70)]
    (folder / 'ann.json').write_text(json.dumps(dict(images=images)))
    (folder / 'results.json').write_text(json.dumps(records))
    return DATASETS.build(
        dict(
            dict(
                type='PoseResultsDataset',
                data_root=str(folder),
                ann_file='ann.json',
                pose_file='results.json',
                data_prefix=dict(img='img/')), **kwargs))


def test_only_good_records_are_samples(tmp_path):
    records = [
        record(),
        record(category_id=2),
        record(score=0.),
        record(image_id=3),
        record(score=.25),
        record(keypoints=[1, 2, 3]),
        record(points=[]),
    ]
    dataset = build(tmp_path, records)
    assert [dataset[i]['id'] for i in range(len(dataset))] == [0, 4]
    assert [dataset[i]['bbox_score'] for i in range(2)] == [[.5], [.25]]


def test_left_out_records_are_counted(tmp_path, monkeypatch):
    from posefix_mm.datasets import pose_results_dataset
    said = []
    monkeypatch.setattr(pose_results_dataset, 'print_log',
                        lambda text, **_: said.append(text))
    build(tmp_path, [record(), record(category_id=2), record(image_id=3)])
    assert len(said) == 1
    assert said[0].startswith('2 of 3 records of ')
    build(tmp_path, [record()])
    assert len(said) == 1


@pytest.mark.parametrize(
    ('points', 'expected'),
    [
        # extents 20 and 40 grow by a tenth on each side
        ([(10, 20), (30, 60)], (8, 16, 32, 64)),
        # one joint: 20 px, x 1.2
        ([(50, 40)], (38, 28, 62, 52)),
        ([(50, 40), (50, 60)], (38, 38, 62, 62)),
        # absent ones in between do not pull it to the origin
        ([(50, 40), (0, 0), (60, 50)], (49, 39, 61, 51)),
    ])
def test_box_by_hand(tmp_path, points, expected):
    scores = [float(p != (0, 0)) for p in points]
    dataset = build(tmp_path, [record(keypoints=keypoints(points, scores))])
    np.testing.assert_allclose(dataset[0]['bbox'], [expected], rtol=1e-6)


def test_expand(tmp_path):
    dataset = build(tmp_path, [record()], expand=1.)
    np.testing.assert_allclose(dataset[0]['bbox'], [(10, 20, 30, 60)])


def test_unsure_keypoints_are_absent(tmp_path):
    points, scores = [(10, 20), (30, 60), (300, 400)], [.3, .6, .2]
    records = [record(keypoints=keypoints(points, scores))]
    dataset = build(tmp_path, records, keypoint_score_thr=.3, expand=1.)
    np.testing.assert_allclose(dataset[0]['bbox'], [(10, 20, 30, 60)])
    assert dataset[0]['keypoints_visible'][0, :3].tolist() == [1, 1, 0]
    # what was written is kept for joints that pass through
    np.testing.assert_array_equal(dataset[0]['keypoints'][0, 2], (300, 400))


def test_pose_of_unsure_keypoints_keeps_all(tmp_path):
    records = [record(keypoints=keypoints([(10, 20), (30, 60)], [.3, .6]))]
    dataset = build(tmp_path, records, keypoint_score_thr=.7, expand=1.)
    np.testing.assert_allclose(dataset[0]['bbox'], [(10, 20, 30, 60)])
    assert dataset[0]['keypoints_visible'].sum() == 2


def test_keypoints_that_are_never_annotated_are_absent(tmp_path):
    """They neither show nor stretch the box, whatever their scores."""
    points, scores = [(300, 400), (10, 20), (30, 60)], [.9, .6, .2]
    options = dict(absent_keypoints=['nose'], expand=1.)
    records = [
        record(keypoints=keypoints(points, scores)),
        record(keypoints=keypoints(points[:1]))
    ]
    dataset = build(tmp_path, records, **options)
    np.testing.assert_allclose(dataset[0]['bbox'], [(10, 20, 30, 60)])
    assert dataset[0]['keypoints_visible'][0, :3].tolist() == [0, 1, 1]
    np.testing.assert_array_equal(dataset[0]['keypoints'][0, 0], (300, 400))
    # nothing else is there
    assert dataset[1]['keypoints_visible'][0, :3].tolist() == [1, 0, 0]
    dataset = build(tmp_path, records, keypoint_score_thr=.3, **options)
    assert dataset[0]['keypoints_visible'][0, :3].tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match=r"not of the skeleton: \['horn'\]"):
        build(tmp_path, records, absent_keypoints=['nose', 'horn'])


def test_sample(tmp_path):
    points, scores = [(10, 20), (30, 60)], [.25, .75]
    dataset = build(tmp_path, [record(keypoints=keypoints(points, scores))])
    sample = dataset[0]
    assert sample['img_path'] == str(tmp_path / 'img' / 'a.png')
    assert (sample['img_id'], sample['category_id']) == (1, 1)
    np.testing.assert_array_equal(sample['keypoints'][0, :2], points)
    np.testing.assert_array_equal(sample['keypoint_scores'][0, :3],
                                  [.25, .75, 0])
    assert sample['keypoints_visible'].tolist() == [[1, 1] + [0] * 15]
    assert sample['flip_indices'][:3] == [0, 2, 1]
    assert dataset.metainfo['dataset_name'] == 'coco'
    assert dataset.test_mode


def test_other_skeletons(tmp_path):
    meta = dict(from_file='configs/_base_/datasets/crowdpose.py')
    values = (np.ones((14, 3)) * 5).ravel().tolist()
    dataset = build(
        tmp_path, [record(keypoints=values), record()], metainfo=meta)
    assert len(dataset) == 1
    assert dataset[0]['keypoints'].shape == (1, 14, 2)


def test_image_ids_may_be_names(tmp_path):
    images = [dict(id='x7', file_name='x7.png')]
    dataset = build(tmp_path, [record(image_id='x7')], images)
    assert dataset[0]['img_id'] == 'x7'


def test_missing_results_say_how_to_make_some(tmp_path):
    with pytest.raises(
            FileNotFoundError,
            match='results file .*nowhere.json, does not exist; write one '
            'with any estimator.*outfile_prefix'):
        build(tmp_path, [], pose_file='nowhere.json')


def test_missing_annotations_are_named(tmp_path):
    with pytest.raises(
            FileNotFoundError, match='annotation file .*nowhere.json does'):
        build(tmp_path, [record()], ann_file='nowhere.json')


def test_categories(tmp_path):
    """Results are evaluated in the category that they came with."""
    records = [record(), record(category_id=4), record(category_id=7)]
    dataset = build(tmp_path, records, categories=(4, 7))
    assert [dataset[i]['category_id'] for i in range(len(dataset))] == [4, 7]
    assert len(build(tmp_path, records, categories=None)) == 3


def test_images_of_mpii(tmp_path):
    """Its annotations are a list; an image's id is the number in its name."""
    (tmp_path / 'mpii.json').write_text(
        json.dumps([dict(image='0012.jpg')] * 2 + [dict(image='0003.jpg')]))
    records = [record(image_id=i) for i in (12, 3, 4)]
    dataset = build(tmp_path, records, ann_file='mpii.json')
    assert [dataset[i]['img_path'] for i in range(len(dataset))] == [
        str(tmp_path / 'img' / name) for name in ('0012.jpg', '0003.jpg')
    ]


@pytest.mark.parametrize('records', [[], [record(score=0)],
                                     [record(image_id=2), 'text']])
def test_nothing_to_refine(tmp_path, records):
    """An estimator that has learnt nothing yet gives scores of 0."""
    with pytest.raises(
            ValueError, match=f'none of the {len(records)} records of .*'
            'results.json can be refined'):
        build(tmp_path, records)
