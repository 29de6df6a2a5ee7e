"""Are records and annotations what COCO's evaluation counts?

And of the same images? Each check takes the data and yields an explanation
for what it finds.
"""
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...images.image_finder import FILE_NAME, FILE_NUMBER, OTHER_TYPE, UNKNOWN
from ...structures.pose_records import Problem, category_of
from .data import (
    EvaluationData,
    Explanation,
    box_of,
    column,
    has_numbers,
    quote,
    stack_poses,
)

# COCOeval takes the best 20 results of each image.
_MAX_RESULTS = 20
# Estimators find nobody in some images; if this share of them has no result,
# other images were refined than annotated.
_TOO_MANY_EMPTY = .25
# An area this close to that of the box was taken from it: OKS is then measured
# with the box instead of the person in it.
_AREA_OF_BOX = .01

_RENAMED = {
    OTHER_TYPE: ('image_id_type', 'image ids are of another type or written '
                 'in another way than in the annotations'),
    FILE_NAME: ('image_id_is_file_name', 'image ids are file names, which '
                'are not the ids of the annotations'),
    FILE_NUMBER: ('image_id_is_file_number', 'image ids are the numbers in '
                  'the file names, which are not the ids of the annotations'),
}


def _check_fields(data: EvaluationData) -> Iterator[Explanation]:
    if not len(data.results):
        yield Explanation('no_results', 'the results file holds no record',
                          'look at the log of the estimator', 0, 0)
    bad = [i for i, r in enumerate(data.results) if not _is_record(r)]
    if bad:
        yield Explanation(
            'malformed_record', 'records are not objects with image_id, '
            'category_id, keypoints (a flat list of numbers) and score, and '
            f'do not count, such as record {bad[0]}: '
            f'{quote(data.results[bad[0]])}',
            'write all four fields; `posefix convert` reads other formats',
            len(bad), len(data.results))


def _is_record(record: Any) -> bool:
    if isinstance(record, Problem):  # an empty row, as of DeepLabCut, is fine
        return record.code == 'no_keypoint'
    return (has_numbers(record) and 'category_id' in record
            and category_of(record) is not None
            # a score of NaN is a number, and explained with the scores
            and isinstance(record.get('score'), (int, float)))


def _check_counts(data: EvaluationData) -> Iterator[Explanation]:
    wanted = len(data.sigmas)
    lengths = Counter(
        len(r['keypoints']) for r in data.results if has_numbers(r))
    del lengths[3 * wanted]
    if not lengths:
        return
    length, _ = lengths.most_common(1)[0]
    if length == 2 * wanted:
        text, remedy = 'x and y alone', 'write a score after each x, y'
    elif length % 3 == 0:
        text = f'{length // 3} joints'
        remedy = ('name the skeleton of both with --skeleton, or bring the '
                  'results to that of the annotations with `posefix convert '
                  '--joint-map`')
    else:
        text, remedy = 'no triples', 'write x, y, score of each joint'
    yield Explanation(
        'keypoint_count', f'keypoints hold {length} numbers ({text}), the '
        f'annotated skeleton has {wanted} joints, that is {3 * wanted} '
        'numbers; such records do not count', remedy, lengths.total(),
        len(data.results))


def _check_finite(data: EvaluationData) -> Iterator[Explanation]:
    bad = ~np.isfinite(data.poses.keypoints[..., :2]).all((1, 2))
    if bad.any():
        yield Explanation(
            'keypoints_not_finite', 'coordinates are NaN or null, such as in '
            f'record {data.poses.row[bad][0]}; these joints are absent',
            'write 0, 0, 0 for joints that are not there', int(bad.sum()),
            len(data.results))


def _check_scores(data: EvaluationData) -> Iterator[Explanation]:
    scores = data.scores
    has_score = np.array([
        isinstance(r, dict) and isinstance(r.get('score'), (int, float))
        for r in data.results], bool)
    bad = has_score & ~np.isfinite(scores)
    if bad.any():
        yield Explanation(
            'score_not_finite', 'scores are NaN or infinite, such as that of '
            f'record {np.flatnonzero(bad)[0]}; such records do not count',
            'write finite scores', int(bad.sum()), len(scores))
        return
    scores = scores[has_score]
    if len(scores) > 1 and np.ptp(scores) == 0:
        yield Explanation(
            'scores_equal' if scores[0] else 'scores_zero',
            f'all scores are {scores[0]:g}: AP depends on good results being '
            'ranked first, and posefix refines only scores above 0',
            "write the estimator's scores, or the means of its joints' "
            'scores', len(scores), len(scores))


def _check_duplicates(data: EvaluationData) -> Iterator[Explanation]:
    poses = data.poses.select(data.poses.image >= 0)
    categories = column(data.results, 'category_id')[poses.row]
    flat = np.column_stack((poses.image, categories, poses.keypoints.reshape(
        len(poses.row), 3 * len(data.sigmas)))) + 0.  # no -0.0
    keys = np.ascontiguousarray(flat).view(f'V{flat.shape[1] * 8}').ravel()
    _, first, inverse = np.unique(
        keys, return_index=True, return_inverse=True)
    again = np.setdiff1d(np.arange(len(keys)), first)
    if len(again):
        pair = poses.row[[first[inverse.ravel()[again[0]]], again[0]]]
        yield Explanation(
            'duplicates', 'results repeat the pose of another one of the same '
            f'image, such as records {pair[0]} and {pair[1]}; all but one '
            'count as false alarms', 'remove them; `posefix refine` does so '
            'with OKS-NMS', len(again), len(data.results))


def _check_crowding(data: EvaluationData) -> Iterator[Explanation]:
    counts = np.bincount(data.result_images[data.result_images >= 0],
                         minlength=len(data.images))
    if (counts > _MAX_RESULTS).any():
        most = int(counts.argmax())
        yield Explanation(
            'more_than_20', f'images have more than {_MAX_RESULTS} results, '
            f'up to {counts[most]} of image {quote(data.images[most]["id"])}; '
            f'COCO counts the {_MAX_RESULTS} with the highest scores, the '
            'rest not at all', 'remove duplicates by NMS and check that '
            'scores rank the results',
            int((counts - _MAX_RESULTS).clip(0).sum()), len(data.results))


def _check_renamed(data: EvaluationData) -> Iterator[Explanation]:
    for kind, (code, text) in _RENAMED.items():
        rows = np.flatnonzero(data.id_kinds == kind)
        if not len(rows):
            continue
        written = quote(data.results[rows[0]]['image_id'])
        image = data.images[data.result_images[rows[0]]]
        yield Explanation(
            code, f'{text}: {written} for the image with the id '
            f'{quote(image["id"])} and the file '
            f'{quote(image.get("file_name"))}', 'they are read so here; for '
            f'other tools, write {quote(image["id"])} instead of {written}, '
            'and so on', len(rows), len(data.results))


def _check_unknown_images(data: EvaluationData) -> Iterator[Explanation]:
    rows = [i for i in np.flatnonzero(data.id_kinds == UNKNOWN)
            if isinstance(data.results[i], dict)]
    if not rows:
        return
    known = ', '.join(quote(i['id']) for i in data.images[:3]) or 'none'
    yield Explanation(
        'image_id_unknown', 'results are of images that the annotations do '
        f'not list, such as {quote(data.results[rows[0]].get("image_id"))}; '
        f'listed are {known}...',
        'evaluate against the annotations of the same images'
        if len(rows) == len(data.results) else 'leave these results out, or '
        'add the images to the annotations', len(rows), len(data.results))


def _check_empty_images(data: EvaluationData) -> Iterator[Explanation]:
    annotated = np.unique(data.truth.image)
    empty = annotated[~np.isin(annotated, data.result_images)]
    # with no image in common the ids have been explained
    if len(empty) not in (0, len(annotated)) \
            and len(empty) >= _TOO_MANY_EMPTY * len(annotated):
        yield Explanation(
            'images_without_results', 'images with annotated poses have no '
            f'result, such as {quote(data.images[empty[0]]["id"])}; every '
            'pose in them counts as missed',
            'if the estimator did not run on them, take them out of the '
            "annotations' images and annotations", len(empty), len(annotated))


def _check_categories(data: EvaluationData) -> Iterator[Explanation]:
    categories = np.array([
        np.nan if not isinstance(r, dict) or category_of(r) is None
        else category_of(r) for r in data.results])
    of_people = column(data.people, 'category_id')[data.truth.row]
    annotated = np.unique(of_people)
    without = annotated[~np.isin(annotated, categories)]
    if 0 < len(without) < len(annotated):
        names = ', '.join(f'{c:g}' for c in without[:5])
        yield Explanation(
            'category_without_results', f'annotated poses of category {names} '
            'have no results of this category; AP is the mean over all '
            'categories with annotated poses, and 0 for these',
            'give all people one category in the annotations, or results of '
            'each', int(np.isin(of_people, without).sum()), len(of_people))
    wrong = np.isfinite(categories) & ~np.isin(categories, annotated)
    if wrong.any() and len(annotated):
        written, wanted = (
            ', '.join('none that is a number' if np.isnan(c) else f'{c:g}'
                      for c in values[:5])
            for values in (np.unique(categories[wrong]), annotated))
        yield Explanation(
            'category_id', f'results are of category {written}, annotated '
            f'poses of category {wanted}', 'write the category ids of the '
            'annotations into the results', int(wrong.sum()), len(categories))


def _check_annotations(data: EvaluationData) -> Iterator[Explanation]:
    """Find annotations that COCO's evaluation ignores or misreads.

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
    """Explain why none of the poses counts."""
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


#: In the order in which they are reported.
RECORD_CHECKS = (
    _check_fields, _check_counts, _check_finite, _check_scores,
    _check_duplicates, _check_crowding, _check_renamed, _check_unknown_images,
    _check_empty_images, _check_categories, _check_annotations)
