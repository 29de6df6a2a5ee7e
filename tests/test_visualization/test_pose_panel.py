"""One picture of several crops."""

import numpy as np
import pytest

from posefix_mm.diagnosis import load_skeleton
from posefix_mm.visualization.draw import CropPoses, pose_panel


@pytest.fixture(scope='module')
def metainfo() -> dict:
    return load_skeleton()


def one_joint(x: float, y: float) -> tuple:
    pose = np.full((17, 2), -1.)
    pose[0] = x, y
    return pose, np.arange(17) == 0


def test_joints_lie_on_enlarged_crops(metainfo) -> None:
    """Pixel (5, 10) of a crop is enlarged four times: its centre at 21.5."""
    image = np.zeros((16, 12, 3), np.uint8)
    pose, visible = one_joint(5., 10.)
    panel = pose_panel([
        CropPoses(image, [pose, None], [visible, None]),
        CropPoses(image, [None, pose], [None, visible])
    ], ['left', 'right'],
                       metainfo,
                       height=64)
    assert panel.shape == (22 + 2 * 64, 2 * 48, 3)
    drawn = panel[22:].max(-1) > 0
    for rows, columns in ((slice(0, 64), slice(0, 48)), (slice(64, 128),
                                                         slice(48, 96))):
        places = np.argwhere(drawn[rows, columns])
        np.testing.assert_allclose(places.mean(0), [41.5, 21.5], atol=.6)
    assert not drawn[:64, 48:].any() and not drawn[64:, :48].any()


def test_header_is_white_with_text(metainfo) -> None:
    image = np.zeros((16, 12, 3), np.uint8)
    panel = pose_panel([CropPoses(image, [None], [None])], ['title'],
                       metainfo,
                       height=128)
    assert panel[0].min() == 255
    assert panel[:22].min() < 60
    assert panel[22:].max() == 0
