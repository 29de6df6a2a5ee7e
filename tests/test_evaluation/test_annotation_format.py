"""Annotations that pycocotools would stumble over."""

import copy

import pytest

from posefix_mm.evaluation import can_evaluate
from posefix_mm.evaluation.annotation_format import tidy_annotations
from posefix_mm.evaluation.coco_table import evaluate_keypoints

PERSON = dict(id=7, image_id=1, category_id=1, keypoints=[5, 6, 2] * 3,
              bbox=[0, 0, 9, 9], area=40., iscrowd=0)
CONTENT = dict(images=[dict(id=1)], annotations=[PERSON],
               categories=[dict(id=1)])


def test_well_formed() -> None:
    assert can_evaluate(CONTENT, 3)
    assert can_evaluate(dict(CONTENT, annotations=[
        {k: v for k, v in PERSON.items() if k not in ('area', 'iscrowd')}]), 3)


@pytest.mark.parametrize('annotations', [None, [], [dict(id=1)]])
def test_nothing_to_evaluate(annotations) -> None:
    assert not can_evaluate(dict(images=[], annotations=annotations), 3)


@pytest.mark.parametrize(('field', 'value', 'reason'), [
    ('keypoints', [1, 2, 2], 'must have 9 numbers as keypoints, got 3'),
    ('keypoints', None, 'must have 9 numbers as keypoints, got None'),
    ('keypoints', [None] * 9, r'as keypoints, got \[None'),
    ('keypoints', [10**400] * 9, 'must have 9 numbers as keypoints'),
    ('bbox', [0, 0, 9, float('nan')], r'4 numbers as bbox, got \[0, 0, 9, na'),
    ('image_id', [1], r'image_id must be a number or text, got \[1\]'),
    ('category_id', 1.5, 'category_id must be a number or text, got 1.5'),
    ('area', '40', "area must be a number, got '40'"),
    ('iscrowd', None, 'iscrowd must be a number, got None'),
    ('num_keypoints', [], r'num_keypoints must be a number, got \[\]'),
])
def test_wrong_field(field, value, reason) -> None:
    content = dict(CONTENT, annotations=[PERSON, {**PERSON, field: value}])
    with pytest.raises(ValueError, match=f'annotation 7.*{reason}'):
        can_evaluate(content, 3)


@pytest.mark.parametrize(('name', 'value', 'reason'), [
    ('images', {}, 'images must be a list of objects'),
    ('images', [3], 'images must be a list of objects'),
    ('images', [dict(id=1), dict(id='1')], 'all of them numbers or'),
    ('images', [dict(id=None)], 'each of the images must have an id'),
    ('categories', [dict(name='person')], 'each of the categories must have'),
    ('annotations', 'text', 'annotations must be a list of objects'),
    ('annotations', [PERSON, 3], 'annotations must be a list of objects'),
])
def test_wrong_lists(name, value, reason) -> None:
    content = copy.deepcopy(CONTENT)
    content[name] = value
    with pytest.raises(ValueError, match=reason):
        can_evaluate(content, 3)


@pytest.mark.parametrize('name', ['iscrowd', 'num_keypoints'])
def test_null_is_a_missing_field(name: str) -> None:
    """As exports of databases have it; such an annotation counts."""
    people = [PERSON, {**PERSON, 'id': 8, name: None}]
    truth = tidy_annotations(dict(CONTENT, annotations=people), 3)
    assert (truth.poses, truth.explanations) == (2, [])
    record = dict(image_id=1, category_id=1, keypoints=[5, 6, 1] * 3, score=1.)
    statistics = evaluate_keypoints(
        truth.content, [record, dict(record, score=.5)], [.1] * 3)
    assert statistics['AR50'] == 100


def test_category_written_as_text() -> None:
    content = dict(CONTENT, categories=[dict(id='1', name='person')])
    truth = tidy_annotations(content, 3)
    record = dict(image_id=1, category_id=1, keypoints=[5, 6, 1] * 3, score=1.)
    assert evaluate_keypoints(truth.content, [record], [.1] * 3)['AR50'] == 100


def test_an_annotation_without_id_is_named_by_its_place() -> None:
    bare = {name: v for name, v in PERSON.items() if name != 'id'}
    truth = tidy_annotations(dict(CONTENT, annotations=[PERSON, bare]), 3)
    assert (truth.poses, truth.first_error) == (
        1, 'annotation number 1 has no id')
