"""One constructed fault for each explanation, and none without fault."""

import copy
import math
from typing import Any, Callable, List

import numpy as np
import pytest

from posefix_mm.diagnosis import load_skeleton
from posefix_mm.evaluation.explain_mismatch import Explanation, explain
from posefix_mm.evaluation.explain_mismatch.coordinates import _Pairs

COCO = load_skeleton('coco')
K = 17
SIZE = (640, 480)
# a standing person, in shares of the box
STANDING = np.array([(.5, .08), (.54, .05), (.46, .05), (.6, .08), (.4, .08),
                     (.7, .2), (.3, .2), (.85, .35), (.15, .35), (.95, .5),
                     (.05, .5), (.62, .55), (.38, .55), (.64, .75),
                     (.36, .75), (.66, .97), (.34, .97)])


def make_people(num_images: int, seed: int = 0) -> dict:
    """One or two people in each image, ids from 1, images from 101."""
    rng = np.random.default_rng(seed)
    annotations = []
    for image_id in range(101, 101 + num_images):
        for _ in range(rng.integers(1, 3)):
            width, height = rng.uniform((80, 160), (160, 300))
            x, y = rng.uniform((0, 0), np.subtract(SIZE, (width, height)))
            pose = np.full((K, 3), 2.)
            pose[:, :2] = (x, y) + STANDING * (width, height)
            pose[:, :2] += rng.normal(0, 5, (K, 2))
            annotations.append(
                dict(
                    id=len(annotations) + 1,
                    image_id=image_id,
                    category_id=1,
                    keypoints=pose.ravel().tolist(),
                    num_keypoints=K,
                    bbox=[x, y, width, height],
                    area=.5 * width * height,
                    iscrowd=0))
    images = [
        dict(
            id=i, file_name=f'photo_{i + 7000:06d}.jpg', width=SIZE[0],
            height=SIZE[1]) for i in range(101, 101 + num_images)
    ]
    return dict(
        images=images,
        annotations=annotations,
        categories=[dict(id=1, name='person')])


def estimate(annotations: dict) -> List[dict]:
    """Poses as a good estimator gives them."""
    rng = np.random.default_rng(1)
    results = []
    for person in annotations['annotations']:
        pose = np.array(person['keypoints']).reshape(K, 3)
        pose[:, :2] += rng.normal(0, 2, (K, 2))
        pose[:, 2] = rng.uniform(.3, 1, K)
        results.append(
            dict(
                image_id=person['image_id'],
                category_id=1,
                keypoints=pose.ravel().tolist(),
                score=float(pose[:, 2].mean())))
    return results


@pytest.fixture
def annotations() -> dict:
    return make_people(12)


@pytest.fixture
def results(annotations: dict) -> List[dict]:
    return estimate(annotations)


def change_poses(results: List[dict],
                 change: Callable[[np.ndarray], None]) -> None:
    for record in results:
        pose = np.array(record['keypoints']).reshape(-1, 3)
        change(pose)
        record['keypoints'] = pose.ravel().tolist()


def only(explanations: List[Explanation]) -> Explanation:
    """There must be one; it is checked in general."""
    assert [e.code for e in explanations] == [explanations[0].code]
    explanation = explanations[0]
    assert explanation.count <= explanation.total
    assert explanation.remedy
    assert str(explanation).startswith(f'{explanation.code} (')
    return explanation


def test_nothing_to_explain(annotations, results) -> None:
    assert explain(annotations, results, COCO) == []


@pytest.mark.parametrize(('change', 'code', 'example'), [
    (str, 'image_id_type', "'101' for the image with the id 101"),
    (float, 'image_id_type', '101.0 for the image with the id 101'),
    (lambda i: f'photo_{i + 7000:06d}.jpg', 'image_id_is_file_name',
     "'photo_007101.jpg' for the image with the id 101"),
    (lambda i: f'photo_{i + 7000:06d}', 'image_id_is_file_name',
     "'photo_007101' for the image with the id 101"),
    (lambda i: i + 7000, 'image_id_is_file_number',
     '7101 for the image with the id 101'),
    (lambda i: i + 500000, 'image_id_unknown',
     'such as 500101; listed are 101, 102, 103'),
])
def test_image_ids(annotations, results, change, code, example) -> None:
    for record in results:
        record['image_id'] = change(record['image_id'])
    explanation = only(explain(annotations, results, COCO))
    assert explanation.code == code
    assert (explanation.count, explanation.total) == (len(results), ) * 2
    assert example in explanation.text


def test_ids_of_the_annotations_as_text(annotations, results) -> None:
    for image in annotations['images']:
        image['id'] = str(image['id'])
    for person in annotations['annotations']:
        person['image_id'] = str(person['image_id'])
    explanation = only(explain(annotations, results, COCO))
    assert explanation.code == 'image_id_type'
    assert "write '101' instead of 101" in explanation.remedy


def test_some_images_unknown(annotations, results) -> None:
    """30% of the results; then those images lack results as well."""
    for record in results:
        if record['image_id'] <= 104:
            record['image_id'] += 900
    unknown, empty = explain(annotations, results, COCO)
    moved = sum(r['image_id'] > 1000 for r in results)
    assert (unknown.code, unknown.count) == ('image_id_unknown', moved)
    assert 0 < moved < unknown.total == len(results)
    assert 'leave these results out' in unknown.remedy
    assert (empty.code, empty.count, empty.total) == (
        'images_without_results', 4, 12)


def test_second_fault_behind_ids(annotations, results) -> None:
    """Ids as text do not hide that the coordinates are wrong."""
    for record in results:
        record['image_id'] = str(record['image_id'])
    change_poses(results, lambda pose: pose.__setitem__(
        (slice(None), slice(2)), pose[:, 1::-1].copy()))
    codes = [e.code for e in explain(annotations, results, COCO)]
    assert codes == ['image_id_type', 'xy_exchanged']


@pytest.mark.parametrize('category', ['1', 1., ' 1.0'])
def test_a_category_written_otherwise(annotations, results, category) -> None:
    for record in results:
        record['category_id'] = category
    assert explain(annotations, results, COCO) == []


def test_categories_that_are_no_numbers(annotations, results) -> None:
    for person in annotations['annotations']:
        person['category_id'] = 'person'
    explanation = only(explain(annotations, results, COCO))
    assert 'category none that is a number' in explanation.text


def test_categories(annotations, results) -> None:
    for record in results[:3]:
        record['category_id'] = 0
    explanation = only(explain(annotations, results, COCO))
    assert (explanation.code, explanation.count) == ('category_id', 3)
    assert 'of category 0, annotated poses of category 1' in explanation.text


@pytest.mark.parametrize(('shape', 'said', 'remedy'), [
    ((26, 3), '78 numbers (26 joints)', '--skeleton'),
    ((17, 2), '34 numbers (x and y alone)', 'write a score'),
    ((10, 1), '10 numbers (no triples)', 'x, y, score'),
])
def test_keypoint_count(annotations, results, shape, said, remedy) -> None:
    for record in results:
        record['keypoints'] = np.ones(shape).ravel().tolist()
    explanation = only(explain(annotations, results, COCO))
    assert (explanation.code, explanation.count) == ('keypoint_count',
                                                     len(results))
    assert said in explanation.text
    assert '17 joints, that is 51 numbers' in explanation.text
    assert remedy in explanation.remedy


@pytest.mark.parametrize('broken', [
    'text', None, {}, {'keypoints': 3}, {'score': '0.5'},
    {'category_id': None}, {'keypoints': [[1, 2, 3]] * 17}
])
def test_malformed_records(annotations, results, broken: Any) -> None:
    """Fields are replaced in a good record; {} loses all."""
    if isinstance(broken, dict) and broken:
        broken = {**results[4], **broken}
    explanation = explain(annotations, [*results, broken], COCO)[0]
    assert (explanation.code, explanation.count, explanation.total) == (
        'malformed_record', 1, len(results) + 1)
    assert f'record {len(results)}:' in explanation.text


@pytest.mark.parametrize(('change', 'code', 'said'), [
    (lambda pose, record: pose / (*SIZE, 1), 'coordinates_normalised',
     'by the width'),
    (lambda pose, record: pose * ([.3 + .1 * (record['image_id'] - 101)] * 2
                                  + [1]),
     'coordinates_scaled_by_image', 'undo the resizing'),
    (lambda pose, record: pose[:, [1, 0, 2]], 'xy_exchanged',
     '100% of the people'),
    (lambda pose, record: pose[COCO['flip_indices']], 'left_right_exchanged',
     'in the order of the annotated skeleton'),
    (lambda pose, record: pose + (0, 80, 0), 'coordinates_shifted',
     'to x and -80 to y'),
    (lambda pose, record: pose - (*record['corner'], 0), 'coordinates_of_crop',
     'add the corner of the box'),
])
def test_coordinates(annotations, results, change, code, said) -> None:
    for record, person in zip(
            results, annotations['annotations'], strict=True):
        pose = np.array(record['keypoints']).reshape(K, 3)
        record['keypoints'] = change(
            pose, dict(record, corner=person['bbox'][:2])).ravel().tolist()
    explanation = only(explain(annotations, results, COCO))
    assert (explanation.code, explanation.count) == (code, len(results))
    assert said in str(explanation)


def test_some_normalised(annotations, results) -> None:
    """The others are not blamed."""
    def divide(pose: np.ndarray) -> None:
        pose[:, :2] /= SIZE

    change_poses(results[:5], divide)
    explanation = only(explain(annotations, results, COCO))
    assert (explanation.code, explanation.count) == ('coordinates_normalised',
                                                     5)


@pytest.mark.parametrize(('factor', 'remedy'), [
    ((.5, .5), 'multiply x and y by 2'),
    ((2.5, 2.5), 'multiply x and y by 0.4'),
    ((640 / 192, 480 / 256), 'multiply x by 0.3 and y by 0.533'),
])
def test_scaled(annotations, results, factor, remedy) -> None:
    def scale(pose: np.ndarray) -> None:
        pose[:, :2] *= factor

    change_poses(results, scale)
    explanation = only(explain(annotations, results, COCO))
    assert (explanation.code, explanation.count) == ('coordinates_scaled',
                                                     len(results))
    found = [float(w) for w in explanation.remedy.replace(' and', '').split()
             if w[0].isdigit()]
    wanted = [float(w) for w in remedy.replace(' and', '').split()
              if w[0].isdigit()]
    assert found == pytest.approx(wanted, rel=.02)
    assert explanation.remedy.startswith(remedy.split(' by ')[0])


def test_outside_image(annotations, results) -> None:
    """Two records only: no change of all coordinates explains that."""
    def move(pose: np.ndarray) -> None:
        pose[:, :2] += (700, 0)

    change_poses(results[3:5], move)
    explanation = only(explain(annotations, results, COCO))
    assert (explanation.code, explanation.count) == ('outside_image', 2)
    assert 'record 3:' in explanation.text
    assert '640 x 480 pixels' in explanation.text


@pytest.mark.parametrize('side', [0, -1, None])
def test_images_of_unknown_size(annotations, results, side) -> None:
    for image in annotations['images']:
        image.update(width=side, height=side)
    assert explain(annotations, results, COCO) == []


def test_ids_of_other_images(annotations, results) -> None:
    """The ids exist, but the files have these numbers in another order."""
    for image in annotations['images']:
        image['file_name'] = f'{213 - image["id"]:06d}.jpg'
    for record in results:
        record['image_id'] = 213 - record['image_id']
    explanation = only(explain(annotations, results, COCO))
    assert explanation.code == 'image_id_is_file_number'
    assert '100% of the people' in explanation.text


def test_far_from_everybody(annotations, results) -> None:
    """Nothing wrong but the poses: that is said as well."""
    rng = np.random.default_rng(0)
    for record in results:
        pose = np.column_stack((rng.uniform((0, 0), SIZE, (K, 2)), np.ones(K)))
        record['keypoints'] = pose.ravel().tolist()
    explanation = only(explain(annotations, results, COCO))
    assert explanation.code == 'poses_far'
    assert "'photo_007101.jpg'" in explanation.remedy


def test_poor_poses_are_not_blamed_on_the_files(annotations, results) -> None:
    """A tenth of the people is found: that is the estimator."""
    rng = np.random.default_rng(0)

    def disturb(pose: np.ndarray) -> None:
        pose[:, :2] += rng.normal(0, 35, (K, 2))

    change_poses(results[2:], disturb)
    assert explain(annotations, results, COCO) == []


@pytest.mark.parametrize(('field', 'value', 'code'), [
    ('area', 0, 'area_not_positive'),
    ('area', None, 'area_not_positive'),
    ('area', -5., 'area_not_positive'),
    ('area', 'delete', 'area_missing'),
    ('area', 'box', 'area_is_box'),
    ('iscrowd', 1, 'only_crowds'),
    ('id', 0, 'annotation_id'),
    ('id', 'a', 'annotation_id'),
    ('image_id', 5, 'annotations_without_image'),
    ('keypoints', [], 'no_annotated_pose'),
])
def test_annotations(annotations, results, field, value, code) -> None:
    people = annotations['annotations']
    for person in people:
        if value == 'delete':
            del person[field]
        elif value == 'box':
            person[field] = person['bbox'][2] * person['bbox'][3]
        else:
            person[field] = value
    explanation = only(explain(annotations, results, COCO))
    assert (explanation.code, explanation.count) == (code, len(people))


def test_no_joint_annotated(annotations, results) -> None:
    for person in annotations['annotations']:
        person['keypoints'][2::3] = [0] * K
    explanation = only(explain(annotations, results, COCO))
    assert explanation.code == 'no_joint_annotated'


@pytest.mark.parametrize(('score', 'code'), [
    (.5, 'scores_equal'), (0, 'scores_zero'), (math.nan, 'score_not_finite'),
    (math.inf, 'score_not_finite')
])
def test_scores(annotations, results, score, code) -> None:
    for record in results:
        record['score'] = score
    explanation = only(explain(annotations, results, COCO))
    assert (explanation.code, explanation.count) == (code, len(results))


def test_not_finite(annotations, results) -> None:
    results[2]['keypoints'][7] = math.nan
    results[6]['keypoints'][0] = -math.inf
    explanation = only(explain(annotations, results, COCO))
    assert (explanation.code, explanation.count) == ('keypoints_not_finite', 2)
    assert 'record 2;' in explanation.text


def test_duplicates(annotations, results) -> None:
    again = copy.deepcopy(results[1:3])
    again[0]['score'] = .01
    explanation = only(explain(annotations, [*results, *again], COCO))
    assert (explanation.code, explanation.count) == ('duplicates', 2)
    assert f'records 1 and {len(results)};' in explanation.text


def test_more_than_twenty(annotations, results) -> None:
    """23 results in an image, 3 of them do not count."""
    crowd = []
    while sum(r['image_id'] == 101 for r in (*results, *crowd)) < 23:
        crowd.append(copy.deepcopy(results[0]))
        crowd[-1]['keypoints'][0] += len(crowd)
    explanation = only(explain(annotations, [*results, *crowd], COCO))
    assert (explanation.code, explanation.count) == ('more_than_20', 3)
    assert 'up to 23 of image 101' in explanation.text


def test_no_results(annotations) -> None:
    explanation = explain(annotations, [], COCO)[0]
    assert explanation.code == 'no_results'


@pytest.mark.parametrize('content', [
    {}, dict(images=3, annotations='x'), dict(images=[3, {}, {'id': [1]}],
                                              annotations=[None, {}]),
    dict(images=[], annotations=[{'keypoints': [1] * 51, 'image_id': []}]),
])
def test_annotations_of_any_kind(content, results) -> None:
    codes = [e.code for e in explain(content, results, COCO)]
    assert codes[0] == 'image_id_unknown'


def test_huge_numbers(annotations, results) -> None:
    """JSON knows integers of any length."""
    results[0]['keypoints'][0] = 10**400
    results[1]['score'] = 10**400
    codes = [e.code for e in explain(annotations, results, COCO)]
    assert codes == ['keypoints_not_finite', 'score_not_finite']


def test_many_records_are_sampled(monkeypatch) -> None:
    """Of 20,000, only the pairs of 400 images are compared, each once."""
    compared = []
    oks = _Pairs.oks
    monkeypatch.setattr(
        _Pairs, 'oks',
        lambda self, found: compared.append(len(found)) or oks(self, found))
    annotations = make_people(13300)
    results = estimate(annotations)
    assert len(results) > 19000
    assert explain(annotations, results, COCO) == []
    assert compared == [1048]
