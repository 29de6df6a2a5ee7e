"""The short door: poses in memory, of one image or of many."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from PIL import Image
from stub_predictor import StubPredictor

from posefix_mm.apis import refine, refine_file, refine_poses
from posefix_mm.inference import PosePredictor
from posefix_mm.structures.joint_map import JointMap


@pytest.fixture(scope='module')
def predictor(refiner_config, checkpoint) -> PosePredictor:
    return PosePredictor(refiner_config, str(checkpoint))


@pytest.fixture
def image(drawn) -> Path:
    """The image of most poses."""
    return drawn / 'images' / '000001.jpg'


@pytest.fixture
def joints(records) -> np.ndarray:
    """Poses of that image, (N, 17, 3)."""
    poses = np.array([r['keypoints'] for r in records
                      if r['image_id'] == 1]).reshape(-1, 17, 3)
    return np.concatenate((poses, poses + [3, 2, 0]))


@pytest.fixture
def expected(predictor, image, joints):
    """What an array of poses and the file of the image give."""
    return refine(image, joints, predictor=predictor)


def assert_same(one, other, atol=0.) -> None:
    for name in ('keypoints', 'keypoint_scores', 'confidences', 'shifts'):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=0, atol=atol,
            err_msg=name)
    np.testing.assert_array_equal(one.refined, other.refined)


# --------------------------------------------------------------------- result
def test_result(expected, joints) -> None:
    before = joints[..., :2].astype(np.float32)
    assert expected.refined.all()
    assert expected.problems == [None] * len(joints)
    assert expected.keypoints.shape == before.shape
    np.testing.assert_array_equal(
        expected.shifts, np.linalg.norm(expected.keypoints - before, axis=-1))
    assert np.median(expected.shifts) > 1
    np.testing.assert_array_equal(
        expected.keypoint_scores, joints[..., 2].astype(np.float32))
    assert 0 < expected.confidences.min() <= expected.confidences.max() < 1
    for name in ('keypoints', 'keypoint_scores', 'confidences', 'shifts'):
        assert getattr(expected, name).dtype == np.float32


def test_as_the_file_is_refined(predictor, expected, refine, drawn, image,
                                records, tmp_path) -> None:
    """The same poses, through `refine_file`."""
    import json
    mine = [r for r in records if r['image_id'] == 1]
    path = tmp_path / 'poses.json'
    path.write_text(json.dumps(mine))
    refine_file(predictor, path, drawn / 'images', tmp_path / 'out.json',
                nms=False, progress=False)
    written = json.loads((tmp_path / 'out.json').read_text())
    found = np.array([r['keypoints'] for r in written]).reshape(-1, 17, 3)
    np.testing.assert_allclose(
        found[..., :2], expected.keypoints[:len(mine)], rtol=0, atol=6e-4)


def test_absent_joints(predictor, image, joints) -> None:
    """They are found, and did not move."""
    joints[0, 4:9] = 0
    found = refine(image, joints, predictor=predictor)
    assert np.isnan(found.shifts[0, 4:9]).all()
    assert np.isfinite(np.delete(found.shifts[0], range(4, 9))).all()
    assert (found.keypoints[0, 4:9] > 0).all()
    assert (found.keypoint_scores[0, 4:9] == 0).all()


# ---------------------------------------------------------------------- poses
@pytest.mark.parametrize('kind', [
    'list', 'float32', 'records', 'tuples', 'supervision', 'like it'])
def test_kinds_of_poses(predictor, image, joints, expected, kind) -> None:
    if kind == 'supervision':
        supervision = pytest.importorskip('supervision')
        poses = supervision.KeyPoints(
            joints[..., :2].astype(np.float32),
            keypoint_confidence=joints[..., 2].astype(np.float32))
    else:
        poses = {
            'list': joints.tolist(),
            'float32': joints.astype(np.float32),
            'records': [dict(keypoints=j.ravel().tolist()) for j in joints],
            'tuples': tuple(map(tuple, joints)),
            'like it': SimpleNamespace(
                xy=joints[..., :2], keypoint_confidence=joints[..., 2]),
        }[kind]
    assert_same(refine(image, poses, predictor=predictor), expected, 1e-4)


def test_without_scores(predictor, image, joints, expected) -> None:
    """All are 1; what is at the origin is absent."""
    joints[1, 2] = 0
    found = refine(image, joints[..., :2], predictor=predictor)
    np.testing.assert_array_equal(found.keypoints[0], expected.keypoints[0])
    assert (found.keypoint_scores == 1).sum() == joints[..., 0].size - 1
    assert found.keypoint_scores[1, 2] == 0
    assert np.isnan(found.shifts[1, 2])


@pytest.mark.parametrize('columns', [2, 3])
def test_one_pose(predictor, image, joints, expected, columns) -> None:
    found = refine(image, joints[0, :, :columns], predictor=predictor)
    assert found.keypoints.shape == (1, 17, 2)
    np.testing.assert_allclose(
        found.keypoints[0], expected.keypoints[0], atol=1e-4)


@pytest.mark.parametrize('poses', [
    [], (), np.zeros((0, 17, 2)), np.zeros((0, 17, 3)), np.zeros(0),
    SimpleNamespace(xy=np.zeros((0, 0, 2)))])
def test_no_pose(predictor, image, poses) -> None:
    found = refine(image, poses, predictor=predictor)
    assert found.keypoints.shape == (0, 17, 2)
    assert found.shifts.shape == found.confidences.shape == (0, 17)
    assert found.refined.shape == (0, )
    assert found.problems == []


def test_poses_with_a_problem(predictor, image, joints, expected) -> None:
    """They come back as they are, the others refined."""
    bad = np.repeat(joints[:1], 3, 0)
    bad[0], bad[1, 3, 1], bad[2] = np.nan, 1e9, 0
    mixed = np.concatenate((bad[:1], joints, bad[1:]))
    found = refine(image, mixed, predictor=predictor)
    assert [p and p.code for p in found.problems] == [
        'no_keypoint', *[None] * len(joints), 'far_outside', 'no_keypoint']
    assert found.refined.tolist() == [p is None for p in found.problems]
    np.testing.assert_allclose(
        found.keypoints[1:-2], expected.keypoints, atol=1e-4)
    for place in (0, -2, -1):
        np.testing.assert_array_equal(
            found.keypoints[place], mixed[place, :, :2].astype(np.float32))
        assert (found.confidences[place] == 0).all()
    assert found.shifts[-2].max() == 0


@pytest.mark.parametrize(('poses', 'match'), [
    (np.zeros((2, 16, 3)) + 1, r'image 0 .* \(N, 17, 2\) or \(N, 17, 3\), '
     r'got \(2, 16, 3\); poses of another skeleton need a joint_map'),
    (np.zeros((2, 17, 4)) + 1, r'got \(2, 17, 4\)'),
    (np.ones(34), r'got \(34,\)'),
    (5., r'got \(\)'),
    ('poses', 'poses of image 0 are no array of numbers'),
    (None, 'poses of image 0'),
    ([[1, 2], [3]], 'poses of image 0 are no array of numbers'),
    ([dict(a=1)], 'pose 0 of image 0 has no keypoints'),
    ([dict(keypoints=[1] * 51), dict(keypoints=[1] * 50)],
     'keypoints of pose 1 of image 0 must be 3 numbers for each joint'),
    ([dict(keypoints='x')], 'keypoints of pose 0 of image 0'),
    ([dict(keypoints=[1] * 51), 5], 'pose 1 of image 0 has no keypoints'),
    ([dict(keypoints=[1] * 48)], r'got \(1, 16, 3\)'),
    ([[['a', 2]] * 17], 'are no array of numbers'),
])
def test_shapes(predictor, image, poses, match) -> None:
    with pytest.raises(ValueError, match=match):
        refine(image, poses, predictor=predictor)
    with pytest.raises(ValueError, match=match.replace('image 0', 'image 1')):
        refine([image] * 2, [[], poses], predictor=predictor)


# --------------------------------------------------------------------- images
@pytest.mark.parametrize('kind', ['text', 'bgr', 'rgb', 'pil', 'view'])
def test_kinds_of_images(predictor, image, joints, expected, kind) -> None:
    pixels = cv2.imread(str(image))
    given, options = {
        'text': (str(image), {}),
        'bgr': (pixels, {}),
        'rgb': (pixels[..., ::-1].copy(), dict(channel_order='rgb')),
        'pil': (Image.fromarray(pixels[..., ::-1]), {}),
        'view': (np.dstack((pixels, pixels))[..., :3], {}),
    }[kind]
    found = refine(given, joints, predictor=predictor, **options)
    assert_same(found, expected)


@pytest.mark.parametrize('kind', ['2d', '3d', 'pil', 'rgb'])
def test_grey_images(predictor, image, joints, kind) -> None:
    grey = cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)
    wanted = refine(np.dstack([grey] * 3), joints, predictor=predictor)
    given = dict(pil=Image.fromarray(grey)).get(
        kind, grey[..., None] if kind == '3d' else grey)
    order = 'rgb' if kind == 'rgb' else 'bgr'
    assert_same(
        refine(given, joints, predictor=predictor, channel_order=order),
        wanted)


@pytest.mark.parametrize('mode', ['RGBA', 'P', 'L', '1', 'CMYK'])
def test_open_images_of_other_modes(predictor, joints, mode) -> None:
    """Whatever they are, colours come out as Pillow converts them."""
    picture = Image.fromarray(
        np.random.default_rng(0).integers(0, 256, (88, 112, 3), np.uint8))
    picture = picture.convert(mode)
    wanted = np.asarray(picture.convert('RGB'))[..., ::-1].copy()
    assert_same(
        refine(picture, joints, predictor=predictor),
        refine(wanted, joints, predictor=predictor))


@pytest.mark.parametrize(('given', 'match'), [
    (np.zeros((8, 8, 3)), r'image 0 must be .* got float64 \(8, 8, 3\)'),
    (np.zeros((8, 8, 4), np.uint8), r'got uint8 \(8, 8, 4\)'),
    (np.zeros((8, ), np.uint8), r'got uint8 \(8,\)'),
    (np.zeros((0, 8, 3), np.uint8), r'got uint8 \(0, 8, 3\)'),
])
def test_arrays_that_are_no_image(predictor, joints, given, match) -> None:
    with pytest.raises(ValueError, match=match):
        refine(given, joints, predictor=predictor)


def test_what_is_no_image(predictor, joints) -> None:
    with pytest.raises(ValueError, match='image 1 must be .*got NoneType'):
        refine([np.zeros((9, 9), np.uint8), None], [joints, joints],
               predictor=predictor)


def test_missing_image(predictor, joints, tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match=r'gone\.jpg does not exist'):
        refine(tmp_path / 'gone.jpg', joints, predictor=predictor)


def test_unreadable_image(predictor, joints, tmp_path) -> None:
    """Its poses come back as they are."""
    (tmp_path / 'a.jpg').write_text('no image')
    joints[0, 0] = 0
    found = refine(tmp_path / 'a.jpg', joints, predictor=predictor)
    assert {p.code for p in found.problems} == {'image_unreadable'}
    assert not found.refined.any()
    np.testing.assert_array_equal(
        found.keypoints, joints[..., :2].astype(np.float32))
    assert np.nanmax(found.shifts) == 0
    assert np.isnan(found.shifts[0, 0])


# ---------------------------------------------------------------- many images
def test_many_images(predictor, drawn, joints) -> None:
    """Each as it is alone."""
    paths = sorted((drawn / 'images').iterdir())[:3]
    poses = [joints, joints[:0], joints[2:]]
    found = refine(paths, poses, predictor=predictor, batch_size=3)
    assert len(found) == 3
    for path, some, one in zip(paths, poses, found, strict=True):
        assert_same(one, refine(path, some, predictor=predictor), 1e-4)


def test_a_list_of_one_is_a_list(predictor, image, joints, expected) -> None:
    [found] = refine([image], [joints], predictor=predictor)
    assert_same(found, expected)
    assert refine([], [], predictor=predictor) == []


def test_one_array_of_many_images(predictor, image, joints,
                                  expected) -> None:
    found = refine((image, image), np.stack([joints, joints]),
                   predictor=predictor)
    assert_same(found[1], expected, 1e-4)


def test_as_many_poses_as_images(predictor, image, joints) -> None:
    with pytest.raises(ValueError, match='2 images need poses of as many, '
                       'got 1'):
        refine([image, image], [joints], predictor=predictor)


@pytest.mark.parametrize('num_workers', [0, 3])
@pytest.mark.parametrize('batch_size', [1, 64])
def test_batches_and_workers(predictor, image, joints, expected, batch_size,
                             num_workers) -> None:
    found = refine(image, joints, predictor=predictor, batch_size=batch_size,
                   num_workers=num_workers)
    assert_same(found, expected, 1e-4)


@pytest.mark.parametrize(('options', 'match'), [
    (dict(batch_size=0), 'batch_size must be at least 1'),
    (dict(num_workers=-2), 'num_workers must not be negative'),
    (dict(channel_order='gbr'), "channel_order must be one of .*got 'gbr'"),
])
def test_options(predictor, image, joints, options, match) -> None:
    with pytest.raises(ValueError, match=match):
        refine(image, joints, predictor=predictor, **options)


# ---------------------------------------------------------- another skeleton
def test_joint_map() -> None:
    """Joints that the refiner does not know stay; by hand, without network.

    The stub moves keypoints 0 and 1 by (2, 1) and puts back keypoint 2.
    """
    joints = np.array([[[5, 6, .5], [10, 12, .4], [20, 9, .3], [30, 2, .2]]])
    found = refine(
        np.zeros((30, 40), np.uint8), joints, predictor=StubPredictor(),
        joint_map=JointMap([3, 1, -1], 4))
    np.testing.assert_allclose(
        found.keypoints, [[[5, 6], [12, 13], [20, 9], [32, 3]]], atol=1e-4)
    np.testing.assert_allclose(
        found.shifts, [[0, 5**.5, 0, 5**.5]], atol=1e-4)
    np.testing.assert_array_equal(found.confidences, [[0, 1, 0, 1]])
    np.testing.assert_allclose(found.keypoint_scores, joints[..., 2])


def test_joint_map_by_name(predictor, image, joints, expected) -> None:
    """Halpe's first 17 joints are COCO's."""
    more = np.concatenate((joints, joints[:, :9] + 5), 1)
    found = refine(image, more, predictor=predictor, joint_map='halpe26')
    np.testing.assert_allclose(
        found.keypoints[:, :17], expected.keypoints, atol=1e-4)
    np.testing.assert_array_equal(
        found.keypoints[:, 17:], more[:, 17:, :2].astype(np.float32))
    with pytest.raises(ValueError, match=r'\(N, 26, 2\) or \(N, 26, 3\)'):
        refine(image, joints, predictor=predictor, joint_map='halpe26')


def test_pose_without_a_joint_that_the_refiner_knows() -> None:
    joints = np.array([[[5., 6, 1], [0, 0, 0]]])
    found = refine(np.zeros((30, 40), np.uint8), joints,
                   predictor=StubPredictor(),
                   joint_map=JointMap([1, -1, -1], 2))
    assert [p.code for p in found.problems] == ['no_keypoint']
    np.testing.assert_array_equal(found.keypoints, [[[5, 6], [0, 0]]])


# -------------------------------------------------------------------- loading
@pytest.fixture
def loads(monkeypatch):
    """Count what is loaded."""
    found = []

    def load(config, checkpoint, **options):
        time.sleep(.02)  # time enough for other threads to come
        found.append((config, checkpoint, options))
        return StubPredictor()

    monkeypatch.setattr(refine_poses, 'PosePredictor', load)
    refine_poses._kept_predictor.cache_clear()
    yield found
    refine_poses._kept_predictor.cache_clear()


PICTURE = np.zeros((30, 40), np.uint8)
POSE = np.array([[5., 6], [10, 12], [20, 9]])


def test_loaded_once(loads) -> None:
    for _ in range(3):
        refine(PICTURE, POSE)
        refine([PICTURE], [POSE], batch_size=4, num_workers=0)
    assert loads == [(None, None, {})]
    for _ in range(2):
        refine(PICTURE, POSE, config='a', checkpoint='b', flip_test=False)
    assert loads[1:] == [('a', 'b', dict(flip_test=False))]


def test_loaded_once_for_all_threads(loads) -> None:
    barrier = threading.Barrier(6)

    def call(_):
        barrier.wait()
        return refine(PICTURE, POSE).keypoints

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(call, range(6)))
    assert len(loads) == 1
    np.testing.assert_allclose(found[5], [POSE + [[2, 1], [2, 1], [0, 0]]],
                               atol=1e-4)


def test_config_objects_are_not_kept(loads) -> None:
    """Somebody may change them."""
    cfg = Config(dict(a=1))
    for _ in range(2):
        refine(PICTURE, POSE, config=cfg)
        refine(PICTURE, POSE, cfg_options=dict(a=1))
    assert len(loads) == 4


def test_wrong_arguments_are_found_before_loading(loads) -> None:
    with pytest.raises(ValueError, match='channel_order'):
        refine(PICTURE, POSE, channel_order='x')
    with pytest.raises(ValueError, match='2 images'):
        refine([PICTURE] * 2, [POSE])
    assert loads == []


def test_several_threads_share_a_predictor(predictor, image, joints,
                                           expected) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(
            lambda _: refine(image, joints, predictor=predictor), range(8)))
    for one in found:
        assert_same(one, expected)


@pytest.mark.parametrize('absent', [(np.nan, np.nan), (0, 0), (-1, -1)])
def test_an_absent_joint_is_none_of_the_input(predictor, image, joints,
                                              absent) -> None:
    """However it is written, with scores and without: one rule."""
    poses = np.array(joints[..., :2])
    poses[:, 3] = absent
    scores = np.ones((*poses.shape[:2], 1))
    scores[:, 3] = 0
    expected = refine(
        image, np.concatenate((np.nan_to_num(poses), scores), -1),
        predictor=predictor)
    found = refine(image, poses, predictor=predictor)
    assert found.refined.all()
    assert np.isnan(found.shifts[:, 3]).all()
    np.testing.assert_allclose(
        np.delete(found.keypoints, 3, 1),
        np.delete(expected.keypoints, 3, 1), atol=1e-4)
