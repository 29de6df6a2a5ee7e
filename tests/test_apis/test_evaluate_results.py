"""Statistics of results files, and why they are what they are."""

import json
from pathlib import Path
from typing import Any, List

import numpy as np
import orjson
import pytest

from posefix_mm.apis.evaluate_results import (
    NothingEvaluatedError,
    evaluate_results,
)
from posefix_mm.formats.coco import read_results


@pytest.fixture
def truth(people: Path) -> dict:
    return json.loads((people / 'annotations.json').read_text())


def perfect(truth: dict) -> List[dict]:
    return [
        dict(
            image_id=person['image_id'],
            category_id=1,
            keypoints=person['keypoints'],
            score=1 - .001 * i)
        for i, person in enumerate(truth['annotations'])
        if person['num_keypoints']
    ]


def save(folder: Path, content: Any, name: str = 'results.json') -> Path:
    (folder / name).write_text(json.dumps(content))
    return folder / name


def test_before_and_after(people, truth, tmp_path) -> None:
    """Perfect poses against disturbed ones."""
    evaluation = evaluate_results(
        save(tmp_path, perfect(truth)),
        people / 'annotations.json',
        before=people / 'results.json')
    assert evaluation.results['AP'] == pytest.approx(100)
    assert 0 < evaluation.before['AP'] < 100
    assert evaluation.change()['AP'] == pytest.approx(
        100 - evaluation.before['AP'])
    assert evaluation.explanations == evaluation.before_explanations == []


def test_without_before(people) -> None:
    evaluation = evaluate_results(people / 'results.json',
                                  people / 'annotations.json')
    assert (evaluation.before, evaluation.change()) == (None, None)


def test_other_ids_are_read_and_explained(people, truth, tmp_path) -> None:
    """And all of it can be written as JSON."""
    records = perfect(truth)
    for record in records:
        record['image_id'] = str(record['image_id'])
    evaluation = evaluate_results(
        save(tmp_path, records), people / 'annotations.json')
    assert evaluation.results['AP'] == pytest.approx(100)
    written = json.loads(orjson.dumps(evaluation.to_dict()))
    assert [e['code'] for e in written['explanations']] == ['image_id_type']
    assert written['explanations'][0]['count'] == len(records)
    assert written['results']['AP'] == pytest.approx(100)


def test_other_skeleton(people, truth, tmp_path) -> None:
    """CrowdPose has 14 joints: its sigmas are taken."""
    for person in truth['annotations']:
        person['keypoints'] = person['keypoints'][9:]
        person['num_keypoints'] = sum(
            v > 0 for v in person['keypoints'][2::3])
    ann = save(tmp_path, truth, 'annotations.json')
    results = save(tmp_path, perfect(truth))
    evaluation = evaluate_results(results, ann, skeleton='crowdpose')
    assert evaluation.results['AP'] == pytest.approx(100)
    with pytest.raises(ValueError, match='51 numbers.*--skeleton'):
        evaluate_results(results, ann)


def test_reads_what_is_no_json(tmp_path) -> None:
    """NaN is read, broken numbers make a record that is None."""
    path = tmp_path / 'results.json'
    path.write_text('[{"score": NaN}, {"score": 1e999}, {"a": "\t"}, 7]')
    nan, huge, control, seven = read_results(path)
    assert np.isnan(nan['score'])
    assert huge['score'] == np.inf
    assert (control, seven) == (None, 7)


@pytest.mark.parametrize(('text', 'reason'), [
    ('{"images": []}', "an object with 'images'"),
    ('[{"score": 1}', 'not valid JSON'),
    ('[' * 100000, 'nested too deeply'),
])
def test_results_that_are_none(people, tmp_path, text, reason) -> None:
    (tmp_path / 'results.json').write_text(text)
    with pytest.raises(ValueError, match=f'results.json.*{reason}'):
        evaluate_results(tmp_path / 'results.json',
                         people / 'annotations.json')


def test_missing_files(people, tmp_path) -> None:
    for paths in ((tmp_path / 'gone.json', people / 'annotations.json'),
                  (people / 'results.json', tmp_path / 'gone.json')):
        with pytest.raises(FileNotFoundError, match='gone.json'):
            evaluate_results(*paths)


@pytest.mark.parametrize(('place', 'value', 'reason'), [
    (('images', ), None, 'images must be a list'),
    (('annotations', ), [3], 'an annotation must be an object, got 3'),
    (('annotations', ), [], 'no annotation has keypoints'),
    (('images', 0, 'id'), 'a', 'all of them numbers or all of them texts'),
])
def test_annotations_that_are_none(people, truth, tmp_path, place, value,
                                   reason) -> None:
    *path, last = place
    target = truth
    for step in path:
        target = target[step]
    target[last] = value
    ann = save(tmp_path, truth, 'annotations.json')
    with pytest.raises(ValueError, match=f'annotations.json.*{reason}'):
        evaluate_results(people / 'results.json', ann)


def test_annotations_of_another_shape(people, tmp_path) -> None:
    with pytest.raises(ValueError, match='must be an object.*got a list'):
        evaluate_results(people / 'results.json', save(tmp_path, []))


@pytest.mark.parametrize(('field', 'value', 'reason'), [
    ('bbox', [1, 2, 3], 'must have 4 numbers as bbox, got 3'),
    ('bbox', 'wide', "must have 4 numbers as bbox, got 'wide'"),
    ('area', None, 'area must be a number, got None'),
    ('image_id', [1], 'image_id must be'),
    ('keypoints', ['x'] * 51, 'must have 51 numbers'),
    ('keypoints', [], 'must have 51 numbers as keypoints, got 0'),
    ('keypoints', [1, 2, 2] * 4, 'must have 51 numbers as keypoints, got 12'),
])
def test_one_odd_annotation_is_left_out(people, truth, tmp_path, field, value,
                                        reason) -> None:
    results = save(tmp_path, perfect(truth)[1:])
    truth['annotations'][0][field] = value
    evaluation = evaluate_results(
        results, save(tmp_path, truth, 'annotations.json'))
    assert evaluation.results['AP'] == pytest.approx(100)
    explanation = next(e for e in evaluation.explanations
                       if e.code == 'annotations_skipped')
    assert explanation.count == 1
    assert reason in explanation.text


def test_people_without_num_keypoints_count(people, truth, tmp_path) -> None:
    results = save(tmp_path, perfect(truth))
    for person in truth['annotations']:
        person['num_keypoints'] = 0
    evaluation = evaluate_results(
        results,
        save(tmp_path, truth, 'annotations.json'))
    assert evaluation.results['AP'] == pytest.approx(100)
    assert [e.code for e in evaluation.explanations] == ['num_keypoints_zero']


def test_a_category_without_results_is_named(people, truth, tmp_path) -> None:
    """AP is the mean over categories, one of which has 0."""
    results = save(tmp_path, perfect(truth))
    truth['categories'].append(dict(id=2, name='child'))
    truth['annotations'][0]['category_id'] = 2
    evaluation = evaluate_results(
        results, save(tmp_path, truth, 'annotations.json'))
    assert evaluation.results['AP'] < 51
    assert 'category_without_results' in [
        e.code for e in evaluation.explanations]


@pytest.mark.parametrize('value', ['1', 1.])
def test_categories_written_otherwise(people, truth, tmp_path,
                                      value) -> None:
    records = perfect(truth)
    for record in records:
        record['category_id'] = value
    evaluation = evaluate_results(
        save(tmp_path, records), people / 'annotations.json')
    assert evaluation.results['AP'] == pytest.approx(100)


def test_other_formats(people, truth, tmp_path) -> None:
    """OpenPose's folder, by names of the images."""
    from posefix_mm.apis.convert_poses import convert_poses
    results = save(tmp_path, perfect(truth))
    convert_poses(results, tmp_path / 'alpha.json', 'alphapose',
                  ann=people / 'annotations.json')
    evaluation = evaluate_results(
        tmp_path / 'alpha.json', people / 'annotations.json')
    assert evaluation.results['AP'] == pytest.approx(100)


def test_annotations_are_no_results_of_themselves(people) -> None:
    with pytest.raises(ValueError, match='both as the poses and as the annot'):
        evaluate_results(people / 'annotations.json',
                         people / 'annotations.json')


def test_the_reason_why_a_pose_is_not_read_is_told(truth, tmp_path) -> None:
    """Shares of images whose sizes nobody tells."""
    (tmp_path / 'labels').mkdir()
    for image in truth['images']:
        del image['width'], image['height']
        (tmp_path / 'labels' / f'{Path(image["file_name"]).stem}.txt'
         ).write_text('0 .5 .5 .2 .2 ' + ' '.join(['.5 .5 .9'] * 17))
    with pytest.raises(NothingEvaluatedError, match='malformed_record.*record '
                       "0: 'the size of its image is not known'"):
        evaluate_results(
            tmp_path / 'labels', save(tmp_path, truth, 'annotations.json'))


@pytest.mark.parametrize(('changes', 'code'), [
    (dict(image_id='elsewhere.jpg'), 'image_id_unknown'),
    (dict(category_id=None), 'malformed_record'),
    (dict(keypoints=[1, 2, 1] * 16), 'keypoint_count'),
    (dict(score=None), 'malformed_record'),
    (dict(keypoints=[None] * 51), 'keypoints_not_finite'),
    (None, 'no_results'),
])
def test_nothing_that_can_be_compared(people, truth, tmp_path, changes,
                                      code) -> None:
    records = [] if changes is None else [
        dict(record, **changes) for record in perfect(truth)]
    with pytest.raises(NothingEvaluatedError, match=f'none of the '
                       f'{len(records)} poses of .*results.json.*\n  {code} '):
        evaluate_results(
            save(tmp_path, records), people / 'annotations.json')


def test_poses_that_are_wrong_can_be_compared(people, truth,
                                              tmp_path) -> None:
    records = [dict(record, keypoints=[1, 2, 1] * 17)
               for record in perfect(truth)]
    evaluation = evaluate_results(
        save(tmp_path, records), people / 'annotations.json')
    assert evaluation.results['AP'] == 0
    assert evaluation.explanations


def test_fields_that_are_left_out(people, truth, tmp_path) -> None:
    """As `posefix refine` reads records; that scores are lacking is said."""
    names = {i['id']: i['file_name'] for i in truth['images']}
    records = [dict(image_file=names[record['image_id']],
                    keypoints=record['keypoints'])
               for record in perfect(truth)]
    evaluation = evaluate_results(
        save(tmp_path, records), people / 'annotations.json')
    assert evaluation.results['AP'] == pytest.approx(100)
    assert [e.code for e in evaluation.explanations] == [
        'scores_equal', 'image_id_is_file_name']


@pytest.mark.parametrize('width', [2, 3])
@pytest.mark.parametrize('nested', [False, True])
def test_keypoints_in_other_layouts(people, truth, tmp_path, width,
                                    nested) -> None:
    """As they are refined, and without a complaint."""
    records = perfect(truth)
    for record in records:
        pose = np.reshape(record['keypoints'], (17, 3))[:, :width]
        record['keypoints'] = pose.tolist() if nested \
            else pose.ravel().tolist()
    evaluation = evaluate_results(
        save(tmp_path, records), people / 'annotations.json')
    assert evaluation.results['AP'] == pytest.approx(100)
    assert evaluation.explanations == []
