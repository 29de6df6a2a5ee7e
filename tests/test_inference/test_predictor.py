"""A refiner that is loaded once: mmpose's results, from several threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmpose.registry import DATASETS
from peaked_refiner import DEMO, POSEFIX

from posefix_mm.inference import ImageJob, PosePredictor, refine_stream
from posefix_mm.inference.backends import SampleBackend, TorchBackend
from posefix_mm.inference.predictor import load_refiner, load_refiner_config

C2C = POSEFIX / 'demo/posefix_tiny_c2c-1xb32-14e_demo-64x48.py'


@pytest.fixture(scope='module')
def predictor(peaked) -> PosePredictor:
    return PosePredictor(peaked.cfg, peaked.weights)


@pytest.fixture(scope='module')
def ablation_weights(tmp_path_factory) -> str:
    """Of a refiner whose head is one of mmpose's, with peaks."""
    torch.manual_seed(0)
    model = load_refiner(load_refiner_config(C2C), None, 'cpu')
    torch.nn.init.normal_(model.head.final_layer.weight, std=1.)
    path = tmp_path_factory.mktemp('ablation') / 'weights.pth'
    torch.save(dict(state_dict=model.state_dict()), path)
    return str(path)


def by_mmpose(cfg, weights, scene):
    """Keypoints and scores of the model's test step on the test samples."""
    dataset = DATASETS.build(
        dict(
            cfg.test_dataloader.dataset,
            data_root=str(scene),
            ann_file='annotations.json',
            pose_file='results.json',
            data_prefix=dict(img='')))
    model = load_refiner(cfg, weights, 'cpu')
    model.test_cfg = dict(model.test_cfg, keep_input_scores=False)
    with torch.no_grad():
        samples = model.test_step(pseudo_collate(list(dataset)))
    return [
        np.concatenate([s.pred_instances[name] for s in samples])
        for name in ('keypoints', 'keypoint_scores')
    ]


def assert_as_mmpose(predictor, options, weights, scene, image, poses):
    crops = predictor.crop(image, poses)
    refined = predictor.start(crops)()
    cfg = load_refiner_config(
        options.pop('config', DEMO), pretrained=False, cfg_options=options)
    keypoints, scores = by_mmpose(cfg, weights, scene)
    # pixels of the input; folded batch norms round elsewhere, and the maps'
    # peaks make much of it
    unit = (crops.scales / (48, 64)).max(1)[:, None, None]
    error = np.abs(refined.keypoints - keypoints) / unit
    assert np.median(error) < 3e-5
    assert error.max() < 1e-3
    np.testing.assert_allclose(refined.confidences, scores, atol=1e-5)
    assert refined.keypoints.dtype == np.float32
    # the maps have peaks, and the poses are not all the same
    assert (refined.keypoints.std(1) / unit[:, 0]).mean() > 3


@pytest.mark.parametrize('flip_test', [True, False])
@pytest.mark.parametrize('decode_radius', [None, 2])
def test_as_mmpose_refines(peaked, scene, scene_image, scene_poses,
                           flip_test, decode_radius) -> None:
    options = {'model.head.decode_radius': decode_radius}
    predictor = PosePredictor(
        DEMO, peaked.weights, flip_test=flip_test, cfg_options=options)
    assert type(predictor._backend) is TorchBackend
    assert_as_mmpose(
        predictor, {**options, 'model.test_cfg.flip_test': flip_test},
        peaked.weights, scene, scene_image, scene_poses)


@pytest.mark.parametrize('flip_test', [True, False])
def test_heads_of_mmpose(ablation_weights, scene, scene_image, scene_poses,
                         flip_test) -> None:
    predictor = PosePredictor(C2C, ablation_weights, flip_test=flip_test)
    assert type(predictor._backend) is SampleBackend
    assert_as_mmpose(
        predictor, {'config': C2C, 'model.test_cfg.flip_test': flip_test},
        ablation_weights, scene, scene_image, scene_poses)


@pytest.mark.parametrize('name', ['posefix', 'ablation'])
def test_threads(predictor, ablation_weights, scene_image, scene_poses,
                 name) -> None:
    """Eight at once get what one after the other gets, to the last bit."""
    if name == 'ablation':
        predictor = PosePredictor(C2C, ablation_weights)
    crops = predictor.crop(scene_image, scene_poses)
    parts = [crops.take(slice(i, i + 1 + i % 3)) for i in range(6)] * 6
    serial = [predictor.start(part)() for part in parts]
    with ThreadPoolExecutor(8) as pool:
        parallel = list(pool.map(lambda part: predictor.start(part)(), parts))
    for one, other in zip(serial, parallel, strict=True):
        assert one.keypoints.tobytes() == other.keypoints.tobytes()
        assert one.confidences.tobytes() == other.confidences.tobytes()


def test_batches_may_overlap(predictor, scene_image, scene_poses) -> None:
    """The next one may be started before the result is fetched."""
    crops = predictor.crop(scene_image, scene_poses)
    first, second = crops.take(slice(0, 3)), crops.take(slice(3, 8))
    finish, finish_next = predictor.start(first), predictor.start(second)
    np.testing.assert_array_equal(finish_next().keypoints,
                                  predictor.start(second)().keypoints)
    np.testing.assert_array_equal(finish().keypoints,
                                  predictor.start(first)().keypoints)


def test_streams_of_any_number_of_workers(predictor, scene_image,
                                          scene_poses) -> None:
    """The same, to the last bit."""
    jobs = [
        ImageJob(i, lambda: scene_image, scene_poses.take(slice(count)))
        for i, count in enumerate([3, 8, 0, 1, 5, 7])
    ]
    found = [
        b''.join(
            result.keypoints.tobytes() + result.confidences.tobytes()
            for result in refine_stream(
                predictor, jobs, batch_size=4, num_workers=num_workers))
        for num_workers in (0, 1, 3)
    ]
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 24 * 17 * 3 * 4


def test_no_poses(predictor, ablation_weights, scene_image,
                  scene_poses) -> None:
    none = scene_poses.take(slice(0))
    for one in (predictor, PosePredictor(C2C, ablation_weights)):
        refined = one.start(one.crop(scene_image, none))()
        assert refined.keypoints.shape == (0, 17, 2)
        assert refined.confidences.shape == (0, 17)


def test_skeleton(predictor) -> None:
    assert predictor.num_keypoints == 17
    assert predictor.keypoint_names[:3] == ['nose', 'left_eye', 'right_eye']
    assert len(predictor.keypoint_names) == 17
    assert predictor.categories == (1, )


def test_keypoints_that_were_not_learnt(peaked) -> None:
    predictor = PosePredictor(
        DEMO, peaked.weights,
        cfg_options={'model.passthrough_keypoints': [0, 5]})
    refined, given = np.zeros((2, 17, 2)), np.ones((2, 17, 2))
    kept = predictor.keep_unlearnt(refined, given)
    assert kept[:, [0, 5]].min() == 1
    assert kept.sum() == 2 * 2 * 2
    assert refined.max() == 0  # not changed in place


def test_all_keypoints_are_learnt(predictor) -> None:
    refined = np.zeros((2, 17, 2))
    assert predictor.keep_unlearnt(refined, refined + 1) is refined


@pytest.mark.parametrize('change', [
    dict(flip_test=False),
    dict(cfg_options={'model.head.decode_radius': None}),
    dict(cfg_options={'test_dataloader.dataset.expand': 1.5}),
])
def test_fingerprint(peaked, predictor, change) -> None:
    """The same for the same settings, another for others."""
    same = PosePredictor(peaked.cfg, peaked.weights)
    assert same.name == predictor.name
    assert PosePredictor(
        peaked.cfg, peaked.weights, **change).name != predictor.name


def test_config_is_not_changed(peaked) -> None:
    before = peaked.cfg.pretty_text
    PosePredictor(peaked.cfg, peaked.weights,
                  cfg_options={'model.head.decode_radius': 3})
    assert peaked.cfg.pretty_text == before
