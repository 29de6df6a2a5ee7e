"""Which persons count, with which areas, and who is near whom."""

import numpy as np
import pytest
from toy_people import (
    AREA,
    BOX,
    NEAR,
    NEAR_BOX,
    POSE,
    make_annotations,
    make_person,
)

from posefix_mm.diagnosis import load_people


def load(*people, **options):
    return load_people(make_annotations(people), 5, **options)


def test_crowds_and_persons_without_joints_do_not_count():
    people = load(
        make_person(3), make_person(4, iscrowd=1),
        make_person(5, visible=[0] * 5), dict(id=6, image_id=1, bbox=BOX),
        make_person(7, NEAR, bbox=NEAR_BOX, visible=[1, 0, 0, 2, 0]))
    assert people.annotation_id == [3, 7]
    assert people.num_overlap.tolist() == [1, 1]
    assert people.visible[1].tolist() == [True, False, False, True, False]
    np.testing.assert_array_equal(people.keypoints[0], POSE)


@pytest.mark.parametrize(('shift', 'near'), [(0, 1), (102, 1), (103, 0)])
def test_near_from_an_iou_of_a_tenth(shift, near):
    """Shifted by s of 125 pixels the IoU is (125 - s) / (125 + s)."""
    moved = [BOX[0] + shift, *BOX[1:]]
    people = load(make_person(1), make_person(2, bbox=moved))
    assert people.num_overlap.tolist() == [near, near]


def test_persons_of_other_images_are_not_near():
    people = load(make_person(1), make_person(2, image_id=2))
    assert people.num_overlap.tolist() == [0, 0]


def test_areas():
    person = make_person(1)
    assert load(person).band_area.tolist() == [AREA]
    people = load(person, area='bbox')
    assert people.area.tolist() == [AREA]
    assert people.band_area.tolist() == [125 * 180]
    del person['area']
    assert load(person).area.tolist() == [.53 * 125 * 180]
    with pytest.raises(ValueError, match="one of .*'annotation', 'bbox'.*'x'"):
        load(person, area='x')


def test_boxes_end_with_the_image():
    """As in mmpose's data sets: 0 to 99 in an image of 100 pixels."""
    images = [dict(id=1, width=100, height=400)]
    content = make_annotations([make_person(1, bbox=[-10, 40, 200, 100])],
                               images)
    assert load_people(content, 5, area='bbox').band_area.tolist() == [9900]


def test_boxes_of_the_joints():
    """The joints extend over 100 x 150 pixels."""
    people = load(make_person(1), area='bbox', pose_box_expand=1.2)
    np.testing.assert_allclose(people.band_area, 120 * 180, rtol=1e-6)


@pytest.mark.parametrize(('content', 'message'), [
    ([], 'must be an object with a list `annotations`.*got a list'),
    (dict(annotations=3), 'a list `annotations`'),
    (make_annotations([dict(make_person(1), keypoints=[1, 2, 3])]),
     'annotation 1 must have 15 numbers as keypoints, got 3'),
    (make_annotations([dict(make_person(1), bbox=[0, 0, None, 1])]),
     'annotation 1 must have 4 numbers as bbox, got .0, 0, None, 1'),
    (make_annotations([make_person(1, category_id='a')]),
     "annotation 1: category_id must be a number, got 'a'"),
    (make_annotations([make_person(1, area='big')]),
     "annotation 1: area must be a number, got 'big'"),
    (make_annotations([make_person(1), make_person([2])]),
     r'annotation \[2\]: id must be a number, got \[2\]'),
    (make_annotations([make_person(1, image_id={})], []),
     'annotation 1: image_id must be a number or text, got {}'),
    (make_annotations([make_person(1, iscrowd=1)]),
     'no person of the annotations has numbers for the'),
    (dict(annotations=['x']), 'annotation number 0 is no object'),
])
def test_wrong_annotations(content, message):
    with pytest.raises(ValueError, match=message):
        load_people(content, 5)


def test_missing_fields_are_named():
    person = make_person(1)
    del person['bbox'], person['id']
    with pytest.raises(ValueError, match='number 0 has no id, bbox'):
        load(person)
