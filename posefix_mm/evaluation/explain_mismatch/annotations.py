"""Can the annotations be evaluated as they are?"""
from collections.abc import Iterator

import numpy as np

from .data import (
    EvaluationData,
    Explanation,
    box_of,
    column,
    quote,
    stack_poses,
)

# OKS is then measured with the box instead of the person in it.
_AREA_OF_BOX = .01


def check_annotations(data: EvaluationData) -> Iterator[Explanation]:
    """Look for annotations that COCO's evaluation ignores or misreads.

    Poses without any annotated joint, crowds, areas that are no areas of
    people, and ids that pycocotools takes for none.
    """
    rows, keypoints = stack_poses(data.people, len(data.sigmas))
    if not len(rows):
        yield Explanation(
            'no_annotated_pose', 'no annotation has keypoints of the '
            f'skeleton, {len(data.sigmas)} joints each',
            'name the annotations of keypoints, not those of boxes, and with '
            '--skeleton the skeleton they have', len(data.people),
            len(data.people))
    elif not len(data.truth.row):
        yield _explain_nothing_counts(data, rows, keypoints)
    else:
        people = [data.people[i] for i in data.truth.row]
        yield from _check_areas(people)
        yield from _check_ids(people)


def _explain_nothing_counts(data: EvaluationData, rows: np.ndarray,
                            keypoints: np.ndarray) -> Explanation:
    """Say why none of the poses counts."""
    labelled = (keypoints[..., 2] > 0).any(1)
    if not labelled.any():
        return Explanation(
            'no_joint_annotated', 'all joints of all annotations have '
            'visibility 0, which means not annotated',
            'write 2 as the visibility of joints that are annotated, 1 of '
            'those that are hidden', len(rows), len(rows))
    crowd = column(data.people, 'iscrowd')[rows] > 0
    if crowd[labelled].all():
        return Explanation(
            'only_crowds', 'all annotated poses are marked as iscrowd and '
            'ignored', 'write 0 as iscrowd of single people',
            int(crowd.sum()), len(rows))
    example = data.people[rows[labelled & ~crowd][0]]
    return Explanation(
        'annotations_without_image', 'the annotations are of images that the '
        "list of images lacks, such as image_id "
        f'{quote(example.get("image_id"))}',
        'complete the list of images of the annotation file',
        int(labelled.sum()), len(rows))


def _check_areas(people: list[dict]) -> Iterator[Explanation]:
    areas = column(people, 'area')
    has_area = np.array(['area' in person for person in people])
    wrong = has_area & ~(areas > 0)
    boxes = np.array([box_of(person) for person in people])[:, 2:].prod(1)
    is_box = np.abs(areas - boxes) <= _AREA_OF_BOX * boxes
    if wrong.any():
        person = people[int(np.flatnonzero(wrong)[0])]
        yield Explanation(
            'area_not_positive', 'annotations have no positive area, such as '
            f'{quote(person.get("area"))} of annotation '
            f'{quote(person.get("id"))}; nothing matches them, as OKS '
            'is distance by area', 'write the areas of the people (of their '
            'masks, or 0.53 of their boxes), or leave the field out',
            int(wrong.sum()), len(people))
    elif not has_area.all():
        yield Explanation(
            'area_missing', 'annotations have no area; 0.53 of their boxes '
            'is taken', 'if others evaluate with real areas, add them to '
            'the annotations', int((~has_area).sum()), len(people))
    elif is_box.mean() >= .9:
        yield Explanation(
            'area_is_box', 'areas are those of the boxes; people fill about '
            'half of theirs, so that AP comes out higher than with COCO',
            'write the areas of the people (of their masks, or 0.53 of their '
            'boxes)', int(is_box.sum()), len(people))


def _check_ids(people: list[dict]) -> Iterator[Explanation]:
    ids = [person.get('id') for person in people]
    wrong = len(ids) - len({i for i in ids if type(i) is int and i != 0})
    if wrong:
        yield Explanation(
            'annotation_id', 'annotations have an id of 0, which pycocotools '
            'takes for unmatched, the same id as another one, or no number; '
            'here they are numbered anew, other tools show another AP',
            'number the annotations from 1', wrong, len(ids))
