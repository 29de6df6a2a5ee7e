"""Check that annotations are what pycocotools needs."""
import math
from typing import Any

# What pycocotools reads of an annotation and nothing else tells.
_FIELDS = ('id', 'image_id', 'category_id', 'bbox')


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


def check_annotation(person: dict, num_keypoints: int) -> None:
    """Check an annotation with keypoints.

    Args:
        person (dict): The annotation.
        num_keypoints (int): K.

    Raises:
        ValueError: If a field is missing or of a wrong type; the message
            names annotation and field.
    """
    name = f'annotation {person.get("id")!r:.40}'
    lacking = [field for field in _FIELDS if field not in person]
    if lacking:
        raise ValueError(f'{name} has no {", ".join(lacking)}')
    for field, count in (('keypoints', 3 * num_keypoints), ('bbox', 4)):
        values = person[field]
        if not isinstance(values, list) or len(values) != count \
                or not all(map(_is_number, values)):
            raise ValueError(f'{name} must have {count} numbers as {field}, '
                             f'got {_describe(values)}')
    for field in ('image_id', 'category_id'):
        if type(person[field]) not in (int, str):
            raise ValueError(f'{name}: {field} must be a number or text, got '
                             f'{person[field]!r:.40}')
    for field in ('area', 'iscrowd', 'num_keypoints'):
        if not _is_number(person.get(field, 0)):
            raise ValueError(f'{name}: {field} must be a number, got '
                             f'{person[field]!r:.40}')


def _describe(values: Any) -> str:
    numbers = isinstance(values, list) and all(map(_is_number, values))
    return str(len(values)) if numbers else f'{values!r:.60}'


def _is_number(value: Any) -> bool:
    # integers of any length are JSON, but no floats
    return isinstance(value, (int, float)) and abs(value) < 1e300 \
        and math.isfinite(value)
