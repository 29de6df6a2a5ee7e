"""Read and change HDF5 files, and pickles in them, from anywhere."""
import pickletools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..fileio import atomic_write
from ..optional_packages import import_optional

#: What h5py and its users raise for a file that is damaged or another's.
READ_ERRORS = (AttributeError, IndexError, LookupError, OSError,
               OverflowError, RuntimeError, TypeError, ValueError)

_MARK = object()
_TEXTS = ('UNICODE', 'BINUNICODE', 'SHORT_BINUNICODE', 'BINUNICODE8')
_NOTHING = ('PROTO', 'FRAME', 'STOP')


def read_dataset(group: Any, name: str) -> np.ndarray:
    """Read a data set of a group that lies in the file itself.

    Raises:
        KeyError: If there is none.
        ValueError: If it is a link into another file, or its data is.
    """
    h5py = import_optional('h5py', 'formats')
    if name in group and not isinstance(
            group.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f'its {name} lie in another file')
    dataset = group[name]
    if dataset.is_virtual or dataset.external:
        raise ValueError(f'its {name} lie in another file')
    return dataset[:]


def write_changed_copy(path: Path, out: Path,
                       changed: dict[str, np.ndarray]) -> None:
    """Copy a file and replace data sets in the copy.

    Args:
        path (Path): The file.
        out (Path): The copy; it appears as a whole or not at all.
        changed (dict[str, np.ndarray]): New content of the same shape, by the
            path in the file. Without any, every byte is the same.
    """
    h5py = import_optional('h5py', 'formats')
    with tempfile.TemporaryFile() as copy, atomic_write(out) as file:
        with open(path, 'rb') as source:
            shutil.copyfileobj(source, copy)
        if changed:
            with h5py.File(copy, 'r+') as tables:
                for name, new in changed.items():
                    tables[name][...] = new
        copy.seek(0)
        shutil.copyfileobj(copy, file)


def read_plain_pickle(data: bytes) -> Any:
    """Read a pickle of nested lists and tuples of texts without running it.

    Only the instructions that build these are known here; none of them can
    import or call anything.

    Raises:
        ValueError: If it holds anything else.
    """
    stack: list[Any] = []
    memo: list[Any] = []
    try:
        for code, argument, _ in pickletools.genops(data):
            _step(code.name, argument, stack, memo)
    except (IndexError, UnicodeError) as error:
        raise ValueError(f'a damaged pickle: {error}') from error
    if len(stack) != 1:
        raise ValueError('a damaged pickle')
    return stack[0]


def _step(name: str, argument: Any, stack: list[Any], memo: list[Any]) -> None:
    if name in _TEXTS:
        stack.append(argument)
    elif name == 'MARK':
        stack.append(_MARK)
    elif name == 'EMPTY_LIST':
        stack.append([])
    elif name in ('LIST', 'TUPLE', 'APPENDS'):
        items = _since_mark(stack)
        if name == 'APPENDS':
            _last_list(stack).extend(items)
        else:
            stack.append(items if name == 'LIST' else tuple(items))
    elif name in ('TUPLE1', 'TUPLE2', 'TUPLE3'):
        count = int(name[-1])
        stack[-count:] = [tuple(stack[-count:])]
    elif name == 'APPEND':
        item = stack.pop()
        _last_list(stack).append(item)
    elif name in ('PUT', 'BINPUT', 'LONG_BINPUT', 'MEMOIZE'):
        _memoize(memo, len(memo) if argument is None else argument, stack[-1])
    elif name in ('GET', 'BINGET', 'LONG_BINGET'):
        stack.append(memo[argument])
    elif name not in _NOTHING:
        raise ValueError(f'a pickle that is no list of names ({name})')


def _since_mark(stack: list[Any]) -> list[Any]:
    items = []
    while (item := stack.pop()) is not _MARK:
        items.append(item)
    return items[::-1]


def _last_list(stack: list[Any]) -> list[Any]:
    if not isinstance(stack[-1], list):
        raise ValueError('a pickle that is no list of names')
    return stack[-1]


def _memoize(memo: list[Any], place: int, value: Any) -> None:
    """Pickles number what they refer to in order, not always from 0."""
    if not len(memo) <= place <= len(memo) + 1000:
        raise ValueError('a pickle that is no list of names')
    memo.extend([None] * (place + 1 - len(memo)))
    memo[place] = value
