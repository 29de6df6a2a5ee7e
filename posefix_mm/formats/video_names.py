"""Names of images and videos that other machines wrote."""
import re
from pathlib import PurePosixPath


def name_in_folder(path: str) -> str:
    """Turn a path of another machine into a name within a folder.

    Args:
        path (str): With forward or backward slashes, relative or absolute.

    Returns:
        str: With forward slashes. Of a path that is absolute or climbs, the
        last part only.
    """
    given = PurePosixPath(str(path).replace('\\', '/'))
    foreign = given.is_absolute() or '..' in given.parts \
        or re.match('[A-Za-z]:', str(given))
    return given.name if foreign else str(given)
