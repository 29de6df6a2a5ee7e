"""The pipelines of the configs on images whose contents are known."""

import copy
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.dataset import Compose
from mmpose.datasets.datasets.utils import parse_pose_metainfo

pytestmark = pytest.mark.usefixtures('mmpose_scope')

CONFIG = Config.fromfile(
    Path(__file__).resolve().parents[2] / 'configs/_base_/inputs/128x96.py')
META = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/coco.py'))
JOINT = 9  # the left wrist, whose twin is the right one
FLIP = META['flip_indices']


def make_results(point=(95., 92.)):
    """Make an image with one bright spot at a joint in the box."""
    image = np.zeros((180, 200, 3), np.float32)
    image[int(point[1]), int(point[0])] = 255
    image = cv2.GaussianBlur(image, (0, 0), 2.) * 20
    keypoints = np.random.default_rng(0).uniform(
        70, 120, (2, 17, 2)).astype(np.float32)
    keypoints[0, JOINT] = point
    return dict(
        id=1,
        img_id=1,
        img_path='drawn',
        img=image,
        bbox=np.array([[60., 50., 120., 130.]], np.float32),
        bbox_score=np.ones(1, np.float32),
        keypoints=keypoints,
        keypoints_visible=np.full((2, 17), 2., np.float32),
        keypoint_scores=np.random.default_rng(1).random((1, 17)),
        category_id=1,
        num_near=1,
        sigmas=np.array(META['sigmas']),
        keypoint_names=list(META['keypoint_id2name'].values()),
        flip_indices=FLIP,
        flip_pairs=META['flip_pairs'],
        upper_body_ids=META['upper_body_ids'],
        lower_body_ids=META['lower_body_ids'])


def step(steps, name):
    """Return a pipeline up to, and with, one transform."""
    names = [s['type'] for s in steps]
    return Compose(copy.deepcopy(steps[:names.index(name) + 1]))


def brightest(image):
    y, x = np.unravel_index(image[..., 0].argmax(), image.shape[:2])
    return np.array([x, y])


@pytest.mark.parametrize('seed', range(8))
def test_bright_spot_stays_at_its_joint(seed):
    np.random.seed(seed)
    results = step(CONFIG.train_pipeline, 'TopdownAffine')(make_results())
    joint = FLIP[JOINT] if results['flip'] else JOINT
    found = results['transformed_keypoints'][0, joint]
    assert results['img'].shape[:2] == (128, 96)
    assert np.linalg.norm(brightest(results['img']) - found) < 1


def test_seeds_above_cover_flip_and_rotation():
    seen = []
    for seed in range(8):
        np.random.seed(seed)
        results = step(CONFIG.train_pipeline, 'TopdownAffine')(make_results())
        seen.append((results['flip'], results['bbox_rotation'][0] != 0))
    assert set(seen) == {(a, b) for a in (0, 1) for b in (0, 1)}


def test_rows_move_with_the_person():
    """Near persons and estimates go through the same transforms."""
    np.random.seed(2)
    results = make_results()
    results['keypoints'][1] = results['keypoints'][0] + [3., 0.]
    moved = step(CONFIG.train_pipeline,
                 'TopdownAffine')(results)['transformed_keypoints']
    offset = moved[1] - moved[0]
    np.testing.assert_allclose(offset, offset[:1].repeat(17, 0), atol=1e-3)
    assert np.linalg.norm(offset[0]) > 1


def test_half_of_the_samples_are_mirrored():
    np.random.seed(0)
    pipeline = step(CONFIG.train_pipeline, 'PackRefineInputs')
    pipeline.transforms[-1].meta_keys += ('flip', )
    results = make_results()
    flipped = [
        pipeline(dict(results))['data_samples'].metainfo['flip'] is not False
        for _ in range(400)
    ]
    assert abs(np.mean(flipped) - .5) < 4 * .5 / 400**.5


def test_training_sample():
    np.random.seed(0)
    packed = Compose(copy.deepcopy(CONFIG.train_pipeline))(make_results())
    labels = packed['data_samples'].gt_instance_labels
    assert packed['inputs'].shape == (3, 128, 96)
    assert {key: tuple(value.shape)
            for key, value in labels.items()} == dict(
                keypoint_labels=(1, 17, 2),
                ks_scales=(1, 17),
                keypoint_weights=(1, 17),
                heatmap_indices=(1, 17, 4),
                heatmap_probs=(1, 17, 4),
                input_pose=(1, 17, 2),
                input_pose_visible=(1, 17))


def test_test_sample_is_the_input_pose_in_the_crop():
    results = make_results()
    for key in ('keypoints', 'keypoints_visible'):
        results[key] = results[key][:1]
    given = copy.deepcopy(results)
    packed = Compose(copy.deepcopy(CONFIG.test_pipeline))(results)
    sample = packed['data_samples']
    pose = sample.gt_instance_labels.input_pose[0].numpy()
    spot = brightest(packed['inputs'].numpy().transpose(1, 2, 0))
    assert np.linalg.norm(pose[JOINT] - spot) < 1
    kept = sample.gt_instances
    np.testing.assert_array_equal(kept.input_keypoints, given['keypoints'])
    np.testing.assert_array_equal(kept.input_keypoint_scores,
                                  given['keypoint_scores'])
    # the box is 60 x 80, padded by a quarter: from the crop to the image
    meta = sample.metainfo
    np.testing.assert_allclose(meta['input_scale'], [75, 100])
    back = (pose / meta['input_size'] * meta['input_scale'] +
            meta['input_center'] - meta['input_scale'] / 2)
    np.testing.assert_allclose(back, given['keypoints'][0], atol=1e-3)
