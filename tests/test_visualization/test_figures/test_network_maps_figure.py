"""Figure 5: what the network computes on the way."""

import json

import cv2
import numpy as np
import pytest
from refine_fixtures import CONFIGS, save_weights

from posefix_mm.demo.demo import REFINER
from posefix_mm.formats.coco import load_pose_records
from posefix_mm.inference import PoseArrays, PosePredictor
from posefix_mm.visualization.figures import network_maps_figure, trace_network

CONFIG = CONFIGS / REFINER


@pytest.fixture(scope='module')
def predictor(tmp_path_factory) -> PosePredictor:
    """The demo's refiner with random weights, no flip test."""
    path = save_weights(
        CONFIG, tmp_path_factory.mktemp('weights') / 'random.pth', 1.)
    return PosePredictor(
        CONFIG, str(path), flip_test=False,
        cfg_options={'model.passthrough_keypoints': [0, 2]})


@pytest.fixture
def sample(people) -> tuple:
    record = load_pose_records(people / 'results.json', 17)[0]
    content = json.loads((people / 'annotations.json').read_text())
    name = next(i['file_name'] for i in content['images']
                if i['id'] == record.image_id)
    return cv2.imread(str(people / 'images' / name)), record


def test_traces_what_is_predicted(predictor, sample) -> None:
    image, record = sample
    trace = trace_network(predictor, image, record)
    crops = predictor.crop(
        image,
        PoseArrays(record.keypoints[None], record.visible[None],
                   record.keypoint_scores[None]))
    expected = predictor.start(crops)().keypoints[0]
    found = crops.to_image(trace.keypoints[None])[0]
    learnt = np.setdiff1d(np.arange(17), [0, 2])
    assert np.flatnonzero(trace.learnt).tolist() == learnt.tolist()
    np.testing.assert_allclose(found[learnt], expected[learnt], atol=1e-3)
    np.testing.assert_allclose(trace.keypoints[[0, 2]],
                               trace.input_pose[[0, 2]])
    np.testing.assert_array_equal(trace.image, crops.images[0][..., ::-1])


def test_refiner_that_judges_poses(sample) -> None:
    """The default one keeps poses that get no better."""
    image, record = sample
    predictor = PosePredictor(flip_test=False)
    crops = predictor.crop(
        image, PoseArrays(record.keypoints[None], record.visible[None],
                          record.keypoint_scores[None]))
    trace = trace_network(predictor, image, record)
    np.testing.assert_allclose(
        crops.to_image(trace.keypoints[None])[0],
        predictor.start(crops)().keypoints[0], atol=1e-3)


def test_resolutions_and_maps(predictor, sample) -> None:
    trace = trace_network(predictor, *sample)
    names = [name for name, _ in trace.features]
    assert names == [
        'backbone 1/2', 'backbone 1/4', 'backbone 1/8', 'backbone 1/16',
        'neck', 'deconvolved'
    ]
    shapes = [maps.shape for _, maps in trace.features]
    assert shapes == [(32, 24), (16, 12), (8, 6), (4, 3), (16, 12), (32, 24)]
    np.testing.assert_allclose(trace.heatmaps.sum((1, 2)), 1, atol=1e-5)
    # the maps peak at the joints that are there
    for joint in np.flatnonzero(trace.visible)[:3]:
        y, x = np.unravel_index(trace.pose_maps[joint].argmax(), (64, 48))
        assert np.abs(trace.input_pose[joint] - (x, y)).max() <= .5


def test_hooks_do_not_stay(predictor, sample) -> None:
    trace_network(predictor, *sample)
    assert not any(m._forward_hooks
                   for m in predictor.model.backbone.modules())


def test_panels(predictor, sample) -> None:
    trace = trace_network(predictor, *sample)
    figure = network_maps_figure(trace, predictor.metainfo)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:2] == ['input pose', 'its maps']
    assert titles[2:10] == [name for name, _ in trace.features
                            ] + ['heatmaps', 'refined']
    assert titles[10:13] == ['left eye', 'left ear', 'right ear']
    shown = figure.axes[10].images[0].get_array()
    np.testing.assert_allclose(shown, trace.heatmaps[1]**.5)
