"""The inferencer: numbers against the parts, order, batches, files."""

import json
from pathlib import Path
from typing import List

import cv2
import mmcv
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from posefix_mm.apis.inferencers import PoseRefineInferencer
from posefix_mm.demo.demo import ESTIMATOR

CONFIGS = Path(__file__).resolve().parents[3] / 'configs'
DETECTOR = CONFIGS / '_base_' / 'detectors' / 'rtmdet_toy_person.py'
BOXES = np.array([[10, 5, 60, 80, .9], [40, 10, 100, 85, .5]], np.float32)


@pytest.fixture
def estimator_batches(inferencer, monkeypatch) -> List[int]:
    """Numbers of people that the estimator got at once."""
    sizes, model = [], inferencer.estimator.model
    run = model.test_step

    def test_step(data: dict) -> list:
        sizes.append(len(data['inputs']))
        return run(data)

    monkeypatch.setattr(model, 'test_step', test_step)
    return sizes


def people_of(result: dict) -> List[dict]:
    [people] = result['predictions']
    return people


def keypoints_of(result: dict, name: str = 'keypoints') -> np.ndarray:
    return np.array([person[name] for person in people_of(result)])


def test_is_registered() -> None:
    from mmpose.registry import INFERENCERS
    assert INFERENCERS.get('PoseRefineInferencer') is PoseRefineInferencer
    assert INFERENCERS.get('pose-refinement') is PoseRefineInferencer


def test_given_boxes_are_honoured(inferencer, pictures) -> None:
    """Estimates are those of inference_topdown, refined as by refine."""
    from mmpose.apis import inference_topdown

    from posefix_mm.apis import refine
    [result] = inferencer(str(pictures[0]), bboxes=[BOXES])
    expected = inference_topdown(inferencer.estimator.model, str(pictures[0]),
                                 BOXES[:, :4])
    estimates = np.stack(
        [e.pred_instances.keypoints[0] for e in expected])
    scores = np.stack([e.pred_instances.keypoint_scores[0] for e in expected])
    np.testing.assert_allclose(
        keypoints_of(result, 'input_keypoints'), estimates, atol=1e-3)
    refined = refine(
        pictures[0],
        np.concatenate((estimates, scores[..., None]), -1),
        predictor=inferencer.predictor)
    np.testing.assert_allclose(
        keypoints_of(result), refined.keypoints, atol=1e-3)
    assert np.abs(keypoints_of(result) - estimates).max() > 1
    people = people_of(result)
    assert [p['bbox'][0] for p in people] == BOXES[:, :4].tolist()
    np.testing.assert_allclose([p['bbox_score'] for p in people],
                               BOXES[:, 4])
    np.testing.assert_allclose([p['keypoint_scores'] for p in people], scores)


def test_people_of_all_images_share_batches(inferencer, pictures,
                                            estimator_batches) -> None:
    boxes = [BOXES, [], BOXES, BOXES[:1]]
    images = [mmcv.imread(pictures[i]) for i in (0, 1, 2, 0)]
    results = list(inferencer(images, bboxes=boxes, batch_size=4))
    assert [len(people_of(r)) for r in results] == [2, 0, 2, 1]
    assert estimator_batches == [4, 1]
    alone = [
        next(inferencer(image, bboxes=[some]))
        for image, some in zip(images, boxes, strict=True)
    ]
    for result, single in zip(results, alone, strict=True):
        np.testing.assert_allclose(
            keypoints_of(result), keypoints_of(single), atol=1e-3)


def test_batches_of_the_refiner_are_filled_across_groups(
        inferencer, pictures, monkeypatch) -> None:
    """Two images are estimated at a time; they have three people."""
    sizes, start = [], inferencer.predictor.start
    monkeypatch.setattr(
        inferencer.predictor, 'start', lambda crops: sizes.append(len(crops))
        or start(crops))
    boxes = [BOXES, BOXES[:1]] * 2
    images = [mmcv.imread(pictures[i]) for i in (0, 1, 2, 0)]
    results = list(inferencer(images, bboxes=boxes, batch_size=2))
    assert [len(people_of(r)) for r in results] == [2, 1, 2, 1]
    assert sizes == [2, 2, 2]


def test_none_means_that_people_are_found(inferencer, pictures) -> None:
    first, second = inferencer(pictures[:2], bboxes=[BOXES[:1], None])
    assert len(people_of(first)) == 1
    [found] = inferencer(pictures[1])
    assert people_of(second) == people_of(found)
    assert len(people_of(found)) > 0


def test_finds_what_mmposes_inferencer_finds(inferencer, pictures,
                                             tmp_path: Path) -> None:
    """Boxes and estimates, before refinement."""
    from mmpose.apis import Pose2DInferencer
    config = tmp_path / 'estimator.py'
    config.write_text(f"_base_ = '{CONFIGS / ESTIMATOR}'\n"
                      "data_mode = 'topdown'\n"
                      "dataset_type = 'CocoDataset'\n")
    with DefaultScope.overwrite_default_scope('mmpose'):
        theirs = Pose2DInferencer(
            str(config),
            det_model=str(DETECTOR),
            det_cat_ids=0,
            device='cpu')
    theirs.model.load_state_dict(inferencer.estimator.model.state_dict())
    list(inferencer(pictures[0]))  # loads the detector
    ours = inferencer.estimator.find_people._find.model
    theirs.detector.model.load_state_dict(ours.state_dict())
    for path in pictures[:2]:
        [result] = inferencer(path)
        [expected] = theirs(str(path))
        people = expected['predictions'][0]
        assert len(people_of(result)) == len(people) > 0
        for name in ('keypoints', 'keypoint_scores', 'bbox_score'):
            ours_name = 'input_keypoints' if name == 'keypoints' else name
            np.testing.assert_allclose(
                [person[ours_name] for person in people_of(result)],
                [person[name] for person in people],
                atol=1e-3)


def test_thresholds_reach_the_detector(inferencer, pictures) -> None:
    [some] = inferencer(pictures[0], bbox_thr=0.)
    [none] = inferencer(pictures[0], bbox_thr=.999)
    assert len(people_of(some)) > 0
    assert people_of(none) == []


def test_given_poses(inferencer, people: Path) -> None:
    """Records of a results file, without detector and estimator."""
    from posefix_mm.apis import refine
    refiner = PoseRefineInferencer(inferencer.predictor)
    results = list(
        refiner(people / 'images', poses=people / 'results.json'))
    records = json.loads((people / 'results.json').read_text())
    assert sum(len(people_of(r)) for r in results) == len(records)
    for result in results:
        own = [
            r for r in records
            if r['image_id'] == int(Path(result['name']).stem.split('_')[-1])
        ]
        given = np.array([r['keypoints'] for r in own]).reshape(-1, 17, 3)
        refined = refine(
            people / 'images' / result['name'],
            given,
            predictor=inferencer.predictor)
        np.testing.assert_allclose(
            keypoints_of(result).reshape(-1, 17, 2),
            refined.keypoints,
            atol=1e-3)


def test_poses_of_a_video_go_by_the_number_of_the_frame(
        inferencer, video: Path, tmp_path: Path) -> None:
    pose = [10., 12., .9, *(v for i in range(16) for v in (20 + i, 30, .5))]
    records = [
        dict(image_id=frame, keypoints=pose, score=.5) for frame in (3, 1, 3)
    ]
    (tmp_path / 'poses.json').write_text(json.dumps(records))
    refiner = PoseRefineInferencer(inferencer.predictor)
    results = list(refiner(str(video), poses=str(tmp_path / 'poses.json')))
    assert [len(people_of(r)) for r in results] == [0, 1, 0, 2, 0]
    assert refiner.problems == {}


def test_records_of_no_image_are_told(inferencer, pictures) -> None:
    refiner = PoseRefineInferencer(inferencer.predictor)
    list(refiner(pictures[0], poses=[dict(image_id='x.jpg', keypoints=[])]))
    assert "image_ids, such as 'x.jpg', belong to no image" in \
        refiner.problems['']


def test_bad_images_do_not_stop_the_rest(inferencer, pictures,
                                         tmp_path: Path) -> None:
    (tmp_path / 'cut.jpg').write_bytes(pictures[0].read_bytes()[:300])
    inputs = [pictures[0], tmp_path / 'cut.jpg', 'missing.png', pictures[1]]
    results = list(
        inferencer(
            inputs,
            bboxes=[BOXES, BOXES, BOXES, [[1, 2, 3]]],
            pred_out_dir=str(tmp_path / 'out')))
    assert [r['problem'] is None for r in results] == [True, *3 * [False]]
    assert [len(people_of(r)) for r in results] == [2, 0, 0, 0]
    assert set(inferencer.problems) == {
        'cut.jpg', 'missing.png', pictures[1].name
    }
    assert 'must be (N, 4)' in inferencer.problems[pictures[1].name]
    written = [p.name for p in (tmp_path / 'out').iterdir()]
    assert written == [pictures[0].stem + '.json']


def test_writes_files_of_images(inferencer, pictures, tmp_path: Path,
                                monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    [result] = inferencer([pictures[0]],
                          bboxes=[BOXES],
                          out_dir='out',
                          coco_out='all.json',
                          return_vis=True)
    stem = pictures[0].stem
    written = json.loads(Path(f'out/predictions/{stem}.json').read_text())
    np.testing.assert_allclose(
        [person['keypoints'] for person in written], keypoints_of(result))
    assert list(written[0]) == [
        'keypoints', 'keypoint_scores', 'bbox', 'bbox_score',
        'input_keypoints', 'refined'
    ]
    picture = mmcv.imread(f'out/visualizations/{pictures[0].name}')
    assert picture.shape == (88, 224, 3)
    np.testing.assert_array_equal(result['visualization'][0].shape,
                                  picture.shape)
    records = json.loads(Path('all.json').read_text())
    assert [r['bbox'] for r in records] == [[10, 5, 50, 75], [40, 10, 60, 75]]


def test_a_video_makes_a_video_and_one_file(inferencer, video: Path,
                                            tmp_path: Path) -> None:
    results = list(
        inferencer(
            str(video),
            bboxes=[BOXES[:1]] * 5,
            out_dir=str(tmp_path / 'out'),
            coco_out=str(tmp_path / 'all.json'),
            draw_style='blend',
            batch_size=2))
    assert len(results) == 5
    frames = json.loads(
        (tmp_path / 'out/predictions/clip.json').read_text())
    assert [f['frame_id'] for f in frames] == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(frames[3]['instances'][0]['keypoints'],
                               keypoints_of(results[3])[0])
    records = json.loads((tmp_path / 'all.json').read_text())
    assert [r['image_id'] for r in records] == [0, 1, 2, 3, 4]
    drawn = cv2.VideoCapture(str(tmp_path / 'out/visualizations/clip.mp4'))
    assert drawn.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    assert drawn.get(cv2.CAP_PROP_FPS) == pytest.approx(12)
    assert drawn.get(cv2.CAP_PROP_FRAME_WIDTH) == 64


def test_an_unfinished_run_leaves_no_files_of_the_whole(
        inferencer, video: Path, tmp_path: Path) -> None:
    results = inferencer(
        str(video),
        bboxes=[BOXES[:1]] * 5,
        out_dir=str(tmp_path),
        coco_out=str(tmp_path / 'all.json'),
        batch_size=2)
    next(results)
    results.close()
    assert [p for p in tmp_path.rglob('*') if p.is_file()] == [video]


def test_a_camera_is_read_until_the_caller_stops(inferencer, camera: list,
                                                 tmp_path: Path) -> None:
    results = inferencer(
        'webcam', pred_out_dir=str(tmp_path), vis_out_dir=str(tmp_path))
    assert [next(results)['name'] for _ in range(2)
            ] == ['000000.jpg', '000001.jpg']
    results.close()
    frames = json.loads((tmp_path / 'webcam.json').read_text())
    assert [f['frame_id'] for f in frames] == [0, 1]
    assert (tmp_path / 'webcam.mp4').is_file()
    assert camera[-1] == 'released'


def test_memory_does_not_grow_with_the_input(inferencer) -> None:
    """A few groups of images at a time, whatever their people do."""
    alive, most = [], 0

    def images():
        import weakref
        for i in range(60):
            image = np.full((48, 64, 3), i, np.uint8)
            alive.append(weakref.ref(image))
            yield image

    boxes = [[[5, 5, 40, 40]]] + [[]] * 59
    for _ in inferencer(images(), bboxes=boxes, batch_size=4):
        most = max(most, sum(ref() is not None for ref in alive))
    assert 0 < most <= 14


def test_an_estimator_of_whole_images(inferencer, pictures) -> None:
    """Associative embedding finds people by itself."""
    cfg = Config.fromfile(
        CONFIGS / 'body_2d_keypoint/pose_sources/coco' /
        'associative-embedding_hrnet-w32.py')
    cfg.model.head.decoder.update(
        decode_keypoint_thr=-1e3, decode_max_instances=3)
    for step in cfg.test_dataloader.dataset.pipeline:
        if step['type'] == 'BottomupResize':
            step['input_size'] = (128, 128)
    torch.manual_seed(0)
    chained = PoseRefineInferencer(
        inferencer.predictor, device='cpu', pose2d=cfg)
    results = list(chained(pictures[:2]))
    for result, path in zip(results, pictures, strict=False):
        from mmpose.apis import inference_bottomup
        [expected] = inference_bottomup(chained.estimator.model, str(path))
        np.testing.assert_allclose(
            keypoints_of(result, 'input_keypoints'),
            expected.pred_instances.keypoints,
            atol=1e-3)
        assert len(people_of(result)) > 0
        assert all(person['refined'] for person in people_of(result))
    with pytest.raises(ValueError, match='to a top-down estimator only'):
        chained(pictures[:1], bboxes=[BOXES])


def test_pictures_can_be_shown(inferencer, pictures, monkeypatch) -> None:
    from mmpose.visualization import PoseLocalVisualizer
    shown = []
    monkeypatch.setattr(
        PoseLocalVisualizer, 'show', lambda _, picture, **options: shown.
        append((picture.shape, options['wait_time'])))
    list(
        inferencer(
            pictures[:2],
            bboxes=[BOXES, []],
            show=True,
            wait_time=.5,
            draw_style='refined'))
    assert shown == [((88, 112, 3), .5)] * 2


def test_data_samples(inferencer, pictures) -> None:
    [result] = inferencer(
        pictures[0], bboxes=[BOXES], return_datasamples=True)
    [sample] = result['predictions']
    assert sample.pred_instances.keypoints.shape == (2, 17, 2)
    assert sample.ori_shape == (88, 112)
    assert sample.img_path == str(pictures[0])


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(bboxes=[BOXES], poses=[None]), 'poses or bboxes, not both'),
    (dict(bboxes=[BOXES, BOXES]), 'boxes for 2 images, but 1 images'),
    (dict(batch_size=0), 'batch_size must be at least 1'),
    (dict(draw_style='blended'), "draw_style must be one of .*'blended'"),
    (dict(boxes=[BOXES]), 'boxes'),
])
def test_wrong_arguments(inferencer, pictures, arguments: dict,
                         message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        inferencer(pictures[0], **arguments)


def test_the_input_is_not_overwritten(inferencer, pictures, video) -> None:
    before = pictures[0].read_bytes()
    results = inferencer(
        pictures[0], bboxes=[BOXES], vis_out_dir=str(pictures[0].parent))
    with pytest.raises(ValueError, match='would overwrite the input'):
        next(results)
    assert pictures[0].read_bytes() == before
    results = inferencer(
        str(video), bboxes=[BOXES] * 5, vis_out_dir=str(video))
    with pytest.raises(ValueError, match='would overwrite the input'):
        next(results)


def test_something_to_refine_is_needed(inferencer, pictures) -> None:
    refiner = PoseRefineInferencer(inferencer.predictor)
    with pytest.raises(ValueError, match='give poses, or an estimator'):
        refiner(pictures[0])


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(pose2d='no-such-model'), 'name of a model of mmpose'),
    (dict(pose2d='no/such/config.py'), 'no/such/config.py does not exist'),
    (dict(pose2d='rtmpose-m_8xb256-420e_coco-256x192', pose2d_weights='x.pth'),
     'the checkpoint x.pth does not exist'),
])
def test_models_that_do_not_exist(inferencer, arguments: dict,
                                  message: str) -> None:
    with pytest.raises(FileNotFoundError, match=message):
        PoseRefineInferencer(
            inferencer.predictor, device='cpu', **arguments)


def test_boxes_are_not_cropped_in_silence(inferencer, monkeypatch) -> None:
    monkeypatch.setattr(inferencer.predictor, 'crop_by', 'bbox')
    with pytest.raises(ValueError, match="crops poses: crop_by='pose'"):
        PoseRefineInferencer(inferencer.predictor)
