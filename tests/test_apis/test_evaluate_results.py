"""Statistics of results files, and why they are what they are."""

import json
from pathlib import Path
from typing import Any, List

import numpy as np
import orjson
import pytest

from posefix_mm.apis.evaluate_results import evaluate_results, read_results


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


def test_zero_is_explained(people, truth, tmp_path) -> None:
    """And all of it can be written as JSON."""
    records = perfect(truth)
    for record in records:
        record['image_id'] = str(record['image_id'])
    evaluation = evaluate_results(
        save(tmp_path, records), people / 'annotations.json')
    assert evaluation.results['AP'] == 0
    written = json.loads(orjson.dumps(evaluation.to_dict()))
    assert [e['code'] for e in written['explanations']] == ['image_id_type']
    assert written['explanations'][0]['count'] == len(records)
    assert written['results']['AP'] == 0


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
    ('{"annotations": []}', 'must hold a list'),
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
    (('annotations', ), [3], 'annotations must be a list of objects'),
    (('annotations', ), [], 'no annotation has keypoints'),
    (('images', 0, 'id'), 'a', 'all of them numbers or all of them texts'),
    (('annotations', 0, 'bbox'), [1, 2, 3],
     'must have 4 numbers as bbox, got 3'),
    (('annotations', 0, 'bbox'), 'wide',
     "must have 4 numbers as bbox, got 'wide'"),
    (('annotations', 0, 'area'), None, 'area must be a number, got None'),
    (('annotations', 0, 'image_id'), [1], 'image_id must be'),
    (('annotations', 0, 'keypoints'), ['x'] * 51, 'must have 51 numbers'),
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
