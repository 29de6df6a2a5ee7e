"""Refine results files of any content: nothing is lost, nothing crashes."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from refine_fuzzing import ANYTHING, GOOD, changed, record_lists

FUZZ = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture,
                           HealthCheck.too_slow])
GOOD_TEXT = json.dumps([GOOD, GOOD]).encode()
TRUTH = dict(
    images=[dict(id='good.jpg', file_name='good.jpg', width=64, height=48)],
    annotations=[
        dict(
            id=1,
            image_id='good.jpg',
            category_id=1,
            keypoints=[2 if i % 3 == 2 else i for i in range(51)],
            num_keypoints=17,
            area=900.,
            bbox=[0, 0, 60, 45],
            iscrowd=0)
    ],
    categories=[dict(id=1, name='person')])


@settings(FUZZ, max_examples=280)
@given(record_lists(), st.booleans())
@example([dict(GOOD, image_id='\ud800')], False)
@example([dict(GOOD, score=10**400)], False)
@example([dict(GOOD, keypoints=[10**400] * 51)], False)
@example([], True)
def test_records(fuzz, records, nms) -> None:
    """Records that are good are refined, or dropped as duplicates."""
    codes = fuzz.run(records, nms=nms)
    good = {codes.get(i) for i, record in enumerate(records) if record == GOOD}
    assert good <= ({None, 'duplicate'} if nms else {None})
    assert not good or len(codes) < len(records)


@settings(FUZZ, max_examples=60)
@given(ANYTHING)
def test_whole_files(fuzz, content) -> None:
    """Anything but a list is refused."""
    if isinstance(content, list):
        fuzz.run(content)
    else:
        with pytest.raises(ValueError, match='must hold a list'):
            fuzz.run(content)


@settings(FUZZ, max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, len(GOOD_TEXT)), st.integers(0, 3),
                  st.binary(max_size=3)), min_size=1, max_size=3))
def test_damaged_files(fuzz, edits) -> None:
    """Bytes that are lost, changed or put in between."""
    data = GOOD_TEXT
    for place, length, new in edits:
        data = data[:place] + new + data[place + length:]
    try:
        fuzz.run_bytes(data)
    except ValueError:
        assert not is_list(data)


def is_list(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), list)
    except (ValueError, RecursionError):
        return False


@pytest.mark.parametrize('field', ['image_id', 'category_id', 'score', 'new'])
def test_endless_numbers(fuzz, field) -> None:
    """Longer than Python converts to text."""
    text = json.dumps([dict(GOOD, **{field: '#'}), GOOD])
    codes = fuzz.run_bytes(text.replace('"#"', '1' + 5000 * '0').encode())
    assert set(codes) == {0} or field == 'new' and not codes


@settings(FUZZ, max_examples=120)
@given(changed(TRUTH) | changed(TRUTH['annotations'][0]).map(
    lambda person: dict(TRUTH, annotations=[person])) | ANYTHING)
def test_annotations(fuzz, content) -> None:
    """An annotation file is refused by name, or everything is done."""
    try:
        codes = fuzz.run([GOOD], ann=content)
    except ValueError as error:
        assert 'ann.json' in str(error)
    else:
        assert set(codes.values()) <= {'image_missing'}
