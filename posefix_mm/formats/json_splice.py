"""Change values of a JSON text and leave every other byte as it is."""
import json
import re
from typing import (
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Tuple,
    Union,
)

import orjson

#: Where a value is: names of fields and places in lists, from the outside.
JsonPath = Tuple[Union[str, int], ...]

_TOKEN = re.compile(
    rb'[ \t\r\n]*(?:("(?:[^"\\]|\\.)*")|([{}\[\],:])|([^\s{}\[\],:"]+))',
    re.DOTALL)
_OPENING = (b'{', b'[')
_CLOSING = (b'}', b']')


class _Open(NamedTuple):
    """An object or list that the scanner is inside of."""

    path: JsonPath
    start: int
    is_list: bool


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
    if not values and not removed:
        return text
    removed = set(removed)
    spans: List[Tuple[int, int, bytes]] = []
    lists: Dict[JsonPath, List[Tuple[int, int]]] = {
        path[:-1]: []
        for path in removed
    }
    for path, start, end in _scan(text):
        if path in values:
            spans.append((start, end, values[path]))
        if path[:-1] in lists and path:
            lists[path[:-1]].append((start, end))
    for path, elements in lists.items():
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
    return {
        path[0]: (start, end)
        for path, start, end in _scan(text) if len(path) == 1
    }


def _removals(elements: List[Tuple[int, int]],
              kept: List[bool]) -> Iterator[Tuple[int, int, bytes]]:
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


def _replace(text: bytes, spans: List[Tuple[int, int, bytes]]) -> bytes:
    """Replace parts of a text; those inside of another part are left out."""
    parts, position = [], 0
    for start, end, new in sorted(spans, key=lambda s: (s[0], -s[1])):
        if start < position:
            continue
        parts += text[position:start], new
        position = end
    return b''.join([*parts, text[position:]])


def _scan(text: bytes) -> Iterator[Tuple[JsonPath, int, int]]:
    """Find where all values are, those of lists and objects at their end."""
    stack: List[_Open] = []
    keys: List[Union[str, int]] = []  # of the next value, one a level
    is_key = False
    for match in _TOKEN.finditer(text):
        token = match.group(match.lastindex)
        start, end = match.span(match.lastindex)
        if token in _OPENING:
            stack.append(_Open(tuple(keys), start, token == b'['))
            keys.append(0)
            is_key = token == b'{'
        elif token in _CLOSING:
            opened = stack.pop()
            keys.pop()
            is_key = False
            yield opened.path, opened.start, end
        elif token == b',':
            if stack[-1].is_list:
                keys[-1] += 1
            else:
                is_key = True
        elif token == b':':
            is_key = False
        elif is_key:
            keys[-1] = load_json(token)
        else:
            yield tuple(keys), start, end
