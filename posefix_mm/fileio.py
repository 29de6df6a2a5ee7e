"""Read and write JSON files safely."""
import os
import tempfile
from pathlib import Path
from typing import Any, Union

import orjson


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


def write_json(path: Union[str, Path], content: Any) -> None:
    """Write a JSON file as a whole or not at all.

    Args:
        path (str | Path): The file; its folder is made.
        content (Any): What to write.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f'.{path.name}.')
    try:
        with open(handle, 'wb') as file:
            file.write(orjson.dumps(content))
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
