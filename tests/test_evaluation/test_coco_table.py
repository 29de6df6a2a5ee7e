"""COCO statistics of poses whose similarity was worked out by hand."""

import copy
import io
import json
import math
from typing import Any, List

import numpy as np
import pytest
from rich.console import Console

from posefix_mm.evaluation import (
    STATISTICS,
    can_evaluate,
    comparison_table,
    evaluate_keypoints,
)

SIGMAS = np.array([
    .026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107,
    .107, .087, .087, .089, .089
])
AREA = 5000.  # medium: between 32^2 and 96^2


@pytest.fixture
def annotations() -> dict:
    """Two images with one person each."""
    people = []
    for image_id in (1, 2):
        pose = np.random.default_rng(image_id).uniform(0, 100, (17, 3))
        pose[:, 2] = 2
        people.append(
            dict(
                id=image_id,
                image_id=image_id,
                category_id=1,
                keypoints=pose.ravel().tolist(),
                num_keypoints=17,
                area=AREA,
                bbox=[0, 0, 100, 100],
                iscrowd=0))
    return dict(
        images=[dict(id=i, file_name=f'{i}.jpg') for i in (1, 2)],
        annotations=people,
        categories=[dict(id=1, name='person')])


def moved(annotations: dict, similarity: float) -> List[dict]:
    """Move each joint to the distance where it has that similarity.

    Section 2: d = sqrt(-2 area (2 sigma)^2 ln k).
    """
    distance = 2 * SIGMAS * math.sqrt(-2 * AREA * math.log(similarity))
    angle = np.arange(17)
    shift = distance[:, None] * np.stack((np.cos(angle), np.sin(angle)), 1)
    records = []
    for person in annotations['annotations']:
        pose = np.array(person['keypoints']).reshape(17, 3)
        pose[:, :2] += shift
        records.append(
            dict(
                image_id=person['image_id'],
                category_id=1,
                keypoints=pose.ravel().tolist(),
                score=.9))
    return records


@pytest.fixture
def perfect(annotations: dict) -> List[dict]:
    return moved(annotations, 1.)


def test_perfect(annotations, perfect) -> None:
    stats = evaluate_keypoints(annotations, perfect, SIGMAS)
    assert tuple(stats) == STATISTICS
    for name, value in stats.items():
        assert value == pytest.approx(-1 if '(L)' in name else 100), name


@pytest.mark.parametrize(('similarity', 'passed'), [
    (.97, 10), (.93, 9), (.78, 6), (.76, 6), (.74, 5), (.62, 3), (.52, 1),
    (.48, 0)
])
def test_moved(annotations, similarity, passed) -> None:
    """AP is the share of the thresholds .5, .55, ... .95 that are passed."""
    stats = evaluate_keypoints(
        annotations, moved(annotations, similarity), SIGMAS)
    expected = {
        'AP': 10 * passed, 'AP50': 100 * (similarity > .5),
        'AP75': 100 * (similarity > .75)
    }
    for name, value in expected.items():
        assert stats[name] == pytest.approx(value), name
        assert stats[name.replace('AP', 'AR')] == pytest.approx(value)
    assert stats['AP(M)'] == pytest.approx(10 * passed)


@pytest.mark.parametrize(('factor', 'passed'), [(1, 3), (2, 8), (.5, 0)])
def test_sigmas(annotations, factor, passed) -> None:
    """k^(1 / factor^2): .62 -> .887 and .146."""
    stats = evaluate_keypoints(
        annotations, moved(annotations, .62), SIGMAS * factor)
    assert stats['AP'] == pytest.approx(10 * passed)


def test_one_of_two_found(annotations, perfect) -> None:
    """Recall 1/2: precision is 1 at 51 of 101 recall levels."""
    stats = evaluate_keypoints(annotations, perfect[:1], SIGMAS)
    assert stats['AR'] == pytest.approx(50)
    assert stats['AP'] == pytest.approx(100 * 51 / 101)


def test_false_alarms_count(annotations, perfect) -> None:
    """Ahead of everything else, precision is 1/2 at recall 1/2, then 2/3."""
    wrong = dict(moved(annotations, 1e-6)[0], score=1.)
    stats = evaluate_keypoints(annotations, [wrong, *perfect], SIGMAS)
    assert stats['AP50'] == pytest.approx(100 * 2 / 3)


UNUSABLE = [
    None, 'text', 5, [], {},
    dict(image_id=3), dict(image_id=None), dict(image_id=[1]),
    dict(image_id='1'), dict(score=None), dict(score='1'),
    dict(category_id=None), dict(category_id='1'), dict(keypoints=None),
    dict(keypoints=[]), dict(keypoints=[1.] * 48), dict(keypoints=[1.] * 54),
    dict(keypoints=['1'] * 51), dict(keypoints=[None] * 51),
    dict(image_id=...), dict(keypoints=...), dict(score=...)  # missing
]


@pytest.mark.parametrize('change', UNUSABLE, ids=repr)
def test_unusable_records_do_not_count(annotations, perfect,
                                       change: Any) -> None:
    bad = {k: v for k, v in dict(perfect[0], **change).items() if v is not ...
           } if change and isinstance(change, dict) else change
    expected = evaluate_keypoints(annotations, perfect, SIGMAS)
    for results in ([bad, *perfect], [*perfect, bad]):
        assert evaluate_keypoints(annotations, results, SIGMAS) == expected


@pytest.mark.parametrize('extra', [
    dict(caption='a'), dict(bbox=[0, 0, 1, 1]), dict(bbox=None),
    dict(segmentation=5), dict(area='x'), dict(id='a'), dict(iscrowd=1)
], ids=repr)
def test_other_fields_do_not_matter(annotations, perfect, extra) -> None:
    """pycocotools takes the task from the fields of the first record."""
    expected = evaluate_keypoints(annotations, perfect, SIGMAS)
    results = [dict(perfect[0], **extra), *perfect[1:]]
    assert evaluate_keypoints(annotations, results, SIGMAS) == expected


@pytest.mark.parametrize(('records', 'wide'), [
    ((0, 1), True), ((0, ), False), ((1, ), False)
])
def test_boxes_of_all_records_give_the_areas(annotations, perfect, records,
                                             wide) -> None:
    """Unmatched detections count where their area lies, as in pycocotools.

    The wrong pose extends over 10 x 10 pixels, which is small, and its box
    over 50 x 50, which is medium: precision is 1/2, 2/3 there.
    """
    grid = np.zeros((17, 3))
    grid[:, :2] = 500 + np.arange(34).reshape(17, 2) % 11
    wrong = dict(perfect[0], keypoints=grid.ravel().tolist(), score=1.)
    results = [wrong, *perfect]
    sizes = {0: 50, 1: 80}
    for place in records:
        for record in results[:1] if place == 0 else results[1:]:
            record['bbox'] = [0, 0, sizes[place], sizes[place]]
    stats = evaluate_keypoints(annotations, results, SIGMAS)
    assert stats['AP(M)'] == pytest.approx(100 * 2 / 3 if wide else 100)


@pytest.mark.filterwarnings('error')
def test_huge_coordinates(annotations, perfect) -> None:
    huge = dict(perfect[0], keypoints=[1e308, -1e308, 1.] * 17, score=.1)
    stats = evaluate_keypoints(annotations, [*perfect, huge], SIGMAS)
    assert stats['AP'] == pytest.approx(100)


@pytest.mark.parametrize('results', [[], ['x'], [dict(image_id=3)]])
def test_nothing_usable(annotations, results) -> None:
    assert evaluate_keypoints(annotations, results,
                              SIGMAS) == dict.fromkeys(STATISTICS, 0.)


def test_another_skeleton() -> None:
    """Three joints and its own sigmas."""
    person = dict(
        id=1, image_id=1, category_id=1, keypoints=[1, 1, 2, 9, 1, 2, 5, 8, 2],
        num_keypoints=3, area=AREA, bbox=[0, 0, 9, 9], iscrowd=0)
    content = dict(
        images=[dict(id=1)], annotations=[person], categories=[dict(id=1)])
    record = dict(
        image_id=1, category_id=1, keypoints=person['keypoints'], score=1)
    stats = evaluate_keypoints(content, [record], [.1, .05, .025])
    assert stats['AP'] == pytest.approx(100)


def test_nothing_is_changed_or_printed(annotations, perfect, capfd) -> None:
    before = copy.deepcopy((annotations, perfect))
    evaluate_keypoints(annotations, perfect, SIGMAS)
    assert (annotations, perfect) == before
    assert capfd.readouterr() == ('', '')


def test_result_can_be_written(annotations, perfect) -> None:
    stats = evaluate_keypoints(annotations, perfect, SIGMAS)
    assert json.loads(json.dumps(stats)) == stats


# -------------------------------------------------------------- can_evaluate
@pytest.mark.parametrize('field', ['id', 'image_id', 'category_id', 'bbox'])
def test_incomplete_annotation(annotations, field) -> None:
    del annotations['annotations'][1][field]
    with pytest.raises(ValueError, match=f'has no {field}$'):
        can_evaluate(annotations, 17)


def test_what_other_data_sets_leave_out(annotations, perfect) -> None:
    """CrowdPose has no areas, PoseTrack18 has persons without keypoints."""
    complete = evaluate_keypoints(annotations, perfect, SIGMAS)
    for person in annotations['annotations']:
        person['bbox'] = [0, 0, 100, AREA / 100 / .53]
        del person['area'], person['iscrowd'], person['num_keypoints']
    annotations['annotations'].append(dict(id=3, image_id=1))
    assert can_evaluate(annotations, 17)
    assert evaluate_keypoints(annotations, perfect, SIGMAS) == complete


def test_wrong_annotations(annotations) -> None:
    with pytest.raises(
            ValueError, match='annotation 1 must have 9 numbers .* got 51'):
        can_evaluate(annotations, 3)
    del annotations['categories']
    with pytest.raises(ValueError, match='has no categories'):
        can_evaluate(annotations, 17)


# --------------------------------------------------------------------- table
def test_table_has_all_statistics() -> None:
    before = dict.fromkeys(STATISTICS, 50.)
    after = {name: 50.04 + i for i, name in enumerate(STATISTICS)}
    console = Console(width=60, record=True, file=io.StringIO())
    console.print(comparison_table(before, after, title='a title'))
    text = console.export_text()
    assert 'a title' in text
    assert [word for word in ('input', 'refined', 'change')
            if word not in text] == []
    cells = [line.strip('│ ').split('│') for line in text.splitlines()
             if line.startswith('│')]
    assert [[c.strip() for c in row] for row in cells] == [
        [name, '50.0', f'{50 + i:.1f}', f'+{i:.1f}']
        for i, name in enumerate(STATISTICS)
    ]


def test_table_shows_losses() -> None:
    table = comparison_table({'AP': 71.26}, {'AP': 70.14})
    rows = [list(column.cells) for column in table.columns]
    assert rows == [['AP'], ['71.3'], ['70.1'], ['-1.1']]


@pytest.mark.parametrize('number', [math.nan, math.inf, -math.inf, 10**400])
def test_numbers_that_are_none(annotations, perfect, number) -> None:
    """pycocotools takes a pose of NaN for a perfect one."""
    half = evaluate_keypoints(annotations, perfect[1:], SIGMAS)
    for field, value in (('score', number), ('keypoints', [number] * 51)):
        records = [dict(perfect[0], **{field: value}), perfect[1]]
        assert evaluate_keypoints(annotations, records, SIGMAS) == half


@pytest.mark.parametrize('id_', [0, 1, 'a'])
def test_any_annotation_id(annotations, perfect, id_) -> None:
    """pycocotools takes a match with the id 0 for none."""
    for person in annotations['annotations']:
        person['id'] = id_
    stats = evaluate_keypoints(annotations, perfect, SIGMAS)
    assert stats['AP'] == pytest.approx(100)
    assert annotations['annotations'][0]['id'] == id_
