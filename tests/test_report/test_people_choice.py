"""Who is shown."""

import numpy as np
import pytest

from posefix_mm.visualization.report.people_choice import choose_people

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
    with pytest.raises(ValueError, match='must not be negative, got -1'):
        choose_people(CHANGE, -1, signed=True)
