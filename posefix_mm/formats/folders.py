"""Folders that may come from anywhere, and those that are written."""
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ..fileio import disk_errors


def list_folder(path: Path) -> tuple[Path, list[str]]:
    """List the files of a folder and of those inside it, by name.

    Returns:
        tuple[Path, list[str]]: The folder, and the files' paths in it with
        forward slashes; of a file its own.

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


def name_in_folder(path: str) -> str:
    """Turn a path of another machine into a name within a folder.

    Slashes become forward ones. Of a path that is absolute or climbs, only
    the last part stays.
    """
    name = PurePosixPath(str(path).replace('\\', '/'))
    foreign = name.is_absolute() or '..' in name.parts \
        or re.match('[A-Za-z]:', str(name))
    return name.name if foreign else str(name)


@contextmanager
def atomic_folder(out: Path, replaced: Path | None = None) -> Iterator[Path]:
    """Fill a folder that appears as a whole or not at all.

    Yields:
        Path: An empty folder to write to, which becomes ``out`` unless there
        is an exception.

    Raises:
        FileExistsError: As :func:`check_new_folder` does.
    """
    out = Path(out)
    overwrite = check_new_folder(out, replaced)
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        # Resolved, so that a link to a folder is not replaced by one.
        out = out.resolve()
        temporary = Path(
            tempfile.mkdtemp(dir=out.parent, prefix=f'.{out.name}.'))
        try:
            filled, old = temporary / 'new', temporary / 'old'
            filled.mkdir()  # with the usual rights, which mkdtemp's lacks
            yield filled
            if overwrite:
                os.replace(out, old)
            elif out.is_dir():
                out.rmdir()
            try:
                os.replace(filled, out)
            except OSError:
                if overwrite:
                    os.replace(old, out)
                raise
        finally:
            shutil.rmtree(temporary)


def check_new_folder(out: Path, replaced: Path | None = None) -> bool:
    """Check that a folder may be written, and tell whether it replaces one.

    That is the one ``replaced``, because all of its files come back.

    Raises:
        FileExistsError: If ``out`` holds something else already.
    """
    overwrite = (
        replaced is not None and out.exists() and out.samefile(replaced))
    if not overwrite and (
            any(out.iterdir()) if out.is_dir() else out.is_file()):
        raise FileExistsError(
            f'the output {out} exists and is not an empty folder; name a new '
            'one, or remove it')
    return overwrite


def new_file(folder: Path, name: str) -> Path:
    """Path of a file to write, whose folder is made."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
