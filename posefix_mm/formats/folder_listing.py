"""List the files of a folder that may come from anywhere."""
import os
from pathlib import Path
from typing import List, Tuple


def list_folder(path: Path) -> Tuple[Path, List[str]]:
    """List the files of a folder and of those inside it, by name.

    Args:
        path (Path): Folder; a file is a folder of itself alone.

    Returns:
        Tuple[Path, List[str]]: The folder, and the files' paths in it with
        forward slashes.

    Raises:
        FileNotFoundError: If the path does not exist.
        ValueError: If a link leads out of the folder, or something is
            neither file nor folder.
    """
    if not path.exists():
        raise FileNotFoundError(f'the file or folder {path} does not exist')
    if path.is_file():
        return path.parent, [path.name]
    root, names = path.resolve(), []
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(folders + files):
            inner = Path(folder, name)
            if not inner.resolve().is_relative_to(root):
                raise ValueError(f'{inner} is a link out of the folder; put '
                                 'a copy in its place')
            if name in files:
                if not inner.is_file():
                    raise ValueError(f'{inner} is not a regular file')
                names.append(inner.relative_to(path).as_posix())
            elif inner.is_symlink():
                raise ValueError(f'{inner} is a link to a folder; put a copy '
                                 'in its place')
    return path, names
