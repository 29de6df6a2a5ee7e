"""Crops are those of mmpose's pipeline, pixel by pixel."""

import numpy as np
import pytest
from mmpose.registry import DATASETS
from peaked_refiner import DEMO, POSEFIX

from posefix_mm.inference import Cropper, Crops, PoseArrays
from posefix_mm.inference.crops import (
    PipelineCropper,
    build_cropper,
)
from posefix_mm.inference.predictor import (
    build_test_dataset,
    load_refiner_config,
)

# of LoadImage, GetBBoxCenterScale, TopdownAffine, GetInputPose and packing
PIPELINE = 'test_dataloader.dataset.pipeline'
OPTIONS = {
    'as it is': {},
    'unsure joints': {'test_dataloader.dataset.keypoint_score_thr': .4},
    'no eyes': {'test_dataloader.dataset.absent_keypoints':
                ['left_eye', 'right_eye']},
    'UDP': {f'{PIPELINE}.2.use_udp': True},
    'padding': {f'{PIPELINE}.1.padding': 1.6},
    'expand': {'test_dataloader.dataset.expand': 1.},
    'wide input': {f'{PIPELINE}.2.input_size': (70, 30)},
}
LITE = POSEFIX / 'lspet/posefix_lite0_1xb32-16e_lspet-192x144.py'


@pytest.fixture
def dataset(request):
    """Test dataset of the demo's refiner, with changes."""
    options = OPTIONS[getattr(request, 'param', 'as it is')]
    return build_test_dataset(load_refiner_config(DEMO, cfg_options=options))


def assert_equal(crops: Crops, others: Crops) -> None:
    for name, one, other in zip(Crops._fields, crops, others, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)
        assert one.dtype == other.dtype


@pytest.mark.parametrize('dataset', OPTIONS, indirect=True)
def test_as_the_transforms_crop(dataset, scene_image, scene_poses) -> None:
    """Absent joints, a single one, far outside, unsure ones."""
    crop = build_cropper(dataset)
    assert type(crop) is Cropper
    crops = crop(scene_image, scene_poses)
    assert_equal(crops, PipelineCropper(dataset)(scene_image, scene_poses))
    assert len(crops) == 8
    assert np.ptp(crops.images[0]) > 50


@pytest.mark.parametrize('name', OPTIONS)
def test_as_the_test_tool_crops(scene, scene_image, scene_poses, name) -> None:
    """Samples of the dataset itself, which reads the files."""
    cfg = load_refiner_config(DEMO, cfg_options=OPTIONS[name])
    crops = build_cropper(build_test_dataset(cfg))(scene_image, scene_poses)
    dataset = DATASETS.build(
        dict(
            cfg.test_dataloader.dataset,
            data_root=str(scene),
            ann_file='annotations.json',
            pose_file='results.json',
            data_prefix=dict(img='')))
    assert len(dataset) == len(crops)
    for index, sample in enumerate(dataset):
        labels = sample['data_samples'].gt_instance_labels
        meta = sample['data_samples'].metainfo
        np.testing.assert_array_equal(
            sample['inputs'].numpy().transpose(1, 2, 0), crops.images[index])
        np.testing.assert_array_equal(
            labels.input_pose[0], crops.input_pose[index])
        np.testing.assert_array_equal(
            labels.input_pose_visible[0], crops.input_pose_visible[index])
        np.testing.assert_array_equal(
            meta['input_center'], crops.centers[index])
        np.testing.assert_array_equal(
            meta['input_scale'], crops.scales[index])


def test_what_the_options_change(scene_image, scene_poses) -> None:
    """So that the tests above compare something."""
    crops = {
        name: build_cropper(
            build_test_dataset(load_refiner_config(
                DEMO, cfg_options=options)))(scene_image, scene_poses)
        for name, options in OPTIONS.items()
    }
    plain = crops.pop('as it is')
    for name, other in crops.items():
        assert other.input_pose.shape == plain.input_pose.shape
        assert np.abs(other.input_pose[0] - plain.input_pose[0]).max() > .1, \
            name
    assert crops['unsure joints'].input_pose_visible[0].sum() < 17
    assert crops['unsure joints'].input_pose_visible[7].sum() == 17
    assert plain.input_pose_visible.sum(1).tolist() == [17, 4, 1] + [17] * 5


@pytest.mark.parametrize('use_udp', [False, True])
def test_a_white_pixel_is_where_the_input_pose_is(use_udp) -> None:
    """Enlarged four times: the centre of the spot, to half a pixel."""
    image = np.zeros((90, 120, 3), np.uint8)
    joints = np.array([[[30, 20], [44, 41], [50, 56], [33, 50]]], np.float32)
    for x, y in joints[0].astype(int):
        image[y, x] = 255
    poses = PoseArrays(joints, np.ones((1, 4), bool), np.ones((1, 4)))
    crops = Cropper((144, 192), use_udp=use_udp)(image, poses)
    xs, ys = np.meshgrid(np.arange(144), np.arange(192))
    for x, y in crops.input_pose[0]:
        near = np.hypot(xs - x, ys - y) < 8
        weights = crops.images[0, ..., 0] * near
        assert weights.max() > 150
        centre = np.array([(xs * weights).sum(), (ys * weights).sum()])
        np.testing.assert_allclose(centre / weights.sum(), [x, y], atol=.3)


def test_by_hand() -> None:
    """The pose spans 20 x 60, times 1.2 is 24 x 72, to 3:4 is 54 x 72.

    Times 1.25 that is 67.5 x 90, about (40, 40).
    """
    joints = np.array([[[30, 10], [50, 70], [900, 900]]], np.float32)
    poses = PoseArrays(joints, np.array([[True, True, False]]),
                       np.ones((1, 3), np.float32))
    crops = Cropper((48, 64))(np.zeros((90, 120, 3), np.uint8), poses)
    np.testing.assert_allclose(crops.centers, [[40, 40]])
    np.testing.assert_allclose(crops.scales, [[67.5, 90]])
    np.testing.assert_allclose(crops.areas, [67.5 * 90])
    assert crops.input_pose_visible.tolist() == [[1, 1, 0]]
    assert (crops.images.shape, crops.images.dtype) == ((1, 64, 48, 3), 'u1')


def test_back_to_the_image(scene_image, scene_poses) -> None:
    """What the network leaves as it is stays in its place, UDP aside."""
    crops = Cropper((48, 64))(scene_image, scene_poses)
    back = crops.to_image(crops.input_pose)
    size = crops.scales.max(1)[:, None, None]
    error = np.abs(back - scene_poses.keypoints) / size
    assert error.max() < 1e-5


def test_corners_by_hand() -> None:
    crops = Crops(
        np.zeros((1, 64, 48, 3), np.uint8), np.zeros((1, 3, 2), np.float32),
        np.ones((1, 3), np.float32), np.array([[100, 50]], np.float32),
        np.array([[96, 128]], np.float32))
    points = np.array([[[0, 0], [24, 32], [48, 64]]], np.float32)
    np.testing.assert_array_equal(
        crops.to_image(points), [[[52, -14], [100, 50], [148, 114]]])


def test_parts_and_wholes(scene_image, scene_poses) -> None:
    """Taken apart and joined, and cropped one after the other."""
    crop = Cropper((48, 64))
    crops = crop(scene_image, scene_poses)
    parts = [crops.take(slice(0, 3)), crops.take(slice(3, None))]
    assert [len(part) for part in parts] == [3, 5]
    assert np.shares_memory(parts[1].images, crops.images)
    assert_equal(Crops.concatenate(parts), crops)
    assert Crops.concatenate(parts[:1]) is parts[0]
    for index in range(8):
        alone = crop(scene_image, scene_poses.take(slice(index, index + 1)))
        assert_equal(alone, crops.take(slice(index, index + 1)))


def test_no_poses(scene_image, scene_poses) -> None:
    none = scene_poses.take(slice(0))
    crops = Cropper((48, 64))(scene_image, none)
    assert len(crops) == 0
    assert crops.to_image(crops.input_pose).shape == (0, 17, 2)


def test_unusual_pipelines_crop_one_by_one(dataset, scene_image,
                                           scene_poses) -> None:
    """Of images as floats, and with transforms in between."""
    from mmcv.transforms import RandomFlip
    expected = build_cropper(dataset)(scene_image, scene_poses)
    transforms = dataset.pipeline.transforms
    transforms.insert(1, RandomFlip(prob=0.))
    crop = build_cropper(dataset)
    assert type(crop) is PipelineCropper
    assert_equal(crop(scene_image, scene_poses), expected)
    del transforms[1]
    transforms[0].to_float32 = True
    assert type(build_cropper(dataset)) is PipelineCropper


def test_pipeline_without_an_image(dataset) -> None:
    del dataset.pipeline.transforms[0]
    for build in (PipelineCropper, build_cropper):
        with pytest.raises(
                ValueError, match='must start with LoadImage, got GetBBox'):
            build(dataset)


def test_the_small_refiners_options() -> None:
    """What its config says reaches the crops."""
    crop = build_cropper(build_test_dataset(load_refiner_config(LITE)))
    dataset = load_refiner_config(LITE).test_dataloader.dataset
    assert crop.input_size == (144, 192)
    assert crop.keypoint_score_thr == dataset.get('keypoint_score_thr', 0.)
    assert crop.padding == dataset.pipeline[1].get('padding', 1.25)


def test_crops_of_boxes_by_hand() -> None:
    """The pose's box is (28, 4) to (52, 76), as in test_by_hand."""
    joints = np.array([[[30, 10], [50, 70]]] * 2, np.float32)
    boxes = np.array([[20, 20, 40, 40], [np.nan] * 4], np.float32)
    poses = PoseArrays(joints, np.ones((2, 2), bool),
                       np.ones((2, 2), np.float32), boxes)
    image = np.zeros((90, 120, 3), np.uint8)
    for crop_by, center, scale in (
            ('pose', [40, 40], [67.5, 90]), ('bbox', [30, 30], [25, 100 / 3]),
            ('both', [36, 40], [67.5, 90])):
        crops = Cropper((48, 64), crop_by=crop_by)(image, poses)
        np.testing.assert_allclose(crops.centers[0], center, rtol=1e-6)
        np.testing.assert_allclose(crops.scales[0], scale, rtol=1e-6)
        np.testing.assert_allclose(crops.centers[1], [40, 40])
    with pytest.raises(ValueError, match="crop_by must be one of .* 'box'"):
        Cropper((48, 64), crop_by='box')
