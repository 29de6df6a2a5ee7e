"""Read and write files safely."""
import os
import pickle
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Iterator, Union

import orjson

# What torch.load raises for a file that is not, or not wholly, a checkpoint:
# anything that its unpickler may stumble over.
CHECKPOINT_ERRORS = (pickle.UnpicklingError, EOFError, RuntimeError,
                     LookupError, ValueError, TypeError, AttributeError,
                     AssertionError)


def read_json(path: Union[str, Path]) -> Any:
    """Read a JSON file.

    Args:
        path (str | Path): The file.

    Returns:
        Any: Its content.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it is not JSON; the message names the file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'the file {path} does not exist')
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise ValueError(f'{path} is not valid JSON: {error}') from error


@contextmanager
def atomic_write(path: Union[str, Path]) -> Iterator[BinaryIO]:
    """Open a file that appears as a whole or not at all.

    Args:
        path (str | Path): The file; its folder is made.

    Yields:
        BinaryIO: What to write to; at the end of the block it takes the place
        of ``path``, after an exception nothing has happened.
    """
    path = Path(path)
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


def write_json(path: Union[str, Path], content: Any) -> None:
    """Write a JSON file as a whole or not at all.

    Args:
        path (str | Path): The file; its folder is made.
        content (Any): What to write.
    """
    with atomic_write(path) as file:
        file.write(orjson.dumps(content))
