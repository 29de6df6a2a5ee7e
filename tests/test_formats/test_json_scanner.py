"""Changing values of a JSON text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posefix_mm.fileio import load_json
from posefix_mm.formats.json_scanner import (
    field_spans,
    find_fields,
    splice_json,
)

TEXT = (b' {"a" : [1.50, {"b,": "]\\"["}, null ],\n"c":-2e5,'
        b'"d":{"e":[[], 7]}}\n')


def test_all_else_stays_byte_for_byte():
    out = splice_json(TEXT, {
        ('a', 0): b'9',
        ('a', 1, 'b,'): b'"x"',
        ('c', ): b'3',
        ('d', 'e', 1): b'8',
        ('no', 1): b'0',
    })
    assert out == (b' {"a" : [9, {"b,": "x"}, null ],\n"c":3,'
                   b'"d":{"e":[[], 8]}}\n')


def test_nothing_to_do_is_the_same_text():
    assert splice_json(TEXT, {}) is TEXT


@pytest.mark.parametrize(('removed', 'expected'), [
    ([0], b'[ 22, [3], 4]'),
    ([1], b'[1, [3], 4]'),
    ([3], b'[1, 22, [3]]'),
    ([0, 1], b'[ [3], 4]'),
    ([1, 2], b'[1, 4]'),
    ([2, 3], b'[1, 22]'),
    ([0, 3], b'[ 22, [3]]'),
    ([0, 1, 2, 3], b'[]'),
])
def test_removed_elements(removed, expected):
    out = splice_json(b'[1, 22, [3], 4]', {(2, 0): b'5'} if 2 not in removed
                      else {}, [(i, ) for i in removed])
    assert json.loads(out) == json.loads(expected.replace(b'3', b'5'))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4)
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12)


def paths(value, path=()):
    """Every path of a value."""
    yield path
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


@given(VALUES, st.data(), st.sampled_from([None, 2]), st.booleans())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_value_of_any_text(value, data, indent, ascii):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii).encode(
        'utf-8', 'surrogatepass')
    path = data.draw(st.sampled_from(list(paths(value))))
    out = splice_json(text, {path: b'"new"'})
    holder = [json.loads(text)]
    inner, key = holder, 0
    for step in path:
        inner, key = inner[key], step
    inner[key] = 'new'
    assert json.loads(out) == holder[0]


def test_nan_and_long_numbers_are_read():
    assert load_json(b'[1e400, NaN, 123456789012345678901234567890]')[2] == (
        123456789012345678901234567890)


@pytest.mark.parametrize('text', [
    b'', b'[1', b'\xff', b'[' * 5000, '[1]'.encode('utf-16')])
def test_what_is_no_json(text):
    with pytest.raises(ValueError, match='is not valid JSON'):
        load_json(text)


@pytest.mark.parametrize('text', [TEXT, TEXT.replace(b'-2e5', b'NaN')])
def test_fields_of_a_file(text, tmp_path):
    path = tmp_path / 'a.json'
    path.write_bytes(text)
    spans = find_fields(path)
    assert spans == field_spans(text)
    assert {name: text[start:end] for name, (start, end) in spans.items()} == {
        'a': b'[1.50, {"b,": "]\\"["}, null ]',
        'c': text[text.index(b'"c":') + 4:text.index(b',"d"')],
        'd': b'{"e":[[], 7]}'}
