"""Find the elements of a JSON list in a file that may not fit into memory."""
import codecs
import json
import os
from pathlib import Path
from typing import Any, Iterator, List, NamedTuple, Tuple

import msgspec
import numpy as np

# So much is split at once; bounds the memory, whatever the file.
_BLOCK = 1 << 22
#: A single element may not be larger: it would be read as a whole.
MAX_ELEMENT_BYTES = 1 << 26
_WHITESPACE = b' \t\r\n'
_BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE,
                     codecs.BOM_UTF16_BE)
# Accepts what is no JSON but what tools write: NaN, Infinity, control
# characters and numbers that Python does not convert. Whether an element is
# good is found out when it is read.
_LENIENT = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)


class ByteFile:
    """A file that several threads read at any place.

    Unlike a memory map, what was read does not stay in memory.

    Args:
        path (Path): The file.

    Raises:
        FileNotFoundError: If it does not exist.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(f'the file {path} does not exist')
        self.path = path
        self._file = open(path, 'rb')  # noqa: SIM115  closed with the object
        self.size = os.fstat(self._file.fileno()).st_size

    def read(self, start: int, end: int) -> bytes:
        """Read the bytes from ``start`` up to ``end`` or the file's end."""
        parts = []
        while start < end:
            part = os.pread(self._file.fileno(), end - start, start)
            if not part:
                break
            parts.append(part)
            start += len(part)
        return b''.join(parts)


class Spans(NamedTuple):
    """Where the elements of a list lie in a file.

    Attributes:
        starts (np.ndarray): First byte of each, int64 (N, ).
        ends (np.ndarray): Byte after each, int64 (N, ).
    """

    starts: np.ndarray
    ends: np.ndarray


def address_of(data: Any) -> int:
    """Tell where in memory the bytes of a buffer begin.

    The place of a ``msgspec.Raw`` in the text that it was decoded from.

    Args:
        data (Any): What gives its bytes as a buffer.
    """
    return np.frombuffer(data, np.uint8).__array_interface__['data'][0]


def iter_elements(file: ByteFile,
                  begin: int = 0) -> Iterator[Tuple[int, int, Any]]:
    """Split a JSON list into its elements, without reading them.

    Well-formed blocks are split by msgspec. What it refuses (``NaN``, which
    is no JSON but written by many tools) is split element by element by the
    standard library.

    Args:
        file (ByteFile): The file.
        begin (int): Where the list begins, white space aside. Defaults to 0:
            the list is the whole file, and nothing may follow.

    Yields:
        tuple: First byte, byte after the last, and the bytes themselves.

    Raises:
        ValueError: If there is no well-formed list; the message names file,
            byte and element.
    """
    count = 0
    place = _skip_whitespace(file, begin)
    head = file.read(place, place + 1)
    if head != b'[':
        raise _no_list(file, place, head)
    place = _skip_whitespace(file, place + 1)
    closed = file.read(place, place + 1) == b']'
    if closed:
        place += 1
    while not closed:
        try:
            elements, place, closed = _split_block(file, place)
        except msgspec.DecodeError:
            elements, place, closed = _split_leniently(file, place, count)
        except RecursionError as error:
            raise _too_deep(file, place) from error
        count += len(elements)
        yield from elements
    place = _skip_whitespace(file, place)
    if begin == 0 and place < file.size:
        raise ValueError(f'{file.path} is not valid JSON: something follows '
                         f'the list, at byte {place}')


def _split_block(file: ByteFile,
                 place: int) -> Tuple[List[tuple], int, bool]:
    """Split what lies between ``place`` and the last ``},`` of a block.

    That this is the end of an element is a guess, which is right exactly if
    what lies before is well-formed.

    Returns:
        tuple: elements, where the next one or the end of the list is, and
        whether the list has ended.
    """
    block = file.read(place, place + _BLOCK)
    at_end = len(block) < _BLOCK
    cut = -1 if at_end else block.rfind(b'},')
    if cut < 0 and not at_end:
        raise msgspec.DecodeError('no element ends in this block')
    # the list itself ends the last block, and only white space may follow
    text = b'[' + (block if at_end else block[:cut + 1] + b']')
    parts = msgspec.json.decode(text, type=List[msgspec.Raw])
    first = address_of(text) + 1 - place
    elements = []
    for part in parts:
        start = address_of(part) - first
        raw = bytes(part)
        elements.append((start, start + len(raw), raw))
    if not elements:
        raise msgspec.DecodeError('a comma before the end of the list')
    if at_end:
        return elements, file.size, True
    return elements, _skip_whitespace(file, place + cut + 2), False


def _split_leniently(file: ByteFile, place: int,
                     count: int) -> Tuple[List[tuple], int, bool]:
    """Split at least one element, and up to a block's worth of them.

    Returns:
        tuple: As :func:`_split_block`.
    """
    window = _BLOCK
    # every byte a character: places stay the same, and structure is ASCII
    text = file.read(place, place + window).decode('latin-1')
    elements, at = [], 0
    while at < _BLOCK:
        try:
            _, end = _LENIENT.raw_decode(text, at)
            follow = _after(text, end)
        except RecursionError as error:
            raise _too_deep(file, place + at) from error
        except ValueError as error:
            if place + len(text) < file.size:  # cut off by the window
                if elements:
                    break
                window *= 2
                if window > MAX_ELEMENT_BYTES:
                    raise ValueError(
                        f'{file.path}: element {count} is larger than '
                        f'{MAX_ELEMENT_BYTES >> 20} MiB, or not valid JSON: '
                        f'{error}') from error
                text = file.read(place, place + window).decode('latin-1')
                continue
            raise ValueError(
                f'{file.path} is not valid JSON at byte {place + at}, in '
                f'element {count + len(elements)} of the list: {error}; it '
                'may be cut off') from error
        elements.append((place + at, place + end,
                         text[at:end].encode('latin-1')))
        if text[follow] == ']':
            return elements, place + follow + 1, True
        at = follow + 1
        while text[at:at + 1] and text[at] in ' \t\r\n':
            at += 1
    return elements, _skip_whitespace(file, place + at), False


def _after(text: str, end: int) -> int:
    """Find the comma or bracket after an element."""
    while text[end:end + 1] and text[end] in ' \t\r\n':
        end += 1
    found = text[end:end + 1]
    if found not in (',', ']'):
        raise ValueError('"," or "]" expected, found '
                         f'{repr(found) if found else "the end"}')
    return end


def _skip_whitespace(file: ByteFile, place: int) -> int:
    while place < file.size:
        part = file.read(place, place + 4096)
        rest = part.lstrip(_WHITESPACE)
        place += len(part) - len(rest)
        if rest:
            break
    return place


def _no_list(file: ByteFile, place: int, head: bytes) -> ValueError:
    """Say what is there where a list should begin."""
    if file.read(place, place + 3).startswith(_BYTE_ORDER_MARKS):
        return ValueError(f'{file.path} begins with a byte order mark; write '
                          'it as UTF-8 without one')
    found = repr(head.decode('latin-1')) if head else 'nothing'
    return ValueError(f'{file.path} must hold a list of records, found '
                      f'{found} at byte {place}')


def _too_deep(file: ByteFile, place: int) -> ValueError:
    return ValueError(f'{file.path} is nested too deeply, at or after byte '
                      f'{place}; no results file is')
