"""Poses in memory, through supervision."""

import numpy as np
import pytest

from posefix_mm.formats import from_supervision, to_supervision

supervision = pytest.importorskip('supervision')
XY = np.array([[[1., 2], [0, 0]], [[3, 4], [5, np.nan]]])


def test_there_and_back():
    given = supervision.KeyPoints(
        XY, keypoint_confidence=np.array([[.9, .8], [.7, .6]]),
        class_id=np.array([0, 1]), data=dict(name=np.array(['a', 'b'])))
    keypoints, scores = from_supervision(given)
    assert keypoints.dtype == scores.dtype == 'float32'
    np.testing.assert_array_equal(keypoints,
                                  [[[1, 2], [0, 0]], [[3, 4], [0, 0]]])
    np.testing.assert_allclose(scores, [[.9, 0], [.7, 0]])
    keypoints[0, 0] = 8, 9
    back = to_supervision(keypoints, scores, template=given)
    np.testing.assert_array_equal(back.xy[0, 0], [8, 9])
    np.testing.assert_array_equal(back.class_id, [0, 1])
    np.testing.assert_array_equal(back.data['name'], ['a', 'b'])
    np.testing.assert_allclose(back.keypoint_confidence, scores)
    np.testing.assert_array_equal(given.xy[0, 0], [1, 2])


def test_without_confidence_and_without_poses():
    keypoints, scores = from_supervision(supervision.KeyPoints(XY[:1]))
    np.testing.assert_array_equal(scores, [[1, 0]])
    keypoints, scores = from_supervision(supervision.KeyPoints.empty())
    assert keypoints.shape == (0, 0, 2) and scores.shape == (0, 0)
    back = to_supervision(np.zeros((1, 3, 2)), np.ones((1, 3)))
    assert back.xy.shape == (1, 3, 2)


def test_results_of_transformers_come_in():
    result = [dict(
        keypoints=[[[1., 2.], [3., 4.]]], scores=[[.5, .6]], labels=[[0, 1]])]
    torch = pytest.importorskip('torch')
    result = [{k: torch.tensor(v[0]) for k, v in result[0].items()}]
    keypoints, scores = from_supervision(
        supervision.KeyPoints.from_transformers(result))
    np.testing.assert_array_equal(keypoints, [[[1, 2], [3, 4]]])
    np.testing.assert_allclose(scores, [[.5, .6]])


@pytest.mark.parametrize(('shape', 'scores', 'template', 'message'), [
    ((2, 3), (2, 3), None, r'needed, got \(2, 3\)'),
    ((2, 3, 3), (2, 3), None, r'needed, got \(2, 3, 3\)'),
    ((2, 3, 2), (2, 4), None, r'and \(2, 4\)'),
    ((1, 2, 2), (1, 2), XY, 'the template has 2 poses, got 1'),
])
def test_shapes_are_checked(shape, scores, template, message):
    template = None if template is None else supervision.KeyPoints(template)
    with pytest.raises(ValueError, match=message):
        to_supervision(np.zeros(shape), np.zeros(scores), template=template)


def test_other_objects():
    with pytest.raises(TypeError, match='supervision.KeyPoints is needed, '
                       'got a ndarray'):
        from_supervision(XY)
