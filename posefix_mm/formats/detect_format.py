"""Tell which tool wrote a file of poses."""
from pathlib import Path

from .base import FORMATS
from .file_head import FileHead
from .folder_listing import list_folder


def detect_format(path: Path) -> str:
    """Tell the format: each one is asked whether a file is its own.

    Args:
        path (Path): File or folder.

    Returns:
        str: Name of the format.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it can't be told.
    """
    root, names = list_folder(path)
    in_folder = path.is_dir()
    # a suffix tells without a look into the file
    readers = sorted(
        FORMATS.values(), key=lambda r: (not r.suffixes, -r.priority, r.name))
    for name in sorted(names, key=lambda n: not n.endswith('.json')):
        head = FileHead(root / name, in_folder, names if in_folder else ())
        try:
            for reader in readers:
                if reader.matches(root / name, head):
                    return reader.name
        except ValueError:
            if not in_folder:
                raise
    raise ValueError(f"can't tell the format of {path}; name it with "
                     '--format (format=... in Python)')
