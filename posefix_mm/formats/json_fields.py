"""Find the fields of a JSON object in a large file."""
import mmap
from pathlib import Path
from typing import Dict, Tuple

import msgspec
import numpy as np

from .json_splice import field_spans, load_json


def find_fields(path: Path) -> Dict[str, Tuple[int, int]]:
    """Find where the values of a file's outermost object lie.

    The file is mapped, not read into memory.

    Args:
        path (Path): A JSON file.

    Returns:
        Dict[str, Tuple[int, int]]: First byte and byte after the last of each
        value, by the name of the field.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it does not hold an object; the message names the file.
    """
    if not path.is_file():
        raise FileNotFoundError(f'the file {path} does not exist')
    if not path.stat().st_size:
        raise ValueError(f'{path} is not valid JSON: it is empty')
    with open(path, 'rb') as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return _strict(content)
        except (msgspec.DecodeError, RecursionError):
            return _lenient(path, content[:])


def _strict(content: mmap.mmap) -> Dict[str, Tuple[int, int]]:
    fields = msgspec.json.decode(content, type=Dict[str, msgspec.Raw])
    first = np.frombuffer(content, np.uint8).ctypes.data
    spans = {}
    for name, value in fields.items():
        start = np.frombuffer(value, np.uint8).ctypes.data - first
        spans[name] = start, start + memoryview(value).nbytes
    return spans


def _lenient(path: Path, text: bytes) -> Dict[str, Tuple[int, int]]:
    """Do the same where NaN and Infinity, which are no JSON, may be."""
    try:
        content = load_json(text)
    except ValueError as error:
        raise ValueError(f'{path} {error}') from error
    if not isinstance(content, dict):
        raise ValueError(f'{path} must hold an object, got a '
                         f'{type(content).__name__}')
    return field_spans(text)
