"""posefix_mm.refine: arrays of any shape, kind and value."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import posefix_mm

FUZZ = settings(deadline=None, derandomize=True, max_examples=100)
DTYPES = st.sampled_from(['f8', 'f4', 'f2', 'i8', 'u1', 'b1', 'c8', 'U2', 'O'])
SHAPES = st.sampled_from([(17, 2), (17, 3), (1, 17, 3), (2, 17, 2), (0, 17, 3)]
                         ) | arrays.array_shapes(
                             min_dims=0, max_dims=4, min_side=0, max_side=4)


@given(st.data())
@FUZZ
def test_poses(tiny_predictor, picture, data) -> None:
    """Refined, or as given with a problem, or refused by name."""
    poses = data.draw(arrays.arrays(data.draw(DTYPES), data.draw(SHAPES)))
    try:
        result = posefix_mm.refine(
            picture, poses, predictor=tiny_predictor, num_workers=0)
    except ValueError as error:
        assert 'image 0' in str(error)
        assert poses.shape[-2:] not in ((17, 2), (17, 3)) or \
            poses.dtype.kind not in 'fiub'
        return
    assert len(result.keypoints) == len(result.problems)
    np.testing.assert_array_equal(
        result.refined, [problem is None for problem in result.problems])
    assert np.isfinite(result.keypoints[result.refined]).all()
