"""Tables of probabilities and their expansion."""

import numpy as np
import pytest

from posefix_mm.datasets.transforms import (
    ERROR_TYPES,
    PERSON_JOINT_GROUPS,
    RELEASE_TABLE,
    build_radii,
    build_table,
)
from posefix_mm.datasets.transforms.error_tables import group_of_keypoints

COCO = ('nose left_eye right_eye left_ear right_ear left_shoulder '
        'right_shoulder left_elbow right_elbow left_wrist right_wrist '
        'left_hip right_hip left_knee right_knee left_ankle '
        'right_ankle').split()
TOY = ['head', 'left_hand', 'right_hand']


def released(error, joint, visible, overlap):
    """Look a probability of the release up."""
    table = build_table(COCO)
    overlap = min(overlap, table.shape[1] - 1)
    return table[visible, overlap,
                 ERROR_TYPES.index(error),
                 COCO.index(joint)]


@pytest.mark.parametrize(('error', 'joint', 'visible', 'overlap', 'expected'),
                         [
                             ('jitter', 'nose', 10, 0, .15),
                             ('jitter', 'left_hip', 10, 0, .25),
                             ('jitter', 'right_elbow', 11, 0, .15),
                             ('jitter', 'right_hip', 17, 5, .20),
                             ('jitter', 'left_knee', 17, 5, .10),
                             ('miss', 'left_eye', 5, 0, .15),
                             ('miss', 'left_shoulder', 6, 0, .13),
                             ('miss', 'left_knee', 10, 0, .15),
                             ('miss', 'left_ankle', 11, 0, .05),
                             ('miss', 'nose', 17, 0, .02),
                             ('inversion', 'left_ear', 3, 2, .01),
                             ('inversion', 'left_wrist', 17, 0, .03),
                             ('inversion', 'right_ankle', 17, 0, .06),
                             ('swap', 'left_wrist', 10, 1, .15),
                             ('swap', 'left_wrist', 11, 1, .06),
                             ('swap', 'left_wrist', 11, 2, .06),
                             ('swap', 'left_wrist', 15, 3, .15),
                             ('swap', 'left_wrist', 15, 9, .15),
                             ('swap', 'left_wrist', 16, 9, .06),
                             ('swap', 'right_knee', 10, 0, .03),
                             ('swap', 'right_knee', 10, 1, .10),
                             ('swap', 'nose', 10, 1, .02),
                             ('swap', 'nose', 17, 0, .01),
                             ('good', 'left_hip', 17, 0, .61),
                             ('good', 'nose', 17, 0, .86),
                         ])
def test_probabilities_of_the_release(error, joint, visible, overlap,
                                      expected):
    assert released(error, joint, visible, overlap) == pytest.approx(expected)


def test_columns_add_up_to_1():
    table = build_table(COCO)
    assert table.shape == (18, 4, 5, 17)
    np.testing.assert_allclose(table.sum(2), 1)


@pytest.mark.parametrize('name', [
    'nose', 'left_eye', 'right_eye', 'eye', 'L_Eye', 'r_eye', 'spine'
])
def test_sides_belong_to_one_group(name):
    expected = {'nose': 'nose', 'spine': '*'}.get(name, 'eye')
    groups = dict(nose=['nose'], eye=['eye', 'Eye'])
    assert group_of_keypoints([name], groups) == [expected]


def test_full_names_go_before_names_without_a_side():
    groups = dict(hands=['hand'], master=['right_hand'])
    assert group_of_keypoints(TOY, groups) == ['*', 'hands', 'master']


def test_group_goes_before_the_star():
    table = build_table(TOY, dict(miss=[dict(probs={'hand': .3, '*': .1})]),
                        dict(hand=['hand']))
    np.testing.assert_allclose(table[0, 0, 4], [.1, .3, .3])
    np.testing.assert_allclose(table[0, 0, 0], [.9, .7, .7])
    assert not table[:, :, 1:4].any()


def test_first_rule_that_holds_is_used():
    rules = [
        dict(max_visible=1, min_overlap=1, probs={'*': .1}),
        dict(max_visible=2, probs={'*': .2}),
        dict(min_overlap=2, probs={'*': .3})
    ]
    table = build_table(TOY, dict(swap=rules), {})
    expected = [[.2, .1, .1], [.2, .1, .1], [.2, .2, .2], [0, 0, .3]]
    np.testing.assert_allclose(table[:, :, 3, 0], expected)


def test_empty_table_means_good_poses():
    table = build_table(TOY, {}, {})
    assert table.shape == (4, 1, 5, 3)
    assert (table[:, :, 0] == 1).all()


@pytest.mark.parametrize(('table', 'message'), [
    (dict(jiter=[dict(probs={'*': .1})]),
     r"unknown errors \['jiter'\].*'jitter', 'inversion', 'swap', 'miss'"),
    (dict(good=[dict(probs={'*': .1})]), r"unknown errors \['good'\]"),
    (dict(miss=[dict(max_visble=3, probs={'*': .1})]), 'max_visble'),
    (dict(miss=[dict(max_visible=3)]), "has no `probs`: {.max_visible.: 3}"),
    (dict(miss=[dict(probs={'*': .6})], jitter=[dict(probs={'*': .5})]),
     'negative or add up to more than 1'),
    (dict(miss=[dict(probs={'*': -.1})]),
     'negative or add up to more than 1'),
    (dict(miss=[dict(probs={'head': .1})]),
     r"no probability of 'miss' for the keypoints \['left_hand', "
     r"'right_hand'\].*'\*' for all other"),
])
def test_wrong_tables(table, message):
    with pytest.raises(ValueError, match=message):
        build_table(TOY, table, dict(head=['head']))


def test_release_needs_groups_for_other_skeletons():
    with pytest.raises(ValueError, match=r"keypoints \['head', 'left_hand'"):
        build_table(TOY)


def test_every_group_of_the_release_is_one_of_people():
    for rules in RELEASE_TABLE.values():
        for rule in rules:
            assert set(rule['probs']) == set(PERSON_JOINT_GROUPS)


def test_radii_that_are_not_named_are_uniform():
    radii = build_radii(dict(jitter=[0, .1, 1], miss=[.5, 1, 4]))
    np.testing.assert_array_equal(radii, [[0, .5, 1], [0, .1, 1], [0, .5, 1],
                                          [0, .5, 1], [.5, 1, 4]])
    assert build_radii(None) is None
    assert build_radii({}) is None


@pytest.mark.parametrize(('quantiles', 'message'), [
    (dict(jiter=[0, 1]), r"unknown errors \['jiter'\] in the radius"),
    (dict(good=[0, 1], miss=[0, .5, 1]), r'equally many.*got \[2, 3\]'),
    (dict(good=[0]), r'at least 2, got \[1\]'),
    (dict(good=[.2, .1]), 'must rise'),
    (dict(miss=[-.1, 1]), 'must rise from 0'),
    (dict(swap=[0, 1.1]), 'up to 1 unless the error is a miss'),
])
def test_wrong_radii(quantiles, message):
    with pytest.raises(ValueError, match=message):
        build_radii(quantiles)
