"""Pictures of people as data URIs and SVG paths."""

import base64

import cv2
import numpy as np
import pytest

from posefix_mm.visualization.report.pose_pictures import (
    PICTURE_SIDE,
    PictureError,
    draw_paths,
    take_picture,
)

POSE = np.array([[100., 60.], [140., 60.], [140., 160.]])
LINKS = [[0, 1], [1, 2]]


@pytest.fixture
def photo(tmp_path):
    image = np.full((1200, 900, 3), 40, np.uint8)
    image[50:70, 90:110] = 255  # about the first joint
    cv2.imwrite(str(tmp_path / 'photo.png'), image)
    return tmp_path / 'photo.png'


def decode(uri: str) -> np.ndarray:
    kind, _, data = uri.partition(',')
    assert kind == 'data:image/jpeg;base64'
    return cv2.imdecode(
        np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)


def first_point(path: str) -> tuple:
    x, y = path[1:path.index('h')].split()
    return float(x), float(y)


@pytest.mark.parametrize('scale', [1., 6.])
def test_joints_lie_on_the_photo(photo, scale) -> None:
    """Six times as large, the picture is a smaller one of the photo."""
    pose = POSE if scale == 1 else POSE * [6, 7]
    picture = take_picture(photo, [pose, pose + 5], [np.ones(3)] * 2,
                           [None, None], LINKS)
    image = decode(picture.uri)
    assert image.shape[:2] == (picture.height, picture.width)
    assert max(image.shape) <= PICTURE_SIDE
    if scale == 1:
        x, y = first_point(picture.poses[0].joints[0][1])
        assert image[int(y), int(x)].min() > 240
        # the shift of the second pose is the same in the picture
        assert first_point(picture.poses[1].joints[0][1]) == (x + 5, y + 5)


def test_joints_by_outcome() -> None:
    drawn = draw_paths(POSE, [1, 1, 1], np.array([4, -1, 4]), LINKS)
    assert drawn.joints == [('unknown', 'M140.0 60.0h0'),
                            ('miss', 'M100.0 60.0h0M140.0 160.0h0')]
    assert drawn.limbs == 'M100.0 60.0L140.0 60.0M140.0 60.0L140.0 160.0'


def test_absent_joints_are_not_drawn() -> None:
    drawn = draw_paths(POSE, [1, 0, 1], None, LINKS)
    assert drawn.limbs == ''
    assert drawn.joints == [('unknown', 'M100.0 60.0h0M140.0 160.0h0')]


def test_not_an_image(tmp_path) -> None:
    (tmp_path / 'a.jpg').write_text('text')
    with pytest.raises(PictureError, match='the file is not an image'):
        take_picture(tmp_path / 'a.jpg', [POSE], [np.ones(3)], [None], LINKS)


def test_no_joint(photo) -> None:
    with pytest.raises(PictureError, match='no joint is present'):
        take_picture(photo, [POSE], [np.zeros(3)], [None], LINKS)
