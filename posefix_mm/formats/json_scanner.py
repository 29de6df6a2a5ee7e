"""Find, read and replace parts of JSON text, also in files beyond memory.

Three levels: the elements of a list in a file (:func:`iter_elements`), the
fields of an object (:func:`find_fields`), and values at any depth of a text
(:func:`splice_json`). NaN and Infinity, which are no JSON but which many
tools write, are read everywhere.
"""
import codecs
import json
import mmap
import os
import re
import weakref
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..fileio import check_file, load_json

#: Where a value is: names of fields and places in lists, from the outside.
JsonPath = tuple[str | int, ...]
#: Where an element of a list is in a file: first byte, byte after the last,
#: and the bytes themselves.
Element = tuple[int, int, bytes]

#: What tools call a list of records in an object around it, best first.
LIST_FIELDS = ('annotations', 'predictions', 'results')
#: How files are called that hold an object a line.
LINES_SUFFIXES = ('.jsonl', '.ndjson')
#: A single element may not be larger: it would be read as a whole.
MAX_ELEMENT_BYTES = 1 << 26
# So much is split at once; bounds the memory, whatever the file.
_BLOCK = 1 << 22
# The first of JSON lines, which is read to tell them, is shorter.
_LINE = 1 << 20

# strings, in which brackets do not count, and brackets
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', re.DOTALL)
_SCALAR = re.compile(rb'[^\s,\]}]*')
_SPACE = re.compile(rb'[ \t\r\n]*')
_TEXT_SPACE = re.compile(r'[ \t\r\n]*')
_OPENING, _CLOSING = (b'[', b'{'), (b']', b'}', b'')
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Accepts what is no JSON but what tools write: NaN, Infinity, control
# characters and numbers that Python does not convert. Whether an element is
# good is checked when it is read.
_LENIENT = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)
# What msgspec raises for text that is no strict JSON.
_NOT_STRICT = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class ByteFile:
    """A file that several threads read at any place.

    Unlike a memory map, what was read does not stay in memory.

    Raises:
        FileNotFoundError: If the file does not exist.
    """

    def __init__(self, path: Path) -> None:
        check_file(path)
        self.path = path
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self.size = os.fstat(self._file).st_size

    def read(self, start: int, end: int) -> bytes:
        """Read the bytes from ``start`` up to ``end`` or the file's end."""
        parts = []
        while start < end:
            part = os.pread(self._file, end - start, start)
            if not part:
                break
            parts.append(part)
            start += len(part)
        return b''.join(parts)

    def skip_space(self, place: int) -> int:
        """Find the first byte from ``place`` on that is no white space."""
        while place < self.size:
            part = self.read(place, place + 4096)
            rest = part.lstrip(b' \t\r\n')
            place += len(part) - len(rest)
            if rest:
                break
        return place


def _first_byte(file: ByteFile) -> int:
    """Where JSON begins, maybe after a byte order mark of UTF-8."""
    mark = codecs.BOM_UTF8  # as spreadsheets and Windows write it
    marked = file.read(0, len(mark)) == mark
    return file.skip_space(len(mark) if marked else 0)


def is_lines(file: ByteFile) -> bool:
    """Whether a file holds an object a line (JSONL), and not a single one."""
    start = _first_byte(file)
    line = file.read(start, start + _LINE).split(b'\n', 1)[0]
    if file.skip_space(start + len(line)) == file.size \
            and file.path.suffix not in LINES_SUFFIXES:
        return False
    try:
        return isinstance(load_json(line), dict)
    except ValueError:
        return False


def find_records(file: ByteFile) -> int:
    """Find where the list of records, one of LIST_FIELDS or all, begins.

    It is 0 where the file is the list, or has a record a line.
    """
    place = _first_byte(file)
    if file.read(place, place + 1) != b'{' or is_lines(file):
        return 0
    fields = find_fields(file.path)
    name = next((n for n in LIST_FIELDS if n in fields), None)
    if name is None:
        raise ValueError(f'{file.path} must hold a list of records, or an '
                         f'object with one called {", ".join(LIST_FIELDS)}; '
                         f'found an object with '
                         f'{", ".join(map(repr, fields)):.80}')
    return fields[name][0]


def iter_elements(file: ByteFile, begin: int = 0) -> Iterator[Element]:
    """Split a JSON list, or JSON lines, into elements, without reading them.

    Well-formed blocks are split by msgspec. What it refuses (``NaN``) is split
    element by element by the standard library. The list begins at ``begin``,
    white space aside; if that is 0, nothing may follow.

    Raises:
        ValueError: If there is no well-formed list; the message names file,
            byte and element.
    """
    count, whole = 0, begin == 0
    place = _first_byte(file) if whole else file.skip_space(begin)
    head = file.read(place, place + 1)
    if head == b'{' and whole and is_lines(file):
        yield from _iter_lines(file)
        return
    if head != b'[':
        if file.read(place, place + 3).startswith(_UTF16_MARKS):
            raise ValueError(f'{file.path} begins with a byte order mark; '
                             'write it as UTF-8 without one')
        found = repr(head.decode('latin-1')) if head else 'nothing'
        raise ValueError(f'{file.path} must hold a list of records, found '
                         f'{found} at byte {place}')
    place = file.skip_space(place + 1)
    closed = file.read(place, place + 1) == b']'
    if closed:
        place += 1
    while not closed:
        try:
            try:
                elements, place, closed = _split_block(file, place)
            except msgspec.DecodeError:
                elements, place, closed = _split_leniently(file, place, count)
        except RecursionError as error:
            raise ValueError(f'{file.path} is nested too deeply, at or after '
                             f'byte {place}; no results file is') from error
        count += len(elements)
        yield from elements
    place = file.skip_space(place)
    if whole and place < file.size:
        raise ValueError(f'{file.path} is not valid JSON: something follows '
                         f'the list, at byte {place}')


def _iter_lines(file: ByteFile) -> Iterator[Element]:
    start = 0
    with open(file.path, 'rb') as lines:
        for line in lines:
            raw = line.strip()
            if raw:
                begin = start + line.index(raw)
                yield begin, begin + len(raw), raw
            start += len(line)


def _split_block(file: ByteFile,
                 place: int) -> tuple[list[Element], int, bool]:
    """Split what lies between ``place`` and the last ``},`` of a block.

    That this is the end of an element is a guess, which is right exactly if
    what lies before is well-formed. Returned are the elements, where the next
    one or the end of the list is, and whether the list has ended.
    """
    block = file.read(place, place + _BLOCK)
    at_end = len(block) < _BLOCK
    cut = -1 if at_end else block.rfind(b'},')
    if cut < 0 and not at_end:
        raise msgspec.DecodeError('no element ends in this block')
    # the list itself ends the last block, and only white space may follow
    text = b'[' + (block if at_end else block[:cut + 1] + b']')
    first = address_of(text) + 1 - place
    elements = []
    for part in msgspec.json.decode(text, type=list[msgspec.Raw]):
        start, raw = address_of(part) - first, bytes(part)
        elements.append((start, start + len(raw), raw))
    if not elements:
        raise msgspec.DecodeError('a comma before the end of the list')
    if at_end:
        return elements, file.size, True
    return elements, file.skip_space(place + cut + 2), False


def _split_leniently(file: ByteFile, place: int, count: int,
                     window: int = 0) -> tuple[list[Element], int, bool]:
    """Split at least one element, and up to a block's worth of them."""
    window = window or _BLOCK
    # every byte a character: places stay the same, and structure is ASCII
    text = file.read(place, place + window).decode('latin-1')
    elements, at = [], 0
    while at < _BLOCK:
        try:
            _, end = _LENIENT.raw_decode(text, at)
            comma = _TEXT_SPACE.match(text, end).end()
            if text[comma:comma + 1] not in (',', ']'):
                found = repr(text[comma]) if text[comma:] else 'the end'
                raise ValueError(f'"," or "]" expected, found {found}')
        except ValueError as error:
            if place + len(text) >= file.size:
                raise ValueError(
                    f'{file.path} is not valid JSON at byte {place + at}, in '
                    f'element {count + len(elements)} of the list: {error}; '
                    'it may be cut off') from error
            if elements:  # cut off by the window
                break
            if 2 * window > MAX_ELEMENT_BYTES:
                raise ValueError(
                    f'{file.path}: element {count} is larger than '
                    f'{MAX_ELEMENT_BYTES >> 20} MiB, or not valid JSON: '
                    f'{error}') from error
            return _split_leniently(file, place, count, 2 * window)
        raw = text[at:end].encode('latin-1')
        elements.append((place + at, place + end, raw))
        if text[comma] == ']':
            return elements, place + comma + 1, True
        at = _TEXT_SPACE.match(text, comma + 1).end()
    return elements, file.skip_space(place + at), False


def find_fields(path: Path) -> dict[str, tuple[int, int]]:
    """Find the values of a JSON file's outermost object, which is mapped.

    Returns:
        dict[str, tuple[int, int]]: First byte and byte after the last of each
        value, by the name of the field.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it does not hold an object; the message names the file.
    """
    check_file(path)
    if not path.stat().st_size:
        raise ValueError(f'{path} is not valid JSON: it is empty')
    with open(path, 'rb') as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return _strict_field_spans(content)
        except _NOT_STRICT:
            text = content[:]
    try:
        value = load_json(text)
    except ValueError as error:
        raise ValueError(f'{path} {error}') from error
    if not isinstance(value, dict):
        raise ValueError(f'{path} must hold an object, got a '
                         f'{type(value).__name__}')
    return field_spans(text)


def read_field(path: Path, name: str) -> Any:
    """Read one field, None without, with the errors of :func:`find_fields`."""
    spans = find_fields(path)
    if name not in spans:
        return None
    try:
        return load_json(ByteFile(path).read(*spans[name]))
    except ValueError as error:
        raise ValueError(f'{path} {error}') from error


def field_spans(text: bytes) -> dict[str, tuple[int, int]]:
    """Find where the values of the outermost object of a valid text lie."""
    try:
        return _strict_field_spans(text)
    except _NOT_STRICT:
        return {key: (start, end)
                for key, start, end in _children(text, _begin(text))}


def _strict_field_spans(text: bytes | mmap.mmap) -> dict[str, tuple[int, int]]:
    fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    first, spans = address_of(text), {}
    for name, value in fields.items():
        start = address_of(value) - first
        spans[name] = start, start + memoryview(value).nbytes
    return spans


def address_of(buffer: Any) -> int:
    """Where in memory bytes begin, those of ``msgspec.Raw`` in their text."""
    return np.frombuffer(buffer, np.uint8).__array_interface__['data'][0]


def splice_json(text: bytes,
                values: dict[JsonPath, bytes],
                removed: Iterable[JsonPath] = ()) -> bytes:
    """Replace values of a valid JSON text; every other byte stays.

    Args:
        text (bytes): The text.
        values (dict[JsonPath, bytes]): New text of values; of paths that the
            text does not have nothing is added.
        removed (Iterable[JsonPath]): Elements of lists that go, with a comma.
    """
    removed = set(removed)
    on_the_way = {path[:n] for path in (*values, *removed)
                  for n in range(len(path))}
    spans: list[Element] = []  # and what comes there

    def walk(path: JsonPath, start: int, end: int) -> None:
        """Look into what leads to the values: as deep as their paths."""
        if path in values:
            spans.append((start, end, values[path]))
        elif path in on_the_way:
            children = [((*path, key), *span)
                        for key, *span in _children(text, start)]
            spans.extend(_removals(children, removed))
            for child in children:
                walk(*child)

    walk((), _begin(text), len(text.rstrip(b' \t\r\n')))
    parts, position = [], 0
    for start, end, new in sorted(spans, key=lambda s: (s[0], -s[1])):
        if start >= position:  # else inside of a part that goes
            parts += text[position:start], new
            position = end
    return b''.join([*parts, text[position:]])


def _removals(elements: list[tuple[JsonPath, int, int]],
              removed: set[JsonPath]) -> Iterator[Element]:
    """Spans of elements to take out, each with one comma beside it."""
    seen = False  # an element that stays, further left
    for place, (path, start, end) in enumerate(elements):
        if path not in removed:
            seen = True
        elif seen:
            yield elements[place - 1][2], end, b''
        elif place + 1 < len(elements):
            yield start, elements[place + 1][1], b''
        else:
            yield start, end, b''


def _begin(text: bytes) -> int:
    """Where the value begins, after a byte order mark and white space."""
    return _skip_space(text, 3 if text.startswith(codecs.BOM_UTF8) else 0)


def _skip_space(text: bytes, at: int) -> int:
    return _SPACE.match(text, at).end()


def _children(text: bytes, begin: int) -> Iterator[tuple[str | int, int, int]]:
    """Key, first byte and byte after the last of what a value holds."""
    kind = text[begin:begin + 1]
    if kind not in _OPENING:
        return
    at = _skip_space(text, begin + 1)
    for key in count():
        if text[at:at + 1] in _CLOSING:
            return
        if kind == b'{':
            end = _end_of_value(text, at)
            key = load_json(text[at:end])
            at = _skip_space(text, _skip_space(text, end) + 1)
        end = _end_of_value(text, at)
        yield key, at, end
        at = _skip_space(text, end)
        if text[at:at + 1] == b',':
            at = _skip_space(text, at + 1)


def _end_of_value(text: bytes, start: int) -> int:
    """Byte after a value."""
    depth = 0
    if text[start:start + 1] not in (b'"', *_OPENING):
        return _SCALAR.match(text, start).end()
    for token in _TOKEN.finditer(text, start):
        depth += (token[0] in _OPENING) - (token[0] in _CLOSING)
        if not depth:
            return token.end()
    return len(text)
