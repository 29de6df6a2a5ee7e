"""Evaluate anything against good annotations, and anything as annotations."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from refine_fuzzing import ANYTHING, GOOD, changed, record_lists

from posefix_mm.diagnosis import load_skeleton
from posefix_mm.evaluation import STATISTICS, evaluate_keypoints
from posefix_mm.evaluation.explain_mismatch import explain

FUZZ = settings(deadline=None, derandomize=True)
COCO = load_skeleton()
PERSON = dict(
    id=1,
    image_id='good.jpg',
    category_id=1,
    keypoints=GOOD['keypoints'],
    num_keypoints=17,
    area=900.,
    bbox=[20, 10, 20, 30],
    iscrowd=0)
TRUTH = dict(
    images=[dict(id='good.jpg', file_name='good.jpg', width=64, height=48)],
    annotations=[PERSON],
    categories=[dict(id=1, name='person')])


def check(explanations: list) -> None:
    """Counts are counts, and all of it is JSON."""
    for explanation in explanations:
        assert 0 <= explanation.count <= explanation.total
        assert explanation.text
        assert explanation.remedy
        json.dumps([explanation.count, explanation.total])


@settings(FUZZ, max_examples=100)
@given(record_lists())
def test_results(records) -> None:
    """A perfect pose is found whatever else there is, if it is ranked."""
    statistics = evaluate_keypoints(TRUTH, records, COCO['sigmas'])
    assert tuple(statistics) == STATISTICS
    assert np.isfinite(list(statistics.values())).all()
    if GOOD in records and len(records) <= 20:
        assert statistics['AR'] > 99.9
    check(explain(TRUTH, records, COCO))


@settings(FUZZ, max_examples=100)
@given(
    changed(TRUTH) | changed(PERSON).map(
        lambda person: dict(TRUTH, annotations=[person])) | st.dictionaries(
            st.sampled_from(list(TRUTH)), ANYTHING, min_size=1))
def test_annotations(annotations) -> None:
    """Whatever they are, they are explained."""
    check(explain(annotations, [GOOD, GOOD], COCO))
