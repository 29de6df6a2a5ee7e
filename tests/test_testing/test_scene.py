"""Tests of composed images and their annotations."""

import dataclasses

import numpy as np
import pytest

from posefix_mm.testing import draw_scene
from posefix_mm.testing.body import ANGLES, Build, solve_body
from posefix_mm.testing.painting import sample_look
from posefix_mm.testing.scene import Scene, annotate, render, sample_scene

WIDTH, HEIGHT = 160, 120
GREY = 128


def standing_actor(x=80.0, yaw=0.0, seed=0, arms_forward=0.0, **changes):
    """Return a person standing upright, arms slightly spread."""
    angles = dict.fromkeys(ANGLES, 0.0)
    angles |= {'left.abduct': 25.0, 'right.abduct': 25.0,
               'left.flex': arms_forward, 'right.flex': arms_forward}
    body = solve_body(angles, build=Build(), height=100, yaw=yaw)
    look = sample_look(np.random.default_rng(seed))
    return body.moved(x, 60.0), dataclasses.replace(
        look, **{'long_hair': False, **changes})


def flat_scene(actors, occluders=()):
    """Return a scene with a plain grey background."""
    background = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
    return Scene(background, tuple(actors), tuple(occluders),
                 np.array([0.0, -1.0]))


def flags(annotation):
    """Return the 17 visibility flags of an annotation."""
    return np.array(annotation['keypoints'][2::3])


def annotate_all(scene):
    """Render a scene and annotate its people."""
    image, people, instances = render(scene)
    return image, [annotate(actor, parts, instances, number + 1)
                   for number, (actor, parts) in enumerate(
                       zip(scene.actors, people, strict=True))]


@pytest.fixture(scope='module')
def scenes():
    """Return the annotations of thirty images and the images' maps."""
    found = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        found.append(draw_scene(rng, (WIDTH, HEIGHT)))
    return found


def test_same_generator_state_gives_the_same_scene():
    (first, people), (second, same) = (
        draw_scene(np.random.default_rng(5), (WIDTH, HEIGHT))
        for _ in range(2))
    assert np.array_equal(first, second)
    assert people == same
    other, _ = draw_scene(np.random.default_rng(6), (WIDTH, HEIGHT))
    assert np.abs(first.astype(int) - other).mean() > 5


def test_image_type_and_annotation_schema(scenes):
    keys = {'category_id', 'iscrowd', 'bbox', 'area', 'num_keypoints',
            'keypoints'}
    for image, people in scenes:
        assert image.shape == (HEIGHT, WIDTH, 3)
        assert image.dtype == np.uint8
        assert 1 <= len(people) <= 5
        for person in people:
            assert set(person) == keys
            assert (person['category_id'], person['iscrowd']) == (1, 0)
            assert len(person['keypoints']) == 51
            assert set(flags(person)) <= {0, 1, 2}
            assert person['num_keypoints'] == np.count_nonzero(flags(person))
            assert person['num_keypoints'] >= 3
            assert person['area'] >= 40


def test_joints_lie_inside_image_and_box(scenes):
    for _, people in scenes:
        for person in people:
            joints = np.reshape(person['keypoints'], (17, 3))
            assert (joints[joints[:, 2] == 0] == 0).all()
            xy = joints[joints[:, 2] > 0, :2]
            assert (xy >= 0).all()
            assert (xy <= (WIDTH - 1, HEIGHT - 1)).all()
            x, y, width, height = person['bbox']
            assert x >= 0 and x + width <= WIDTH
            assert y >= 0 and y + height <= HEIGHT
            assert (xy >= np.array([x, y]) - 1.5).all()
            assert (xy <= np.array([x + width, y + height]) + 0.5).all()


def test_all_visibility_flags_occur(scenes):
    counts = np.bincount(np.concatenate(
        [flags(person) for _, people in scenes for person in people]),
        minlength=3)
    share = counts / counts.sum()
    assert share[0] > 0.01
    assert 0.1 < share[1] < 0.6
    assert share[2] > 0.4


def test_visible_joints_and_area_agree_with_the_painted_mask():
    covered, total = 0, 0
    for seed in range(15):
        scene = sample_scene(np.random.default_rng(seed), (WIDTH, HEIGHT), 3)
        _, people, instances = render(scene)
        for number, parts in enumerate(people, start=1):
            annotation = annotate(scene.actors[number - 1], parts, instances,
                                  number)
            visible = instances == number
            assert annotation['area'] == max(1, visible.sum())
            joints = np.reshape(annotation['keypoints'], (17, 3))
            seen = np.rint(joints[joints[:, 2] == 2, :2]).astype(int)
            covered += visible[seen[:, 1], seen[:, 0]].sum()
            total += len(seen)
    assert total > 200
    assert covered / total > 0.95


def test_joints_are_drawn_where_they_are_annotated():
    actor = standing_actor(shirt=(20., 20., 220.), trousers=(220., 20., 20.),
                           skin=(60., 200., 60.), shoes=(10., 10., 10.))
    image, (annotation,) = annotate_all(flat_scene([actor]))
    joints = np.reshape(annotation['keypoints'], (17, 3))
    assert (joints[:, 2] == 2).all()
    column, row = np.rint(joints[:, :2]).astype(int).T
    change = np.abs(image[row, column].astype(int) - GREY).max(axis=1)
    assert change.min() > 20


def test_box_and_area_match_the_drawn_pixels():
    actor = standing_actor()
    image, people, instances = render(flat_scene([actor]))
    annotation = annotate(actor, people[0], instances, 1)
    rows, columns = np.nonzero(instances)
    assert annotation['bbox'] == [
        columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
    assert annotation['area'] == len(rows)
    changed = (image != GREY).any(axis=2)
    assert changed[instances > 0].mean() > 0.97


def test_left_is_on_the_right_of_a_frontal_person():
    _, (front, back) = annotate_all(
        flat_scene([standing_actor(40.0), standing_actor(120.0, yaw=180.0)]))
    for person, sign in ((front, 1), (back, -1)):
        x = np.array(person['keypoints'][0::3])
        assert (sign * (x[1::2] - x[2::2]) > 2).all()


def test_face_is_hidden_from_behind():
    _, (front, back) = annotate_all(
        flat_scene([standing_actor(40.0), standing_actor(120.0, yaw=180.0)]))
    assert flags(front)[:3].tolist() == [2, 2, 2]
    assert flags(back)[:3].tolist() == [1, 1, 1]


def test_far_side_is_hidden_in_profile():
    # At yaw 90 the left side is the nearer one.
    actor = standing_actor(yaw=90.0, arms_forward=80.0)
    _, (person,) = annotate_all(flat_scene([actor]))
    assert flags(person)[5] == 2 and flags(person)[6] == 1
    assert flags(person)[11] == 2 and flags(person)[12] == 1


def test_people_behind_others_are_flagged_occluded():
    actors = [standing_actor(seed=seed, sleeve=2.0, trouser_length=2.0)
              for seed in (1, 2)]
    _, (behind, before) = annotate_all(flat_scene(actors))
    assert (flags(behind) == 1).all()
    assert behind['num_keypoints'] == 17
    assert behind['area'] == 1
    assert (flags(before) == 2).all()


def test_occluders_hide_people_they_are_painted_over():
    wall = ((np.array([[0., 60.], [159., 60.], [159., 119.], [0., 119.]]),
             (0., 0., 0., 0.), (0., 0., 0.)),)
    actors = [standing_actor(40.0), standing_actor(120.0)]
    _, (far, near) = annotate_all(flat_scene(actors, [(0, wall)]))
    assert (flags(far)[:7] == 2).all()
    assert (flags(far)[13:] == 1).all()
    assert (flags(near) == 2).all()


def test_truncated_people_lose_the_joints_outside():
    _, (person,) = annotate_all(flat_scene([standing_actor(x=0.0)]))
    joints = np.reshape(person['keypoints'], (17, 3))
    assert (joints[[6, 8, 10, 12, 14, 16]] == 0).all()
    assert (joints[[5, 7, 9, 11, 13, 15], 2] == 2).all()
    assert person['bbox'][0] == 0
    assert person['num_keypoints'] < 17


def test_requested_number_of_people_is_an_upper_bound():
    for count in (1, 4):
        numbers = [len(draw_scene(np.random.default_rng(s), (WIDTH, HEIGHT),
                                  num_people=count)[1]) for s in range(5)]
        assert min(numbers) >= 1
        assert max(numbers) == count


@pytest.mark.parametrize('size', [(64, 64), (97, 211)])
def test_other_image_sizes(size):
    image, people = draw_scene(np.random.default_rng(1), size)
    assert image.shape == (size[1], size[0], 3)
    assert people


@pytest.mark.parametrize(('arguments', 'message'), [
    ({'image_size': (32, 240)}, r'image_size must be .* 64, got \(32, 240\)'),
    ({'image_size': (320.5, 240)}, 'image_size must be .* integers'),
    ({'image_size': (320, 240, 3)}, 'image_size must be'),
    ({'num_people': 0}, 'num_people must be None or 1 to 12, got 0'),
    ({'num_people': 13}, 'num_people must be None or 1 to 12, got 13'),
])
def test_bad_arguments_are_refused(arguments, message):
    complete = {'rng': np.random.default_rng(0), **arguments}
    with pytest.raises(ValueError, match=message):
        draw_scene(**complete)
