"""Read and change HDF5 files that may come from anywhere."""
import shutil
import tempfile
from pathlib import Path
from typing import Any, Dict

import numpy as np

from ..fileio import atomic_write
from ..optional_packages import import_optional

#: What h5py and its users raise for a file that is damaged or another's.
READ_ERRORS = (AttributeError, IndexError, LookupError, OSError,
               OverflowError, RuntimeError, TypeError, ValueError)


def read_dataset(group: Any, name: str) -> np.ndarray:
    """Read a data set that lies in the file itself.

    Args:
        group (h5py.Group): Where it is.
        name (str): How it is called.

    Returns:
        np.ndarray: Its content.

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
                       changed: Dict[str, np.ndarray]) -> None:
    """Copy a file and replace data sets in the copy.

    Args:
        path (Path): The file.
        out (Path): The copy; it appears as a whole or not at all.
        changed (Dict[str, np.ndarray]): New content of data sets, of the same
            shape, by their path in the file. Without any the copy is the same
            byte for byte.
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
