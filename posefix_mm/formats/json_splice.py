"""Change values of a JSON text and leave every other byte as it is."""
import json
import re
from typing import Any, Dict, Iterable, Iterator, List, Tuple, Union

import orjson

#: Where a value is: names of fields and places in lists, from the outside.
JsonPath = Tuple[Union[str, int], ...]

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKET = re.compile(_STRING.pattern + rb'|[{}\[\]]', re.DOTALL)
_SCALAR = re.compile(rb'[^\s,\]}]*')
_NUMBERS = re.compile(rb'\[[^{}\[\]"]*\]')
_NUMBER = re.compile(rb'[^\s,]+')
_SPACE = re.compile(rb'[ \t\r\n]*')
_LISTS, _CONTAINERS, _CLOSING = b'[', b'{[', b'}]'
_QUOTE, _COMMA = b'"', b','

#: What to look for below a value, by key; or the new text of one.
_Tree = Dict[Union[str, int], Any]
# First byte, byte after the last, and what comes there.
_Span = Tuple[int, int, bytes]


def load_json(text: bytes) -> Any:
    """Parse JSON, with NaN and Infinity as Python writes them.

    Args:
        text (bytes): UTF-8.

    Returns:
        Any: Its content.

    Raises:
        ValueError: If it is not JSON, or nested too deeply.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:  # what orjson lacks: NaN, numbers of any length
            return json.loads(text.decode())
        except (ValueError, RecursionError):
            raise ValueError(f'is not valid JSON: {error}') from error


def splice_json(text: bytes,
                values: Dict[JsonPath, bytes],
                removed: Iterable[JsonPath] = ()) -> bytes:
    """Put new values into a JSON text.

    Args:
        text (bytes): Valid JSON.
        values (Dict[JsonPath, bytes]): New text of values. Paths that the
            text does not have are added nowhere.
        removed (Iterable[JsonPath]): Elements of lists to take out, with
            their comma.

    Returns:
        bytes: The text; what was not asked for is byte for byte as it was.
    """
    removed = set(removed)
    if not values and not removed:
        return text
    spans: List[_Span] = []
    if () in values:
        start = _SPACE.match(text).end()
        spans.append((start, _end_of_value(text, start), values[()]))
    else:
        _find(text, _SPACE.match(text).end(), _as_tree(values), spans)
    for path in {path[:-1] for path in removed}:
        elements = _elements_at(text, path)
        kept = [(*path, i) not in removed for i in range(len(elements))]
        spans += _removals(elements, kept)
    return _replace(text, spans)


def field_spans(text: bytes) -> Dict[str, Tuple[int, int]]:
    """Find where the values of the outermost object lie.

    Args:
        text (bytes): Valid JSON.

    Returns:
        Dict[str, Tuple[int, int]]: First byte and byte after the last of each
        value, by the name of the field.
    """
    begin = _SPACE.match(text).end()
    return {key: (start, end) for key, start, end in _children(text, begin)}


def _removals(elements: List[Tuple[int, int]],
              kept: List[bool]) -> Iterator[_Span]:
    """Spans of elements to take out, each with one comma beside it."""
    seen = False  # an element that stays, further left
    for place, (start, end) in enumerate(elements):
        if kept[place]:
            seen = True
        elif seen:
            yield elements[place - 1][1], end, b''
        elif place + 1 < len(elements):
            yield start, elements[place + 1][0], b''
        else:
            yield start, end, b''


def _replace(text: bytes, spans: List[_Span]) -> bytes:
    """Replace parts of a text; those inside of another part are left out."""
    parts, position = [], 0
    for start, end, new in sorted(spans, key=lambda s: (s[0], -s[1])):
        if start < position:
            continue
        parts += text[position:start], new
        position = end
    return b''.join([*parts, text[position:]])


def _as_tree(values: Dict[JsonPath, bytes]) -> _Tree:
    """Nest the keys of paths."""
    tree: _Tree = {}
    for path, value in values.items():
        node = tree
        for key in path[:-1]:
            node = node.setdefault(key, {})
        node[path[-1]] = value
    return tree


def _find(text: bytes, begin: int, tree: _Tree, spans: List[_Span]) -> None:
    """Find the values of a tree below the list or object at ``begin``.

    Only what leads to them is looked into, so the depth is that of the paths.
    """
    for key, start, end in _children(text, begin):
        node = tree.get(key)
        if isinstance(node, bytes):
            spans.append((start, end, node))
        elif node is not None:
            _find(text, start, node, spans)


def _elements_at(text: bytes, path: JsonPath) -> List[Tuple[int, int]]:
    """Spans of all elements of the list at a path."""
    begin = _SPACE.match(text).end()
    for step in path:
        begin = next((start for key, start, _ in _children(text, begin)
                      if key == step), len(text))
    return [(start, end) for _, start, end in _children(text, begin)]


def _children(text: bytes,
              begin: int) -> Iterator[Tuple[Union[str, int], int, int]]:
    """Key, first byte and byte after the last of what a value holds."""
    kind = text[begin:begin + 1]
    if not kind or kind not in _CONTAINERS:
        return
    numbers = _NUMBERS.match(text, begin)
    if numbers is not None:  # a short cut for most of what there is
        found = _NUMBER.finditer(text, begin + 1, numbers.end() - 1)
        yield from ((i, *one.span()) for i, one in enumerate(found))
        return
    key, at = -1, _SPACE.match(text, begin + 1).end()
    while text[at:at + 1] not in _CLOSING:
        if kind == _LISTS:
            key += 1
        else:
            colon = _STRING.match(text, at).end()
            key = load_json(text[at:colon])
            at = _SPACE.match(text, colon).end() + 1
            at = _SPACE.match(text, at).end()
        end = _end_of_value(text, at)
        yield key, at, end
        at = _SPACE.match(text, end).end()
        if text[at:at + 1] == _COMMA:
            at = _SPACE.match(text, at + 1).end()


def _end_of_value(text: bytes, start: int) -> int:
    """Byte after a value."""
    first = text[start:start + 1]
    if first == _QUOTE:
        return _STRING.match(text, start).end()
    if first not in _CONTAINERS:
        return _SCALAR.match(text, start).end()
    depth = 0
    for bracket in _BRACKET.finditer(text, start):
        if bracket.group() in _CONTAINERS:
            depth += 1
        elif bracket.group() in _CLOSING:
            depth -= 1
        if not depth:
            return bracket.end()
    return len(text)
