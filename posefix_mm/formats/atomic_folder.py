"""Write a folder as a whole or not at all."""
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional


@contextmanager
def atomic_folder(out: Path,
                  replaced: Optional[Path] = None) -> Iterator[Path]:
    """Fill a folder that appears as a whole or not at all.

    Args:
        out (Path): The folder; its parent is made.
        replaced (Path, optional): A folder that may be overwritten, because
            all of its files come back.

    Yields:
        Path: An empty folder beside ``out`` to write to. At the end of the
        block it takes the place of ``out``; after an exception nothing has
        happened.

    Raises:
        FileExistsError: If ``out`` holds something else already.
    """
    out = Path(out)
    overwrite = (
        replaced is not None and out.exists() and out.samefile(replaced))
    if not overwrite and (out.is_file() or
                          (out.is_dir() and any(out.iterdir()))):
        raise FileExistsError(
            f'the output {out} exists and is not an empty folder; name a new '
            'one, or remove it')
    out.parent.mkdir(parents=True, exist_ok=True)
    # Resolved, so that a link to a folder is not replaced by one.
    out = out.resolve()
    temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f'.{out.name}.'))
    try:
        filled = temporary / 'new'
        filled.mkdir()  # with the usual rights, which mkdtemp's lacks
        yield filled
        if overwrite:
            os.replace(out, temporary / 'old')
        elif out.is_dir():
            out.rmdir()
        os.replace(filled, out)
    finally:
        shutil.rmtree(temporary)
