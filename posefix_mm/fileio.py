"""Read and write files safely."""
import errno
import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson

# What torch.load raises for a file that is not, or not wholly, a checkpoint:
# anything that its unpickler may stumble over.
CHECKPOINT_ERRORS = (pickle.UnpicklingError, EOFError, RuntimeError,
                     LookupError, ValueError, TypeError, AttributeError,
                     AssertionError)
# What a full disk, a full quota and a limit of file size answer.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def read_json(path: str | Path) -> Any:
    """Read a JSON file, with NaN and Infinity as Python writes them.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it is not JSON; the message names the file.
    """
    path = Path(path)
    check_file(path)
    try:
        return load_json(path.read_bytes())
    except ValueError as error:
        raise ValueError(f'{path} {error}') from error


def hash_files(paths: Iterable[str | Path]) -> hashlib.blake2b:
    """Hash the contents of files; the hash can be updated with more."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        with open(path, 'rb') as file:
            digest.update(hashlib.file_digest(file, 'blake2b').digest())
    return digest


def check_file(path: Path) -> None:
    """Check that a file is there.

    Raises:
        FileNotFoundError: If it does not exist.
        IsADirectoryError: If it is a folder.
    """
    if path.is_dir():
        raise IsADirectoryError(f'{path} is a folder; name a file in it')
    if not path.is_file():
        raise FileNotFoundError(f'the file {path} does not exist')



@contextmanager
def disk_errors(path: str | Path) -> Iterator[None]:
    """Add a remedy to the error of a file that can't be written.

    Raises:
        OSError: Of the same kind, with the path and a remedy.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:  # said of what is within, or another one
            if not isinstance(error.__cause__, OSError):
                raise
            error = error.__cause__
        remedy = ('free some space' if error.errno in _FULL else
                  'name a folder that can be written')
        text = (f'cannot write {path}: {error.strerror or error}; '
                f'{remedy}')
        # the message alone: with the number, Python writes that too
        raise type(error)(text) from error


@contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file that appears as a whole or not at all.

    Args:
        path (str | Path): The file; its folder is made.

    Yields:
        BinaryIO: What to write to; at the end of the block it takes the place
        of ``path``, after an exception nothing has happened.

    Raises:
        OSError: If it can't be written; the message says what to do.
    """
    path = Path(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise OSError(f'{path} is a device, not a file')
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=f'.{path.name}.')
        try:
            with open(handle, 'wb') as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes private files; give this one the usual rights
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


def write_json(path: str | Path, content: Any) -> None:
    """Write a JSON file as a whole or not at all; its folder is made."""
    with atomic_write(path) as file:
        file.write(dump_json(content))


def dump_json(content: Any) -> bytes:
    """Write JSON: also what orjson refuses but JSON knows.

    Args:
        content (Any): What to write; half of a surrogate pair in a text is
            escaped.
    """
    try:
        return orjson.dumps(content)
    except orjson.JSONEncodeError:
        return json.dumps(content, separators=(',', ':')).encode()


def load_json(text: bytes) -> Any:
    """Parse JSON, UTF-8, with NaN and Infinity as Python writes them.

    Raises:
        ValueError: If it is not JSON, or nested too deeply.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:  # what orjson lacks: NaN, numbers of any length
            return json.loads(text.decode('utf-8-sig'))
        except (ValueError, RecursionError):
            raise ValueError(f'is not valid JSON: {error}') from error
