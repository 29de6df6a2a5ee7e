"""Read and change HDF5 files, and pickles in them, from anywhere."""
import pickletools
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .._compat import import_optional
from ..fileio import atomic_write, check_file

# What h5py and its users raise for a file that is damaged or another's.
_READ_ERRORS = (AttributeError, IndexError, LookupError, OSError,
                OverflowError, RuntimeError, TypeError, ValueError)


@contextmanager
def open_hdf5(path: Path, kind: str, remedy: str = '') -> Iterator[Any]:
    """Open a file to read it.

    Raises:
        ValueError: If it, or what is read of it, is damaged; the message names
            the file, what ``kind`` it is not, and a remedy.
    """
    check_file(path)
    h5py = import_optional('h5py', 'formats')
    try:
        with h5py.File(path, 'r') as file:
            yield file
    except _READ_ERRORS as error:
        raise ValueError(f'{path} is no {kind}: {error}{remedy}') from error


def read_dataset(group: Any, name: str) -> np.ndarray:
    """Read a data set of a group that lies in the file itself.

    Raises:
        KeyError: If there is none.
        ValueError: If it is a link into another file, or its data is.
    """
    h5py = import_optional('h5py', 'formats')
    link = group.get(name, getlink=True)
    dataset = None if link and not isinstance(link, h5py.HardLink) \
        else group[name]
    if dataset is None or dataset.is_virtual or dataset.external:
        raise ValueError(f'its {name} lie in another file')
    return dataset[()]


def write_changed_copy(path: Path, out: Path,
                       changed: dict[str, np.ndarray]) -> None:
    """Copy a file as a whole or not at all, and replace data sets in the copy.

    These are ``changed``, of the same shape and by their paths in the file.
    Without any, every byte is the same.
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
    outer: list[list[Any]] = []  # what lies below each mark
    memo: dict[int, Any] = {}
    try:
        for code, argument, _ in pickletools.genops(data):
            name = re.sub('SHORT_|LONG_|BIN|8$', '', code.name)
            if name == 'UNICODE':
                stack.append(argument)
            elif name == 'EMPTY_LIST':
                stack.append([])
            elif name == 'MARK':
                outer.append(stack)
                stack = []
            elif name in ('LIST', 'TUPLE', 'APPENDS'):
                items, stack = stack, outer.pop()
                if name == 'APPENDS':
                    stack[-1].extend(items)
                else:
                    stack.append(items if name == 'LIST' else tuple(items))
            elif name in ('TUPLE1', 'TUPLE2', 'TUPLE3'):
                count = int(name[-1])
                stack[-count:] = [tuple(stack[-count:])]
            elif name == 'APPEND':
                stack[-2].append(stack.pop())
            elif name in ('PUT', 'MEMOIZE'):
                memo[len(memo) if argument is None else argument] = stack[-1]
            elif name == 'GET':
                stack.append(memo[argument])
            elif name not in ('PROTO', 'FRAME', 'STOP'):
                raise ValueError('a pickle that is no list of names '
                                 f'({code.name})')
    except (AttributeError, LookupError, UnicodeError) as error:
        raise ValueError(f'a damaged pickle: {error}') from error
    if len(stack) != 1:
        raise ValueError('a damaged pickle')
    return stack[0]
