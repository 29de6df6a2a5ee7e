"""Who is shown, and their pictures as data URIs and SVG elements."""

import base64
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from posefix_mm.visualization.report.people import (
    PICTURE_SIDE,
    PictureError,
    choose_people,
    make_picture,
)

POSE = np.array([[100., 60.], [140., 60.], [140., 160.]])
LINKS = [[0, 1], [1, 2]]


@pytest.fixture
def photo():
    image = np.full((1200, 900, 3), 40, np.uint8)
    image[50:70, 90:110] = 255  # about the first joint
    return image


def decode(uri: str) -> np.ndarray:
    kind, _, data = uri.partition(',')
    assert kind == 'data:image/jpeg;base64'
    return cv2.imdecode(
        np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)


def joints(svg: str) -> list:
    """Centres of the dots of a drawing, in its units."""
    root = ElementTree.fromstring(svg)
    assert root.get('viewBox').split()[:2] == ['0', '0']
    return [(float(e.get('x')), float(e.get('y'))) for e in root.iter()
            if e.tag.endswith('}use')]


def picture_of(photo, poses, visible):
    return make_picture(photo, poses, visible, [{}] * len(poses), LINKS, 'a')


@pytest.mark.parametrize('scale', [1., 6.])
def test_joints_lie_on_the_photo(photo, scale) -> None:
    """Six times as large, the picture is a smaller one of the photo."""
    pose = POSE if scale == 1 else POSE * [6, 7]
    picture = picture_of(photo, [pose, pose + 5], [np.ones(3)] * 2)
    image = decode(picture.uri)
    assert image.shape[:2] == (picture.height, picture.width)
    assert max(image.shape) <= PICTURE_SIDE
    root = ElementTree.fromstring(picture.poses[0])
    np.testing.assert_allclose(
        [float(v) for v in root.get('viewBox').split()[2:]],
        [picture.width, picture.height])
    if scale == 1:
        x, y = joints(picture.poses[0])[0]
        assert image[int(y), int(x)].min() > 240
        # the shift of the second pose is the same in the picture
        np.testing.assert_allclose(
            joints(picture.poses[1])[0], (x + 5, y + 5), atol=.011)


def test_absent_joints_are_not_drawn(photo) -> None:
    picture = picture_of(photo, [POSE], [np.array([1, 0, 1])])
    assert len(joints(picture.poses[0])) == 2


def test_no_joint(photo) -> None:
    with pytest.raises(PictureError, match='no joint is present'):
        picture_of(photo, [POSE], [np.zeros(3)])


CHANGE = np.array([.1, -.3, .5, 0., np.nan, -.1, .2, .05])


def test_extremes_come_first() -> None:
    groups = choose_people(CHANGE, 2, signed=True)
    assert groups['improved'].tolist() == [2, 6]
    assert groups['damaged'].tolist() == [1, 5]
    assert set(groups['random']) <= {0, 3, 4, 7}
    assert len(groups['random']) == 2


def test_nobody_is_shown_twice() -> None:
    groups = choose_people(CHANGE, 100, signed=True)
    assert groups['improved'].tolist() == [2, 6, 0, 7]
    assert groups['damaged'].tolist() == [1, 5]
    assert groups['random'].tolist() == [3, 4]


def test_moves_have_no_sign() -> None:
    groups = choose_people(np.abs(CHANGE), 3, signed=False)
    assert groups['moved'].tolist() == [2, 1, 6]
    assert sorted(groups) == ['moved', 'random']


def test_seed() -> None:
    change = np.zeros(1000)
    samples = [
        choose_people(change, 5, signed=True, seed=s)['random'].tolist()
        for s in (0, 0, 1)
    ]
    assert samples[0] == samples[1] != samples[2]


def test_none() -> None:
    groups = choose_people(CHANGE, 0, signed=True)
    assert [len(g) for g in groups.values()] == [0, 0, 0]
