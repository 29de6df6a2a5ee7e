"""Are annotations what pycocotools needs?"""
from typing import Any, NamedTuple

from ..structures.people import check_annotation
from ..structures.pose_records import category_of, image_id_of
from .explain_mismatch.data import Explanation

_OPTIONAL = ('iscrowd', 'num_keypoints')


class TidyAnnotations(NamedTuple):
    """Annotations as they can be evaluated, and what that took."""

    #: Of a COCO annotation file, copied where it changed: without annotations
    #: that are no poses of the skeleton; ids such as 1.0 and categories such
    #: as '1' as whole numbers.
    content: dict
    poses: int  #: Annotations with keypoints that are left
    explanations: list[Explanation]  #: What was left out or repaired
    first_error: str = ''  #: Why the first one was left out


def tidy_annotations(annotations: dict, num_keypoints: int) -> TidyAnnotations:
    """Leave out what can't be evaluated, so that one oddity stops nothing.

    ``annotations`` are the content of a COCO file, of K keypoints each.
    """
    people = annotations.get('annotations')
    content = dict(annotations, annotations=[])
    for name, text in (('images', False), ('categories', True)):
        if isinstance(annotations.get(name), list):
            content[name] = [
                _with_whole_id(one, text) for one in annotations[name]]
    try:
        _check_lists(content)
    except ValueError as error:
        return TidyAnnotations(content, 0, [], str(error))
    errors: list[str] = []
    with_keypoints = wrong_count = 0
    for index, person in enumerate(
            people if isinstance(people, list) else ()):
        if isinstance(person, dict):  # null is as good as missing
            person = {name: value for name, value in person.items()
                      if value is not None or name not in _OPTIONAL}
        if not isinstance(person, dict) or 'keypoints' in person:
            with_keypoints += 1
            try:
                person = _tidy(person, num_keypoints, index)
            except ValueError as error:
                errors.append(str(error))
                continue
            labelled = sum(v > 0 for v in person['keypoints'][2::3])
            if labelled and person.get('num_keypoints') == 0:
                wrong_count += 1
                person['num_keypoints'] = labelled
        content['annotations'].append(person)
    explanations = []
    poses = with_keypoints - len(errors)
    if errors and poses:
        explanations.append(Explanation(
            'annotations_skipped', 'annotations are no poses of the skeleton '
            f'and do not count: {errors[0]}', 'nothing needs to be done '
            'unless they should count', len(errors), with_keypoints))
    if wrong_count:
        explanations.append(Explanation(
            'num_keypoints_zero', 'annotations have num_keypoints 0 though '
            'joints are annotated; other tools ignore these people (AP -1 if '
            'all are so), here they count', 'write the number of joints with '
            'a visibility above 0 as num_keypoints', wrong_count,
            with_keypoints))
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


def _tidy(person: Any, num_keypoints: int, index: int) -> dict:
    """Check an annotation and write, in place, its ids as whole numbers."""
    if not isinstance(person, dict):
        raise ValueError('an annotation must be an object, got '
                         f'{person!r:.40}')
    if isinstance(person.get('image_id'), float):
        person['image_id'] = image_id_of(dict(image_id=person['image_id']))
    if type(person.get('category_id')) in (float, str):
        category = category_of(person)
        if category is not None:
            person['category_id'] = category
    if isinstance(person['keypoints'], list):
        person['keypoints'] = [
            0 if v is None else v for v in person['keypoints']]
    if 'bbox' not in person and 'area' in person:
        person['bbox'] = [0, 0, 0, 0]  # areas come from there alone
    check_annotation(person, num_keypoints, index)
    return person


def can_evaluate(annotations: dict, num_keypoints: int) -> bool:
    """Check for annotated keypoints.

    Args:
        annotations (dict): Content of a COCO annotation file.
        num_keypoints (int): K.

    Returns:
        bool: False without annotations, or if none has keypoints.
        ``num_keypoints``, ``area`` and ``iscrowd`` may be missing, as in
        CrowdPose and PoseTrack18.

    Raises:
        ValueError: If there are keypoints, but not as pycocotools needs them.
    """
    people = annotations.get('annotations') or []
    if isinstance(people, list):
        people = [p for p in people if not isinstance(p, dict)
                  or 'keypoints' in p]
        if not people:
            return False
    _check_lists(annotations)
    for person in people:
        check_annotation(person, num_keypoints)
    return True


def _check_lists(annotations: dict) -> None:
    """Check the lists of images, annotations and categories, and their ids."""
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
