"""What is drawn where."""

import numpy as np
import pytest
from mmengine.structures import InstanceData

from posefix_mm.diagnosis import load_skeleton
from posefix_mm.visualization.draw import RefinementDrawer

META = dict(
    keypoint_colors=np.array([[255, 0, 0]], np.uint8),
    keypoint_name2id=dict(nose=0),
    keypoint_id2name={0: 'nose'},
    skeleton_links=[],
    skeleton_link_colors=np.zeros((0, 3), np.uint8),
    dataset_name='one_joint')


@pytest.fixture
def person() -> InstanceData:
    """Moved from (20, 30) to (60, 30)."""
    return InstanceData(
        input_keypoints=np.array([[[20., 30.]]]),
        keypoints=np.array([[[60., 30.]]]),
        keypoint_scores=np.array([[.9]]),
        bboxes=np.array([[10., 20., 70., 40.]]))


def draw(style: str, person: InstanceData, **kwargs) -> np.ndarray:
    image = np.full((60, 80, 3), 100, np.uint8)
    drawer = RefinementDrawer(META, draw_style=style, radius=4, **kwargs)
    return drawer.draw(image, person).astype(int)


def test_refined_alone(person) -> None:
    picture = draw('refined', person)
    assert picture[30, 60].tolist() == [255, 0, 0]
    assert picture[30, 20].tolist() == [100] * 3


def test_input_is_faint_where_both_are_blended(person) -> None:
    picture = draw('blend', person, opacity=.4)
    assert picture[30, 60].tolist() == [255, 0, 0]
    # 0.4 of red over 0.6 of grey
    np.testing.assert_allclose(picture[30, 20], [162, 60, 60], atol=1)


def test_side_by_side(person) -> None:
    picture = draw('side_by_side', person)
    assert picture.shape == (60, 160, 3)
    assert picture[30, 20].tolist() == [255, 0, 0]
    assert picture[30, 60].tolist() == [100] * 3
    assert picture[30, 80 + 60].tolist() == [255, 0, 0]


def test_unsure_keypoints_are_left_out(person) -> None:
    picture = draw('refined', person, kpt_thr=.95)
    assert picture[30, 60].tolist() == [100] * 3


@pytest.mark.parametrize(('style', 'width'), [('side_by_side', 160),
                                              ('blend', 80)])
def test_nobody(style: str, width: int) -> None:
    picture = draw(style, None)
    assert picture.shape == (60, width, 3)
    assert (picture == 100).all()


def test_black_background(person) -> None:
    picture = draw('refined', person, black_background=True)
    assert picture[30, 60].tolist() == [255, 0, 0]
    assert picture[30, 20].tolist() == [0] * 3


def test_style_of_openpose() -> None:
    """Shoulders alone show, and the neck between them."""
    pose, scores = np.zeros((1, 17, 2)), np.zeros((1, 17))
    pose[0, 5:7], scores[0, 5:7] = [(60, 30), (20, 30)], 1
    picture = RefinementDrawer(
        load_skeleton(), draw_style='refined', skeleton_style='openpose',
        radius=4).draw(np.zeros((60, 80, 3), np.uint8), InstanceData(
            input_keypoints=pose, keypoints=pose, keypoint_scores=scores))
    drawn = picture.any(-1)
    assert drawn[30, 20] and drawn[30, 40] and drawn[30, 60]
    assert not drawn[:20].any() and not drawn[40:].any()


def test_unknown_style() -> None:
    with pytest.raises(ValueError, match="skeleton_style must be .*'dots'"):
        RefinementDrawer(META, skeleton_style='dots')
