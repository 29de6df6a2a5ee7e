"""Do results and annotations name the same images and categories?"""
from typing import Iterator

import numpy as np

from ...images.image_list import FILE_NAME, FILE_NUMBER, OTHER_TYPE, UNKNOWN
from ...structures.pose_records import category_of
from .explanation import Explanation
from .pose_columns import Comparison, column, show

# Estimators find nobody in some images; if so many of them have no result,
# other images were refined than annotated.
_TOO_MANY_EMPTY = .25

_RENAMED = {
    OTHER_TYPE: ('image_id_type', 'image ids are of another type or written '
                 'in another way than in the annotations'),
    FILE_NAME: ('image_id_is_file_name', 'image ids are file names, which '
                'are not the ids of the annotations'),
    FILE_NUMBER: ('image_id_is_file_number', 'image ids are the numbers in '
                  'the file names, which are not the ids of the annotations'),
}


def check_image_ids(comparison: Comparison) -> Iterator[Explanation]:
    """Compare the images of results and annotations.

    Args:
        comparison (Comparison): Both.

    Yields:
        Explanation: For ids that have to be written in another way, ids that
        are not known, and images that have annotations alone.
    """
    for kind in _RENAMED:
        yield from _check_renamed(comparison, kind)
    yield from _check_unknown(comparison)
    yield from _check_without_results(comparison)


def check_categories(comparison: Comparison) -> Iterator[Explanation]:
    """Compare the categories of results and annotated poses.

    Args:
        comparison (Comparison): Both.

    Yields:
        Explanation: If there are results of categories without annotated
        poses; they count for nothing.
    """
    categories = np.array([
        np.nan if not isinstance(r, dict) or category_of(r) is None
        else category_of(r) for r in comparison.results
    ])
    annotated = np.unique(
        column(comparison.people, 'category_id')[comparison.truth.row])
    without = annotated[~np.isin(annotated, categories)]
    if len(without) and len(without) < len(annotated):
        names = ', '.join(f'{c:g}' for c in without[:5])
        people = np.isin(
            column(comparison.people, 'category_id')[comparison.truth.row],
            without)
        yield Explanation(
            'category_without_results', f'annotated poses of category {names} '
            'have no results of this category; AP is the mean over all '
            'categories with annotated poses, and 0 for these',
            'give all people one category in the annotations, or results of '
            'each', int(people.sum()), len(people))
    wrong = np.isfinite(categories) & ~np.isin(categories, annotated)
    if not wrong.any() or not len(annotated):
        return
    given, wanted = (
        ', '.join('none that is a number' if np.isnan(c) else f'{c:g}'
                  for c in values[:5])
        for values in (np.unique(categories[wrong]), annotated))
    yield Explanation(
        'category_id', f'results are of category {given}, annotated poses of '
        f'category {wanted}', 'write the category ids of the annotations '
        'into the results', int(wrong.sum()), len(categories))


def _check_renamed(comparison: Comparison, kind: int) -> Iterator[Explanation]:
    rows = np.flatnonzero(comparison.id_kinds == kind)
    if not len(rows):
        return
    code, text = _RENAMED[kind]
    given = show(comparison.results[rows[0]]['image_id'])
    image = comparison.images[comparison.result_images[rows[0]]]
    yield Explanation(
        code, f'{text}: {given} for the image with the id '
        f'{show(image["id"])} and the file {show(image.get("file_name"))}',
        f'they are read so here; for other tools, write {show(image["id"])} '
        f'instead of {given}, and so on', len(rows),
        len(comparison.results))


def _check_unknown(comparison: Comparison) -> Iterator[Explanation]:
    rows = [
        i for i in np.flatnonzero(comparison.id_kinds == UNKNOWN)
        if isinstance(comparison.results[i], dict)
    ]
    if not rows:
        return
    given = show(comparison.results[rows[0]].get('image_id'))
    known = ', '.join(show(i['id']) for i in comparison.images[:3]) or 'none'
    all_ = len(rows) == len(comparison.results)
    yield Explanation(
        'image_id_unknown', 'results are of images that the annotations do '
        f'not list, such as {given}; listed are {known}...',
        'evaluate against the annotations of the same images'
        if all_ else 'leave these results out, or add the images to the '
        'annotations', len(rows), len(comparison.results))


def _check_without_results(comparison: Comparison) -> Iterator[Explanation]:
    annotated = np.unique(comparison.truth.image)
    empty = annotated[~np.isin(annotated, comparison.result_images)]
    # with no image in common the ids have been explained
    if len(empty) in (0, len(annotated)) \
            or len(empty) < _TOO_MANY_EMPTY * len(annotated):
        return
    example = show(comparison.images[empty[0]]['id'])
    yield Explanation(
        'images_without_results', 'images with annotated poses have no '
        f'result, such as {example}; every pose in them counts as missed',
        'if the estimator did not run on them, take them out of the '
        "annotations' images and annotations", len(empty), len(annotated))
