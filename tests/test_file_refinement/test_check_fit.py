"""Poses, refiner and pictures are checked before and reported after."""

import json
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import List

import cv2
import numpy as np
import pytest
from PIL import Image

from posefix_mm.apis import NothingRefinedError
from posefix_mm.file_refinement.check_fit import describe_fit, open_fitting
from posefix_mm.file_refinement.refine_summary import RefineSummary
from posefix_mm.images.image_finder import ImageFinder
from posefix_mm.images.image_source import ImageSource
from posefix_mm.structures.pose_records import Problem

NAMES = ['nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear',
         'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow',
         'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee',
         'right_knee', 'left_ankle', 'right_ankle']
HANDS = [n.replace('wrist', 'hand').replace('ankle', 'foot') for n in NAMES]
# AP-10K's: as many joints, 11 of them of the same name
ANTELOPE = ['left_eye', 'right_eye', 'nose', 'neck', 'root_of_tail',
            'left_shoulder', 'left_elbow', 'left_front_paw', 'right_shoulder',
            'right_elbow', 'right_front_paw', 'left_hip', 'left_knee',
            'left_back_paw', 'right_hip', 'right_knee', 'right_back_paw']
PERSON = SimpleNamespace(
    keypoint_names=NAMES, num_keypoints=17, categories=(1, ))
ANIMAL = SimpleNamespace(
    keypoint_names=ANTELOPE, num_keypoints=17, categories=None)


def write(tmp_path, content) -> Path:
    (tmp_path / 'poses.json').write_text(json.dumps(content))
    return tmp_path / 'poses.json'


def pose(category) -> dict:
    return dict(image_id=1, category_id=category, keypoints=[5, 6, 1] * 17,
                score=1.)


# ----------------------------------------------------------------- categories
@pytest.mark.parametrize(('given', 'chosen'), [
    ([1, 1], (1, )), ([0, 0], [0]), ([2], [2]), ([1., '1', '1.0'], (1, )),
    (['2', 2.], [2]), ([0, 1], (1, )), ([3, 4], (1, ))])
def test_category_of_results(tmp_path, given, chosen) -> None:
    """The only one of the file, else the refiner's."""
    path = write(tmp_path, [pose(category) for category in given])
    fitting = open_fitting(PERSON, path)
    assert fitting.chosen.ids == chosen
    refined = [r.problem is None for r in fitting.file.read(range(len(given)))]
    assert refined == [float(c) in map(float, chosen) for c in given]


def test_the_user_chooses(tmp_path) -> None:
    path = write(tmp_path, [pose(0), pose(7)])
    assert open_fitting(PERSON, path, categories=[7]).chosen.ids == [7]


@pytest.mark.parametrize(('categories', 'predictor', 'chosen'), [
    ({1: [], 2: NAMES}, PERSON, [2]),
    ({0: NAMES}, PERSON, [0]),
    ({1: HANDS, 2: []}, PERSON, [1]),
    ({5: NAMES, 1: NAMES}, PERSON, [1]),
    ({1: NAMES, 8: ANTELOPE}, PERSON, [1]),
    ({1: NAMES, 8: ANTELOPE, 9: ANTELOPE}, ANIMAL, [8, 9]),
])
def test_category_with_the_joints_of_the_refiner(tmp_path, categories,
                                                 predictor, chosen) -> None:
    described = [dict(id=i, name=f'n{i}', keypoints=names)
                 for i, names in categories.items()]
    annotations = [pose(i) for i in categories]
    path = write(tmp_path, dict(images=[dict(id=1, file_name='1.jpg')],
                                annotations=annotations,
                                categories=described))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        fitting = open_fitting(predictor, path)
    assert fitting.chosen.ids == chosen
    hands = categories.get(chosen[0]) is HANDS
    assert any('left_wrist' in str(w.message) for w in caught) == hands
    # the same of a results file, described by its annotations
    path = write(tmp_path, annotations)
    fitting = open_fitting(predictor, path, described=described)
    assert fitting.chosen.ids == chosen


@pytest.mark.parametrize('results', [False, True])
def test_another_kind_of_body_is_no_person(tmp_path, results) -> None:
    described = [dict(id=1, name='antelope', keypoints=ANTELOPE)]
    content = dict(images=[], annotations=[pose(1)], categories=described)
    path = write(tmp_path, [pose(1)] if results else content)
    with pytest.raises(ValueError, match='antelope.*--joint-map'):
        open_fitting(PERSON, path, described=described)
    fitting = open_fitting(
        PERSON, path, described=described, joint_map='identity')
    assert fitting.chosen.ids == [1]


def test_categories_around_results(tmp_path) -> None:
    described = [dict(id=1, name='antelope', keypoints=ANTELOPE)]
    path = write(tmp_path, dict(predictions=[pose(1)], categories=described))
    with pytest.raises(ValueError, match='antelope.*--joint-map'):
        open_fitting(PERSON, path)


# ------------------------------------------------------------------- pictures
@pytest.fixture
def one_image(drawn, content, records, tmp_path) -> dict:
    """Poses of one picture, and that in a folder of its own."""
    image = content['images'][0]
    (tmp_path / 'images').mkdir()
    pixels = cv2.imread(str(drawn / 'images' / image['file_name']))
    given = [r for r in records if r['image_id'] == image['id']]
    assert given and (image['width'], image['height']) == (112, 88)
    ann = tmp_path / 'ann.json'
    ann.write_text(json.dumps(dict(content, images=[image], annotations=[
        a for a in content['annotations'] if a['image_id'] == image['id']])))
    return dict(pixels=pixels, path=tmp_path / 'images' / image['file_name'],
                options=dict(img_dir=tmp_path / 'images', ann=ann),
                records=given)


def poses_of(output: List[dict]) -> np.ndarray:
    return np.array([r['keypoints'] for r in output]).reshape(-1, 17, 3)


def test_a_larger_picture_is_scaled(refine, one_image) -> None:
    """Twice the annotated size: the same poses as with the small one."""
    pixels, path = one_image['pixels'], one_image['path']
    cv2.imwrite(str(path), pixels)
    expected, _ = refine(one_image['records'], **one_image['options'])
    cv2.imwrite(str(path), cv2.resize(
        pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    output, summary = refine(one_image['records'], **one_image['options'])
    assert summary.refined == len(output)
    assert 'pictures are 2 times the size' in summary.fit[3]
    moved = np.abs(poses_of(output) - poses_of(expected))[..., :2]
    assert np.median(moved) < 2


def test_a_picture_of_another_shape_is_refused(refine, one_image) -> None:
    cv2.imwrite(str(one_image['path']), one_image['pixels'][:60])
    with pytest.raises(NothingRefinedError, match='image_size_differs.*112 x '
                       '60.*--img-dir'):
        refine(one_image['records'], **one_image['options'])


def test_poses_of_a_picture_that_exif_turns(refine, one_image) -> None:
    """The annotated size tells that the estimator saw it as it is stored."""
    pixels, path = one_image['pixels'], one_image['path']
    cv2.imwrite(str(path.with_suffix('.png')), pixels)
    path.unlink(missing_ok=True)
    stored = Image.fromarray(np.ascontiguousarray(pixels[..., ::-1]))
    exif = Image.Exif()
    exif[0x0112] = 6
    stored.save(path, quality=98, exif=exif)
    path.with_suffix('.png').unlink()
    output, summary = refine(one_image['records'], **one_image['options'])
    assert summary.refined == len(output)
    stored.save(path, quality=98)
    expected, _ = refine(one_image['records'], **one_image['options'])
    np.testing.assert_array_equal(poses_of(output), poses_of(expected))


def test_poses_off_the_picture_stay(refine, one_image) -> None:
    cv2.imwrite(str(one_image['path']), one_image['pixels'])
    good = one_image['records'][0]
    away = np.array(good['keypoints']).reshape(17, 3)
    away[:9, 0] += 500
    far = dict(good, keypoints=away.ravel().tolist())
    output, summary = refine([good, far], **one_image['options'])
    assert output[1] == far and output[0] != good
    assert summary.codes == {'outside_image': 1}


# -------------------------------------------------------------------- reports
def test_four_lines_before_the_work(refine, records) -> None:
    told: List[str] = []
    _, summary = refine(records, announce=told.append)
    assert told == summary.fit
    assert [line.split(':')[0] for line in told] == [
        'format', 'joints', 'category', 'pictures']
    assert 'coco-results' in told[0] and f'{len(records)} poses' in told[0]
    assert '4 of 4 found' in told[3]


def test_a_refined_file_is_recognised(refine, records, tmp_path) -> None:
    """By the log that is its own; other poses of its name are not."""
    out = tmp_path / 'refined.json'
    refine(records, out=out)
    _, summary = refine([], poses=out)
    assert f'refined before (see {out}.log.jsonl)' in summary.fit[-1]
    out.write_text(json.dumps(records))
    assert len(refine([], poses=out)[1].fit) == 4


def test_a_refined_file_without_its_log(refine, records) -> None:
    given = [dict(r, score_before=.5, predicted_oks=.9) for r in records]
    _, summary = refine(given)
    assert 'refined before (see predicted_oks and score_before)' \
        in summary.fit[-1]


def test_shares_of_the_picture_are_no_pixels(refine, records) -> None:
    shares = np.array(records[0]['keypoints']).reshape(17, 3)
    shares[:, :2] /= 112, 88
    given = dict(records[0], keypoints=shares.ravel().tolist())
    output, summary = refine([given, records[1]])
    assert output[0] == given and output[1] != records[1]
    assert summary.codes == {'coordinates_normalised': 1}
    assert 'multiply x by the width' in summary.remedies()[0]


@pytest.mark.parametrize(('code', 'text', 'remedy'), [
    ('keypoint_count', 'keypoints must hold 51 numbers (x, y, score of 17 '
     'keypoints), got 78', '78 numbers: --joint-map halpe26'),
    ('keypoint_count', 'a pose must have 17 joints, got 26',
     '--joint-map halpe26'),
    ('image_missing', 'x', '--img-dir'),
    ('keypoint_count', 'keypoints must hold 51 numbers, got 0',
     'nothing in them'),
    ('keypoints', 'keypoints must be a list, got None', 'boxes and masks'),
    ('category', 'category 2 is not refined', '--categories'),
    ('category', "category 'person' is not refined", 'write the number'),
])
def test_a_remedy_for_each_code(code, text, remedy) -> None:
    summary = RefineSummary(
        total=3, unrefined={0: Problem(code, text), 2: Problem(code, text)},
        codes={code: 2})
    line, = summary.remedies()
    assert line.startswith(f'2 x {code}: {text}')
    assert remedy in line


def test_frames_in_any_order(refine, drawn, records, tmp_path) -> None:
    """The same poses, however the file is sorted and many threads load."""
    paths = sorted((drawn / 'images').iterdir())
    (tmp_path / 'videos').mkdir()
    writer = cv2.VideoWriter(
        str(tmp_path / 'videos' / 'walk.avi'),
        cv2.VideoWriter_fourcc(*'MJPG'), 10, (112, 88))
    for number in range(40):
        pixels = cv2.imread(str(paths[number % len(paths)]))
        writer.write(np.roll(cv2.resize(pixels, (112, 88)), 2 * number, 1))
    writer.release()
    given = [dict(records[0], image_id=f'walk_{k:06d}') for k in range(40)]
    options = dict(img_dir=tmp_path / 'videos', ann=None)
    expected, summary = refine(given, **options)
    assert summary.refined == 40
    assert len({str(r['keypoints']) for r in expected}) == 40
    order = np.random.default_rng(0).permutation(40)
    for num_workers in (0, 3):
        found, _ = refine([given[i] for i in order], num_workers=num_workers,
                          batch_size=2, **options)
        for place, index in enumerate(order):
            np.testing.assert_allclose(
                found[place]['keypoints'], expected[index]['keypoints'],
                atol=.01)
            assert found[place]['image_id'] == f'walk_{index:06d}'


@pytest.mark.parametrize(('scale', 'sizes', 'count', 'told'), [
    (.5, 5, 24, True),
    (.55, 5, 24, False),  # some reach into the other half
    (1., 5, 24, False),
    (.5, 1, 24, False),  # one camera
    (.5, 5, 16, False),  # too few
])
def test_poses_of_pictures_of_half_the_size(tmp_path, scale, sizes, count,
                                            told) -> None:
    rng, records = np.random.default_rng(0), []
    for number in range(count):
        size = 60 + 8 * (number % sizes), 50
        Image.new('RGB', size).save(tmp_path / f'{number:03d}.png')
        joints = np.column_stack((rng.uniform(0, size, (17, 2)) * scale,
                                  np.ones(17)))
        records.append(dict(pose(1), image_id=number,
                            keypoints=joints.ravel().tolist()))
    fitting = open_fitting(PERSON, write(tmp_path, records))
    told_as = 'all poses lie in the upper left quarter'
    for images, expected in ((None, told), ([
            dict(id=n, file_name=f'{n:03d}.png', height=50,
                 width=60 + 8 * (n % sizes)) for n in range(count)], False)):
        source = ImageSource(ImageFinder(tmp_path, images), num_kept=1)
        lines = describe_fit(fitting, PERSON, source)
        assert any(told_as in line for line in lines) == expected
