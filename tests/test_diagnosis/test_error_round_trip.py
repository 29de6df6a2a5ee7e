"""Synthesized errors are found again: their types, and their tables."""

import numpy as np
import pytest
from toy_people import FLIP, METAINFO, NAMES, SIGMAS, make_annotations

from posefix_mm.datasets.transforms import (
    ERROR_TYPES,
    ErrorSynthesizer,
    build_radii,
    build_table,
)
from posefix_mm.diagnosis import diagnose_results, estimate_errors
from posefix_mm.structures.oks import (
    GOOD,
    INVERSION,
    JITTER,
    MISS,
    SWAP,
)

GROUPS = dict(nose=['nose'], hand=['hand'], foot=['foot'])
# Probabilities by group, with few or many annotated joints, alone or not.
TABLE = dict(
    jitter=[
        dict(max_visible=3, probs={'nose': .1, '*': .25}),
        dict(probs={'nose': .1, '*': .15})
    ],
    inversion=[dict(probs={'hand': .15, '*': .05})],
    swap=[dict(min_overlap=1, probs={'foot': .3, '*': .1})],
    miss=[
        dict(max_visible=3, probs={'*': .2}),
        dict(min_overlap=1, probs={'hand': .3, '*': .1}),
        dict(probs={'*': .1})
    ])
SIZE = np.array([400., 500.])
PERSON = np.array([[.5, .05], [.05, .4], [.95, .4], [.1, .95], [.9, .95]])


def scene(index, near, rng):
    """A person, and one whose box covers a quarter of the person's.

    That one is of another category: no pose may be matched to it.
    """
    visible = np.full((2, 5), 2)
    if index % 2:
        hidden = rng.choice(5, 2, replace=False)
        visible[0, hidden] = 0
        visible[1, rng.integers(5)] = 0
    poses = PERSON * SIZE + np.array([[[0., 0.]], [.5 * SIZE]])
    people = [
        dict(
            id=2 * index + number,
            image_id=index,
            category_id=1 + number,
            iscrowd=0,
            area=.53 * SIZE.prod(),
            bbox=[*(number * .5 * SIZE), *SIZE],
            keypoints=np.column_stack((pose, seen)).ravel().tolist())
        for number, (pose, seen) in enumerate(
            zip(poses, visible, strict=True))
    ]
    return people[:1 + near]


def synthesize(probabilities, number=6000, radii=None, seed=0):
    """Make wrong poses of the first persons of many images.

    Returns:
        tuple: results, annotations and the types, int (number, 5).
    """
    rng = np.random.default_rng(seed)
    scenes = [scene(i, int(i % 4 > 1), rng) for i in range(number)]
    synthesizer = ErrorSynthesizer(SIGMAS, FLIP, probabilities,
                                   build_radii(radii))
    values = np.zeros((number, 2, 5, 3))
    for index, people in enumerate(scenes):
        for row, person in enumerate(people):
            values[index, row] = np.reshape(person['keypoints'], (5, 3))
    near = np.array([len(people) - 1 for people in scenes])
    pose = synthesizer(
        rng, values[..., :2], values[..., 2] > 0,
        np.full(number, SIZE.prod()), num_overlap=near)
    joints = np.concatenate((pose.keypoints, pose.visible[..., None]), -1)
    results = [
        dict(image_id=i, category_id=1, score=.5, keypoints=v.ravel().tolist())
        for i, v in enumerate(joints)
    ]
    people = [person for people in scenes for person in people]
    images = [dict(id=i) for i in range(number)]
    return results, make_annotations(people, images), pose.status


@pytest.fixture(scope='module')
def wrong_poses():
    return synthesize(build_table(NAMES, TABLE, GROUPS))


def diagnose(results, truth, **options):
    found = diagnose_results(
        results, truth, METAINFO, rules='posefix', oks_thr=0, **options)
    assert len(found) == len(results)
    return found


def test_types_are_those_that_were_synthesized(wrong_poses):
    """With the area that errors are drawn with, all of them."""
    results, truth, status = wrong_poses
    found = diagnose(results, truth, area='bbox')
    annotated = found.status >= 0
    assert annotated.sum() == 6000 / 2 * (5 + 3)
    np.testing.assert_array_equal(found.status[annotated], status[annotated])
    assert np.bincount(status[annotated]).min() > 1000


def test_rates_with_the_annotations_area(wrong_poses):
    """The bands of .53 of the box end at .728 of those that were drawn."""
    results, truth, status = wrong_poses
    found = diagnose(results, truth)
    annotated = found.status >= 0
    drawn, seen = status[annotated], found.status[annotated]
    shrunk = np.sqrt(.53)
    d85 = np.sqrt(np.log(.85) / np.log(.5))  # in units of d(.50)
    rates = {
        GOOD: shrunk,
        JITTER: (shrunk - d85) / (1 - d85),
        INVERSION: shrunk,
        SWAP: shrunk,
        MISS: 1.
    }
    becomes = {GOOD: JITTER, JITTER: MISS, INVERSION: MISS, SWAP: MISS}
    for kind, rate in rates.items():
        of_kind = seen[drawn == kind]
        error = 4 * np.sqrt(rate * (1 - rate) / len(of_kind))
        assert (of_kind == kind).mean() == pytest.approx(
            rate, abs=error), ERROR_TYPES[kind]
        assert set(of_kind) <= {kind, becomes.get(kind, kind)}


def test_table_is_recovered_within_its_sampling_error(wrong_poses):
    results, truth, _ = wrong_poses
    found = diagnose(results, truth, area='bbox')
    measured = estimate_errors(
        found,
        METAINFO,
        joint_groups=GROUPS,
        visible_bounds=(3, ),
        overlap_bounds=(1, ),
        prior=0)
    expected = build_table(NAMES, TABLE, GROUPS)
    estimated = build_table(NAMES, measured.table, GROUPS)
    assert expected.shape == estimated.shape == (6, 2, 5, 5)
    assert measured.observations['poses'] == len(found)
    rules = measured.observations['rules']
    assert [{k: v for k, v in r.items() if k not in ('poses', 'joints')}
            for r in rules] == [
                dict(max_visible=3, min_overlap=1), dict(max_visible=3),
                dict(min_overlap=1), {}]
    for rule in rules:
        visible = 3 if 'max_visible' in rule else 5
        overlap = rule.get('min_overlap', 0)
        for joint, group in enumerate(('nose', *['hand'] * 2, *['foot'] * 2)):
            wanted, got = (table[visible, overlap, :, joint].copy()
                           for table in (expected, estimated))
            if joint == 0:  # it has no twin: what is left is renormalised
                wanted[INVERSION] = 0
            if not overlap:
                wanted[SWAP] = 0
            wanted /= wanted.sum()
            # impossible errors cost observations: at most half are missing
            number = rule['joints'][group] / 2
            error = 4.5 * np.sqrt(wanted * (1 - wanted) / number)
            assert (np.abs(got - wanted) <= error + 2e-4).all(), (rule, group)


def test_radii_are_recovered():
    radii = dict(
        good=[0, .2, .4, .6, 1], jitter=[0, .05, .1, .2, 1],
        inversion=[0, .1, .2, .3, .4], miss=[0, .5, 1, 1.2, 1.4])
    table = dict(
        jitter=[dict(probs={'*': .2})], inversion=[dict(probs={'*': .2})],
        miss=[dict(probs={'*': .2})])
    results, truth, _ = synthesize(
        build_table(NAMES, table, GROUPS), 3000, radii)
    found = diagnose(results, truth, area='bbox')
    measured = estimate_errors(found, METAINFO, prior=0).radius_quantiles
    assert set(measured) == set(radii)  # nobody was swapped
    for error, quantiles in radii.items():
        np.testing.assert_allclose(
            measured[error][5:-1:5], quantiles[1:-1], atol=.03, err_msg=error)
