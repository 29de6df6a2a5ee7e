"""Whom a joint may be mistaken for, by the rules of others and by ours."""

import numpy as np
import pytest
from toy_people import (
    AREA,
    FLIP,
    METAINFO,
    POSE,
    SIGMAS,
    make_annotations,
    make_person,
    make_record,
    moved,
)

from posefix_mm.diagnosis import diagnose_results, estimate_errors
from posefix_mm.structures.oks import JITTER, MISS, SWAP

LEFT = 1  # hand
FAR = POSE + [150., 150.]
FAR_BOX = [190., 190., 125., 180.]  # no overlap with that of POSE


def statuses(place, *others) -> dict:
    """Status of a left hand at a place by each of the rules."""
    people = [make_person('own'), *others]
    truth = make_annotations(people)
    results = [make_record(moved(LEFT, place))]
    return {
        rules: diagnose_results(results, truth, METAINFO,
                                rules=rules).status[0, LEFT]
        for rules in ('ronchi', 'posefix')
    }


def test_persons_whose_boxes_do_not_overlap() -> None:
    """All persons of an image count, or only those that are near."""
    far = make_person('far', FAR, bbox=FAR_BOX)
    assert statuses(FAR[LEFT], far) == dict(ronchi=SWAP, posefix=MISS)
    assert statuses(FAR[2], far) == dict(ronchi=SWAP, posefix=MISS)
    elsewhere = make_person('far', FAR, bbox=FAR_BOX, image_id=2)
    assert statuses(FAR[LEFT], elsewhere) == dict(ronchi=MISS, posefix=MISS)


@pytest.mark.parametrize(('own', 'other', 'area', 'expected'), [
    # KS of exp(-d^2 / 200) with the own area, and to the other by its own
    (15, 5, 100, MISS),  # .32 and 4e-6
    (15, 5, AREA, SWAP),  # .32 and .88
    (8, 5, 2500, JITTER),  # .73 and .61
    (8, 5, 4500, SWAP),  # .73 and .76
])
def test_each_by_its_own_area(own, other, area, expected) -> None:
    """The greatest similarity, not the least distance."""
    place = POSE[LEFT] + [0, own]
    small = make_person(
        'small', POSE + (place - POSE[LEFT]) + [other, 0.], area=area)
    found = statuses(place, small)
    assert found == dict(ronchi=expected, posefix=SWAP)


def crowd(seed: int) -> tuple:
    """People on people, with joints at the places of others."""
    rng = np.random.default_rng(seed)
    people, results = [], []
    for image_id in range(40):
        poses = [
            POSE * rng.uniform(.7, 1.4) + rng.uniform(-60, 60, 2)
            for _ in range(rng.integers(1, 6))
        ]
        for pose in poses:
            people.append(
                make_person(
                    len(people),
                    pose,
                    image_id=image_id,
                    bbox=[*pose.min(0), *np.ptp(pose, axis=0)],
                    visible=rng.choice([0, 2], 5, p=[.2, .8]),
                    area=float(rng.uniform(3e3, 2e4))))
            found = pose.copy()
            for joint in range(5):
                other = poses[rng.integers(len(poses))]
                if rng.random() < .5:
                    found[joint] = other[rng.choice([joint, FLIP[joint]])]
            found += rng.normal(0, 4, (5, 2))
            results.append(
                make_record(
                    found.astype(np.float32),
                    image_id=image_id,
                    score=float(rng.random())))
    return people, results


def told(joint: np.ndarray, number: int, own: dict, people: list) -> int:
    """The rules in words, one joint at a time."""
    best, kind = 0., MISS
    for person in [own, *(p for p in people if p is not own)]:
        pose = np.reshape(person['keypoints'], (-1, 3))
        for place in dict.fromkeys([number, FLIP[number]]):
            if pose[place, 2] == 0:
                continue
            squared = ((joint - pose[place, :2])**2).sum()
            similarity = np.exp(
                -squared / (2 * person['area'] * (2 * SIGMAS[number])**2))
            if similarity > best:
                best = similarity
                kind = 3 if person is not own else 2 * (place != number)
    if best < .5:
        return MISS
    return JITTER if kind == 0 and best <= .85 else kind


def test_a_crowd_joint_by_joint() -> None:
    """As the rules say in words, in none of some hundred joints otherwise."""
    people, results = crowd(0)
    found = diagnose_results(results, make_annotations(people), METAINFO)
    number = 0
    for row, identity in enumerate(found.annotation_id):
        own = people[identity]
        group = [p for p in people if p['image_id'] == own['image_id']]
        pose = np.reshape(results[found.record_index[row]]['keypoints'],
                          (-1, 3))
        for joint in np.flatnonzero(found.status[row] >= 0):
            number += 1
            assert found.status[row, joint] == told(pose[joint, :2], joint,
                                                    own, group)
    counts = found.count().sum((0, 1))
    assert number > 250 and counts.min() > 20, counts
    near = diagnose_results(
        results, make_annotations(people), METAINFO, rules='posefix')
    assert (near.status != found.status).sum() > 20


def test_tables_to_train_on_need_the_rules_of_the_synthesis() -> None:
    people, results = crowd(1)
    truth = make_annotations(people)
    with pytest.raises(ValueError, match="by them, not 'ronchi'"):
        estimate_errors(diagnose_results(results, truth, METAINFO), METAINFO)
    with pytest.raises(ValueError, match='rules must be one of'):
        diagnose_results(results, truth, METAINFO, rules='mine')
