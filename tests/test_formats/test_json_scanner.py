"""Text of JSON: split into elements, searched and changed."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posefix_mm.fileio import load_json
from posefix_mm.formats import json_scanner
from posefix_mm.formats.json_scanner import (
    ByteFile,
    address_of,
    field_spans,
    find_fields,
    iter_elements,
    splice_json,
)

# ------------------------------------------------------------------ elements
FUZZ = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture])
# what could be taken for the end of an element
TRAPS = st.sampled_from(
    ['},', '"},{"', '[', ']', '\\', '\\"', '],[', ', ', '\ud800', 'ä€😀'])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats()
    | st.text(max_size=5) | TRAPS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(max_size=3) | TRAPS, inner, max_size=4),
    max_leaves=15)
LAYOUTS = [dict(), dict(indent=1), dict(separators=(' \t, ', '\r\n: ')),
           dict(ensure_ascii=False, separators=(',', ':'))]


@pytest.fixture
def split(tmp_path, monkeypatch):
    """Split the bytes of a file, in blocks of a few bytes."""

    def run(data, block=64, limit=1 << 14, begin=0):
        monkeypatch.setattr(json_scanner, '_BLOCK', block)
        monkeypatch.setattr(json_scanner, 'MAX_ELEMENT_BYTES', limit)
        (tmp_path / 'list.json').write_bytes(data)
        found = list(iter_elements(ByteFile(tmp_path / 'list.json'), begin))
        for start, end, raw in found:
            assert data[start:end] == raw == raw.strip()
        return [raw for *_, raw in found]

    return run


def written(value, **layout):
    return json.dumps(value, **layout).encode('utf-8', 'surrogatepass')


def parsed(raws):
    """Values as text, in which NaN equals itself."""
    return [repr(json.loads(raw.decode('utf-8', 'surrogatepass'),
                            strict=False)) for raw in raws]


@FUZZ
@given(st.lists(ANYTHING, max_size=8), st.sampled_from(LAYOUTS),
       st.sampled_from([1, 2, 7, 16, 64, 1 << 14]),
       st.sampled_from([b'', b' \n']))
def test_elements_are_those_of_json(split, values, layout, block,
                                    space) -> None:
    raws = split(space + written(values, **layout) + space, block)
    assert parsed(raws) == [
        repr(value)
        for value in json.loads(json.dumps(values))
    ]


@FUZZ
@given(st.lists(ANYTHING, max_size=4), st.sampled_from([3, 16, 1 << 14]),
       st.data())
def test_cut_anywhere_is_refused(split, values, block, data) -> None:
    text = written(values)
    stop = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(ValueError, match='list.json'):
        split(text[:stop], block)


@pytest.mark.parametrize('block', [4, 20, 1 << 14])
def test_cut_everywhere(split, block) -> None:
    text = b'[{"a": "},{", "b": [1, -2.5e3]}, {"a": NaN}, "x\\"", {}]'
    assert len(split(text, block)) == 4
    for stop in range(len(text)):
        with pytest.raises(ValueError, match='list.json'):
            split(text[:stop], block)


@pytest.mark.parametrize('block', [1, 5, 8, 9, 10, 1 << 14])
@pytest.mark.parametrize(('text', 'match'), [
    ('[{"a":1},]', 'byte 9, in element 1'),
    ('[1,]', 'byte 3, in element 1'),
    ('[,1]', 'byte 1, in element 0'),
    ('[{} {}]', 'byte 1, in element 0.*"," or "]" expected, found \'{\''),
    ('[{}, x]', 'byte 5, in element 1'),
    ('[1', 'byte 1, in element 0.*found the end'),
    ('[tru]', 'byte 1, in element 0'),
    ('[{"a"}]', 'byte 1, in element 0'),
    ('[{}]]', 'something follows the list, at byte 4'),
    ('[{}] [{}]', 'something follows the list, at byte 5'),
    ('[] x', 'something follows the list, at byte 3'),
    ('[NaN] \n{', 'something follows the list, at byte 7'),
    ('', 'must hold a list of records, found nothing at byte 0'),
    (' \n', 'must hold a list of records, found nothing at byte 2'),
    (' {"a": []}', "must hold a list of records, found '{' at byte 1"),
    ('"[]"', "must hold a list of records, found '\"' at byte 0"),
])
def test_what_is_no_list(split, text, match, block) -> None:
    with pytest.raises(ValueError, match=f'list.json.*{match}'):
        split(text.encode(), block)


@pytest.mark.parametrize('encoding', ['utf-16', 'utf-16-be'])
def test_other_encodings(split, encoding) -> None:
    """UTF-16 without a mark is no JSON at its second byte."""
    expected = 'is not valid JSON at byte 1|found .* at byte 0' \
        if encoding == 'utf-16-be' else 'begins with a byte order mark'
    with pytest.raises(ValueError, match=expected):
        split('[{"a": 1}]'.encode(encoding))


@pytest.mark.parametrize('block', [2, 1 << 14])
def test_what_is_no_json_but_written(split, block) -> None:
    """Faults of an element are found when it is read, not before."""
    elements = [
        b'{"a": NaN}', b'-Infinity', b'{"a": "tab\t and \x01"}',
        b'"\xff\xfe no UTF-8 },"', b'1' + b'0' * 5000, b'1e999'
    ]
    assert split(b'[' + b' , '.join(elements) + b']', block) == elements


def test_same_keys(split) -> None:
    assert split(b'[{"a":1,"a":2},{}]', 8) == [b'{"a":1,"a":2}', b'{}']


@pytest.mark.parametrize('block', [64, 1 << 20])
@pytest.mark.parametrize('text', [
    b'[' * 100000, b'[' * 100000 + b']' * 100000, b'[{"a":' * 100000,
    b'[1,' + b'[' * 100000
])
def test_nested_deeply(split, text, block) -> None:
    with pytest.raises(ValueError, match='nested too deeply'):
        split(text, block, limit=1 << 22)


@pytest.mark.parametrize('element', [
    b'"' + b'x' * 5000 + b'"',
    b'{"a": [' + b'{"b": 1}, ' * 500 + b'1]}',
    b'"' + b'},' * 2500 + b'"',
])
def test_elements_larger_than_a_block(split, element) -> None:
    """Up to a limit, which bounds the memory."""
    text = b'[1, ' + element + b', {"c": 2}]'
    assert split(text, 64) == [b'1', element, b'{"c": 2}']
    with pytest.raises(
            ValueError, match='element 1 is larger than .*, or not valid'):
        split(text, 64, limit=1 << 10)


def test_reason_of_a_fault_in_a_large_file(split) -> None:
    text = b'[{"a": tru}, ' + b'{"a": 1}, ' * 5000 + b'{}]'
    with pytest.raises(ValueError, match='element 0 .*Expecting value'):
        split(text, 64)


@pytest.mark.parametrize('block', [1, 4, 1 << 14])
def test_list_within_an_object(split, block) -> None:
    """Nothing is asked of what follows it."""
    text = b'{"images": [7], "annotations": [{"a": 1}, {"b": []}], "c": [{}]}'
    begin = text.index(b'[{"a"')
    assert split(text, block, begin=begin) == [b'{"a": 1}', b'{"b": []}']
    assert split(text, block, begin=text.index(b'[7')) == [b'7']


def test_memory_does_not_depend_on_the_file(split, monkeypatch) -> None:
    """No read is longer than a few blocks."""
    lengths = []
    read = ByteFile.read
    monkeypatch.setattr(
        ByteFile, 'read', lambda self, start, end:
        (lengths.append(end - start), read(self, start, end))[1])
    assert len(split(b'[' + b'{"a": [1, 2]}, ' * 3000 + b'null]', 256)) == 3001
    assert max(lengths) == 4096  # white space is looked for in pages


def test_place_of_a_part() -> None:
    import msgspec
    text = b' {"a": [1, 2], "b": "x"}'
    parts = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    assert address_of(parts['a']) - address_of(text) == 7
    assert address_of(parts['b']) - address_of(text) == 20


@pytest.mark.parametrize(('start', 'end', 'expected'), [
    (0, 3, b'012'), (8, 20, b'89'), (10, 12, b''), (5, 5, b''), (6, 3, b'')])
def test_bytes_at_any_place(tmp_path, start, end, expected) -> None:
    (tmp_path / 'a').write_bytes(b'0123456789')
    file = ByteFile(tmp_path / 'a')
    assert file.size == 10
    assert file.read(start, end) == expected


def test_missing_file(tmp_path) -> None:
    path = tmp_path / 'gone.json'
    with pytest.raises(
            FileNotFoundError, match=re.escape(f'{path} does not exist')):
        ByteFile(path)


# -------------------------------------------------------------------- values
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
