"""What refinement did to every joint."""

import json

import numpy as np
import pytest
import toy_people as toy

from posefix_mm.diagnosis import compare_results
from posefix_mm.visualization.report.page import (
    joint_table,
    signed,
    trend_of,
)

METAINFO = dict(toy.METAINFO, skeleton_links=[[0, 1], [0, 2], [0, 3], [0, 4]])
# the left hand 100 px off before, right after; the right hand the other way
BEFORE = [toy.make_record(toy.moved(1, [50., 200.]))]
AFTER = [toy.make_record(toy.moved(2, [150., 0.]))]


@pytest.fixture
def compare(tmp_path):

    def run(annotations):
        for name, records in (('before', BEFORE), ('after', AFTER)):
            (tmp_path / name).write_text(json.dumps(records))
        return compare_results(tmp_path / 'before', tmp_path / 'after',
                               METAINFO, annotations)

    return run


@pytest.fixture
def annotated(compare):
    person = toy.make_person(1, visible=(2, 2, 2, 2, 0))
    return compare(toy.make_annotations([person]))


def test_rows(annotated) -> None:
    columns, rows, change = joint_table(annotated)
    assert columns == ['annotated', 'good', 'mean KS', 'change', 'median move']
    found = {name: [tuple(cell) for cell in row] for name, row in rows.items()}
    # from x 50 to 150 and y 50 to 200, the input pose is 150 px large
    assert found['left_hand'] == [('1', ''), ('0.0% \u2192 100.0%', ''),
                                  ('0.000 \u2192 1.000', ''),
                                  ('+1.000', 'gain'), ('66.7%', '')]
    assert found['right_hand'][1:4] == [('100.0% \u2192 0.0%', ''),
                                        ('1.000 \u2192 0.000', ''),
                                        ('-1.000', 'loss')]
    assert found['nose'][3] == ('0.000', '')
    assert found['right_foot'] == [('0', ''), ('\u2013', ''), ('\u2013', ''),
                                   ('\u2013', ''), ('0.0%', '')]
    np.testing.assert_allclose(change, [0, 1, -1, 0, np.nan], atol=1e-9)


def test_without_annotations(compare) -> None:
    found = compare(None)
    columns, rows, moved = joint_table(found)
    assert columns == ['median move', '90th percentile']
    assert [c.text for c in list(rows.values())[1]] == ['66.7%', '66.7%']
    assert moved.round(3).tolist() == [0, .667, .667, 0, 0]


@pytest.mark.parametrize(('value', 'form', 'text'), [
    (-.04, '+.1f', '0.0'),
    (.04, '+.1f', '0.0'),
    (.05001, '+.1f', '+0.1'),
    (-2, '+.1f', '-2.0'),
    (0, '.1%', '0.0%'),
    (-.0004, '+.3f', '0.000'),
    (10, '+.1f', '+10.0'),
    (100, '.1f', '100.0'),
])
def test_signs(value, form, text) -> None:
    assert signed(value, form) == text


def test_trends() -> None:
    assert list(map(trend_of,
                    (.1, -.1, 0., np.nan))) == ['gain', 'loss', '', '']
