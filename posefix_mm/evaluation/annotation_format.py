"""Check that annotations are what pycocotools needs."""
from typing import Any, Dict, List, NamedTuple

from ..structures.people import check_annotation
from ..structures.pose_records import category_of, image_id_of
from .mismatches.explanation import Explanation

_OPTIONAL = ('iscrowd', 'num_keypoints')


class TidyAnnotations(NamedTuple):
    """Annotations as they can be evaluated, and what that took.

    Attributes:
        content (dict): Of a COCO annotation file, copied where it changed:
            without annotations that are no poses of the skeleton; ids such as
            1.0 and categories such as '1' as whole numbers.
        poses (int): Annotations with keypoints that are left.
        explanations (List[Explanation]): What was left out or put right.
        first_error (str): Why the first one was left out.
    """

    content: dict
    poses: int
    explanations: List[Explanation]
    first_error: str = ''


def tidy_annotations(annotations: dict, num_keypoints: int) -> TidyAnnotations:
    """Leave out what can't be evaluated, so that one oddity stops nothing.

    Args:
        annotations (dict): Content of a COCO annotation file.
        num_keypoints (int): K.

    Returns:
        TidyAnnotations: What is left, and what was odd.
    """
    people = annotations.get('annotations')
    people = people if isinstance(people, list) else []
    content = dict(annotations, annotations=[])
    for name in ('images', 'categories'):
        if isinstance(annotations.get(name), list):
            content[name] = [
                _with_whole_id(one, text=name == 'categories')
                for one in annotations[name]
            ]
    errors: List[str] = []
    given = poses = wrong_count = 0
    try:
        check_annotation_lists(content)
    except ValueError as error:
        return TidyAnnotations(content, 0, [], str(error))
    for index, person in enumerate(map(_without_nulls, people)):
        if isinstance(person, dict) and 'keypoints' not in person:
            content['annotations'].append(person)
            continue
        given += 1
        try:
            person = _tidy(person, num_keypoints, index)
        except ValueError as error:
            errors.append(str(error))
            continue
        labelled = sum(v > 0 for v in person['keypoints'][2::3])
        if labelled and person.get('num_keypoints') == 0:
            wrong_count += 1
            person = dict(person, num_keypoints=labelled)
        poses += 1
        content['annotations'].append(person)
    explanations = []
    if errors and poses:
        explanations.append(Explanation(
            'annotations_skipped', 'annotations are no poses of the skeleton '
            f'and do not count: {errors[0]}', 'nothing needs to be done '
            'unless they should count', len(errors), given))
    if wrong_count:
        explanations.append(Explanation(
            'num_keypoints_zero', 'annotations have num_keypoints 0 though '
            'joints are annotated; other tools ignore these people (AP -1 if '
            'all are so), here they count', 'write the number of joints with '
            'a visibility above 0 as num_keypoints', wrong_count, given))
    return TidyAnnotations(content, poses, explanations,
                           errors[0] if errors else '')


def _with_whole_id(item: Any, text: bool) -> Any:
    """Turn an id such as 1.0 into 1, and '1' if it may be no text."""
    if not isinstance(item, dict):
        return item
    if isinstance(item.get('id'), float):
        return dict(item, id=image_id_of(dict(image_id=item['id'])))
    number = category_of(dict(category_id=item.get('id'))) if text else None
    return item if number is None else dict(item, id=number)


def _without_nulls(person: Any) -> Any:
    """Take a field of ``null`` that may be missing for a missing one."""
    if not isinstance(person, dict):
        return person
    return {name: value for name, value in person.items()
            if value is not None or name not in _OPTIONAL}


def _tidy(person: Any, num_keypoints: int, index: int) -> dict:
    """Check an annotation and write its ids as whole numbers.

    Raises:
        ValueError: If it can't be evaluated.
    """
    if not isinstance(person, dict):
        raise ValueError('an annotation must be an object, got '
                         f'{person!r:.40}')
    changes: Dict[str, Any] = {}
    if isinstance(person.get('image_id'), float):
        changes['image_id'] = image_id_of(
            dict(image_id=person['image_id']))
    if type(person.get('category_id')) in (float, str):
        category = category_of(person)
        if category is not None:
            changes['category_id'] = category
    keypoints = person['keypoints']
    if isinstance(keypoints, list) and None in keypoints:
        changes['keypoints'] = [0 if v is None else v for v in keypoints]
    person = dict(person, **changes)
    if 'bbox' not in person and 'area' in person:
        person['bbox'] = [0, 0, 0, 0]  # areas come from there alone
    check_annotation(person, num_keypoints, index)
    return person


def check_annotation_lists(annotations: dict) -> None:
    """Check the lists of a COCO annotation file.

    Args:
        annotations (dict): Content of the file.

    Raises:
        ValueError: If it has no lists of images, annotations and categories,
            or images or categories have no ids of one kind.
    """
    for name in ('images', 'annotations', 'categories'):
        if name not in annotations:
            raise ValueError(f'the annotation file has no {name}')
        items = annotations[name]
        if not isinstance(items, list) or not all(
                isinstance(item, dict) for item in items):
            raise ValueError(f'{name} must be a list of objects')
    for name in ('images', 'categories'):
        types = {type(item.get('id')) for item in annotations[name]}
        if types - {int, str} or len(types) > 1:
            raise ValueError(f'each of the {name} must have an id, all of '
                             'them numbers or all of them texts')
