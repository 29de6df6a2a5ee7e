"""Near persons and estimates, on a hand-made data set."""

import json

import numpy as np
import pytest
from mmpose.registry import DATASETS

pytestmark = pytest.mark.usefixtures('mmpose_scope')

# x, y, w, h. IoU of 1 with 2: 400 / 2800; 1 with 3: 256 / 2944; 2 with 3:
# 24 * 24 / 2624; the fourth is alone, the fifth in another image
BOXES = [(0, 0, 40, 40), (20, 20, 40, 40), (24, 24, 40, 40), (80, 80, 15, 15),
         (0, 0, 40, 40)]
IMAGE_IDS = [1, 1, 1, 1, 2]


def pose_in(box, number=17):
    """Fill a box with a pose, from corner to corner."""
    x, y, width, height = box
    steps = np.linspace(0, 1, number)
    return np.stack((x + width * steps, y + height * steps), -1)


def record(image_id, box, score=.5):
    pose = np.concatenate((pose_in(box), np.ones((17, 1))), 1)
    return dict(
        image_id=image_id,
        category_id=1,
        keypoints=pose.ravel().tolist(),
        score=score)


@pytest.fixture
def folder(tmp_path):
    """Write annotations of five persons, the last keypoint unannotated."""
    annotations = []
    for number, box in enumerate(BOXES, start=1):
        visible = np.r_[np.full(16, 2), 0][:, None]
        pose = np.concatenate((pose_in(box), visible), 1) * (visible > 0)
        annotations.append(
            dict(
                id=number,
                image_id=IMAGE_IDS[number - 1],
                category_id=1,
                bbox=box,
                area=box[2] * box[3],
                iscrowd=0,
                num_keypoints=16,
                keypoints=pose.ravel().tolist()))
    annotations.append(  # without a joint: neither a sample nor near
        dict(
            annotations[0],
            id=6,
            num_keypoints=0,
            keypoints=[0.] * 51))
    images = [
        dict(id=i, file_name=f'{i}.jpg', width=100, height=100)
        for i in (1, 2)
    ]
    (tmp_path / 'ann.json').write_text(
        json.dumps(
            dict(
                images=images,
                annotations=annotations,
                categories=[dict(id=1, name='person')])))
    return tmp_path


def build(folder, records=None, dataset='CocoDataset', **kwargs):
    if records is not None:
        (folder / 'estimates.json').write_text(json.dumps(records))
        kwargs['estimate_file'] = str(folder / 'estimates.json')
    return DATASETS.build(
        dict(
            type='PoseRefineDataset',
            pipeline=[],
            dataset=dict(
                type=dataset,
                data_root=str(folder),
                ann_file='ann.json',
                data_prefix=dict(img='img/')),
            **kwargs))


def at(dataset, index):
    """Return a sample as transforms get it, with all rows."""
    return dataset.get_data_info(index)


def rows_of(dataset, index):
    """Return the boxes' corners at which the rows' poses start."""
    return at(dataset, index)['keypoints'][:, 0].tolist()


@pytest.mark.parametrize('kind', ['CocoDataset', 'AP10KDataset'])
def test_near_persons_follow_as_rows(folder, kind):
    dataset = build(folder, dataset=kind)
    assert len(dataset) == 5
    assert [at(dataset, i)['num_near'] for i in range(5)] == [1, 2, 1, 0, 0]
    assert rows_of(dataset, 0) == [[0, 0], [20, 20]]
    assert rows_of(dataset, 1) == [[20, 20], [0, 0], [24, 24]]
    assert rows_of(dataset, 2) == [[24, 24], [20, 20]]
    assert rows_of(dataset, 3) == [[80, 80]]
    assert rows_of(dataset, 4) == [[0, 0]]


def test_threshold_of_near(folder):
    dataset = build(folder, near_iou=.05)
    assert [at(dataset, i)['num_near'] for i in range(5)] == [2, 2, 2, 0, 0]
    dataset = build(folder, near_iou=400 / 2800 + 1e-6)
    assert [at(dataset, i)['num_near'] for i in range(5)] == [0, 1, 1, 0, 0]


def test_estimate_is_the_one_that_overlaps_most(folder):
    records = [
        record(1, (18, 18, 40, 40)),  # IoU .82 with the second, .64 third
        record(1, (25, 25, 40, 40)),  # IoU .62 with the second, .91 third
        record(1, (1, 1, 40, 40), score=0.),  # left out
        record(2, (90, 90, 5, 5)),  # no overlap
        record(9, (80, 80, 15, 15)),  # of no image
    ]
    dataset = build(folder, records)
    assert rows_of(dataset, 0) == [[0, 0], [20, 20], [18, 18]]
    assert rows_of(dataset, 1) == [[20, 20], [0, 0], [24, 24], [18, 18]]
    assert rows_of(dataset, 2) == [[24, 24], [20, 20], [25, 25]]
    assert rows_of(dataset, 3) == [[80, 80]]
    assert rows_of(dataset, 4) == [[0, 0]]
    # the estimate knows the keypoint that nobody annotated
    visible = at(dataset, 0)['keypoints_visible']
    assert visible[:, 16].tolist() == [0, 0, 1]
    assert (visible[:, :16] > 0).all()
    assert at(dataset, 0)['num_near'] == 1


def test_persons_stay_what_they_are(folder):
    dataset = build(folder)
    plain = dataset.dataset
    np.testing.assert_equal(dataset.metainfo, plain.metainfo)
    for i in range(len(plain)):
        expected, found = plain.get_data_info(i), at(dataset, i)
        assert set(found) == set(expected) | {
            'num_near', 'sigmas', 'keypoint_names', 'sample_idx'
        }
        np.testing.assert_array_equal(found['keypoints'][:1],
                                      expected['keypoints'])
        assert found['img_path'] == str(
            folder / 'img' / f'{found["img_id"]}.jpg')
        assert found['sample_idx'] == i
    assert found['keypoints'].dtype == np.float32
    assert found['keypoint_names'][:2] == ['nose', 'left_eye']
    assert found['sigmas'].shape == (17, )


def test_lazy_initialisation(folder):
    dataset = build(folder, lazy_init=True)
    assert not dataset._fully_initialized
    assert dataset.metainfo['dataset_name'] == 'coco'
    dataset.full_init()
    assert len(dataset) == 5


def test_pipeline_is_run(folder):
    dataset = build(folder)
    other = DATASETS.build(
        dict(
            type='PoseRefineDataset',
            pipeline=[dict(type='GetBBoxCenterScale')],
            dataset=dict(
                type='CocoDataset',
                data_root=str(folder),
                ann_file='ann.json',
                data_prefix=dict(img='img/'))))
    assert 'bbox_center' not in dataset[0]
    np.testing.assert_allclose(other[0]['bbox_center'], [[20, 20]])
    # all rows for transforms, and the person alone without any
    assert [len(d[0]['keypoints']) for d in (other, dataset)] == [2, 1]
    assert dataset[0]['keypoints_visible'].shape == (1, 17)


def test_missing_estimates_name_the_file(folder):
    with pytest.raises(FileNotFoundError, match='nowhere.json'):
        build(folder, estimate_file=str(folder / 'nowhere.json'))


def test_estimates_are_matched_by_their_boxes(folder):
    """Where a record has one: its joints may reach elsewhere."""
    astray = record(1, (70, 70, 30, 30))
    dataset = build(folder, [astray])
    assert [len(at(dataset, i)['keypoints']) for i in (0, 3)] == [2, 2]
    for box in (BOXES[0], [0., 0., 40., 40.]):
        dataset = build(folder, [dict(astray, bbox=box)])
        assert [len(at(dataset, i)['keypoints']) for i in (0, 3)] == [3, 1]
        assert rows_of(dataset, 0)[-1] == [70, 70]
    for unfit in (None, [], 'box', [0, 0, 40], [0, 0, 0, 0],
                  [None] * 4):
        dataset = build(folder, [dict(astray, bbox=unfit)])
        assert [len(at(dataset, i)['keypoints']) for i in (0, 3)] == [2, 2]


# -------------------------------------------------------- other data sets
def test_boxes_of_the_poses(folder):
    """The 16 annotated joints reach 15 / 16 of the box; x 1.2."""
    dataset = build(folder, pose_box_expand=1.2)
    extent = 40 * 15 / 16
    low, high = extent / 2 - .6 * extent, extent / 2 + .6 * extent
    np.testing.assert_allclose(
        at(dataset, 0)['bbox'], [[low, low, high, high]], rtol=1e-5)
    assert len(dataset) == 5


def test_squares_of_mpii_are_given_up(tmp_path):
    """Or the crop would be made of them all the same."""
    people = [
        dict(
            image='0001.jpg',
            center=[50, 50],
            scale=1.,
            joints=[[10 + j, 20 + 2 * j] for j in range(16)],
            joints_vis=[int(visible)] * 16) for visible in (True, False)
    ]
    (tmp_path / 'mpii.json').write_text(json.dumps(people))
    dataset = DATASETS.build(
        dict(
            type='PoseRefineDataset',
            pipeline=[],
            pose_box_expand=1.,
            dataset=dict(
                type='ZeroBasedMpiiDataset',
                ann_file=str(tmp_path / 'mpii.json'))))
    assert len(dataset) == 1  # nothing of the other one is annotated
    # MPII counts from 1
    np.testing.assert_array_equal(at(dataset, 0)['bbox'], [[9, 19, 24, 49]])
    np.testing.assert_array_equal(at(dataset, 0)['keypoints'][0, 0], [9, 19])
    assert not {'bbox_center', 'bbox_scale'} & set(at(dataset, 0))


def test_sigmas_of_the_config(folder):
    sigmas = np.linspace(.02, .1, 17)
    np.testing.assert_array_equal(
        build(folder, sigmas=sigmas.tolist())[0]['sigmas'], sigmas)
    with pytest.raises(ValueError, match='for all 17 keypoints, got 3'):
        build(folder, sigmas=[.1] * 3)


def test_skeleton_of_the_config(folder):
    """Mmpose's init_model reads it from the training dataset's config."""
    metainfo = dict(from_file='configs/_base_/datasets/ap10k.py')
    dataset = build(folder, metainfo=metainfo)
    assert dataset.metainfo['dataset_name'] == 'ap10k'
    assert at(dataset, 0)['keypoint_names'][7] == 'L_F_Paw'


def test_categories_of_estimates(folder):
    estimates = [dict(record(1, BOXES[3]), category_id=3)]
    for categories, rows in (((1, ), 1), ((3, ), 2), (None, 2)):
        dataset = build(folder, estimates, estimate_categories=categories)
        assert len(at(dataset, 3)['keypoints']) == rows


def test_real_predictions_go_to_the_person_of_the_highest_oks(folder):
    """Of each file one for each person at most; more files, more poses."""
    near, far = (BOXES[0][0] + 1, 0, 40, 40), (300, 300, 40, 40)
    files = {
        'a': [record(1, BOXES[0], .9), record(1, near, .2), record(1, far),
              record(2, BOXES[4])],
        'b': [record(1, near)]
    }
    for name, records in files.items():
        (folder / f'{name}.json').write_text(json.dumps(records))
    dataset = build(
        folder, real_pose_files=[str(folder / f'{n}.json') for n in files])
    found = [
        dataset[i].get('real_poses', np.empty((0, 17, 2)))[:, 0, 0].tolist()
        for i in range(5)
    ]
    # the second pose of the first file has nobody left but the neighbours
    assert found[0] == [0., 1.]
    assert found[3] == []
    assert found[4] == [0.]
    assert dataset[0]['real_visible'].shape == (2, 17)
    assert 300. not in np.concatenate(found)
    # they are no reference points
    info = at(dataset, 0)
    assert len(info['keypoints']) == 1 + info['num_near']


def test_predictions_of_other_images_are_refused(folder):
    (folder / 'a.json').write_text(json.dumps([record(9, BOXES[0])]))
    with pytest.raises(ValueError, match='of the 1 usable poses of .*a.json'):
        build(folder, real_pose_files=[str(folder / 'a.json')])


def test_sure_estimates_become_annotations(folder):
    """The last keypoint, which nobody annotated, where both agree."""
    box = BOXES[3]
    for score, shift, labelled in ((1., 0, True), (.4, 0, False),
                                   (1., 12, False)):
        estimate = record(1, (box[0] + shift, *box[1:]))
        estimate['keypoints'][-1] = score
        dataset = build(folder, [estimate], pseudo_label_score=.5)
        info = at(dataset, 3)
        assert (info['keypoints_visible'][0, 16] > 0) == labelled
        if labelled:
            np.testing.assert_allclose(info['keypoints'][0, 16], (95, 95))


def test_images_are_kept_aside_and_left_out(folder):
    content = json.loads((folder / 'ann.json').read_text())
    content['images'][1]['lookalike'] = True
    (folder / 'ann.json').write_text(json.dumps(content))

    def images(**kwargs):
        dataset = build(folder, **kwargs)
        return {dataset.get_data_info(i)['img_id']
                for i in range(len(dataset))}

    assert images(aside_every=2) == {2}
    assert images(aside_every=2, aside=True) == {1}
    assert images(exclude_flag='lookalike') == {1}
