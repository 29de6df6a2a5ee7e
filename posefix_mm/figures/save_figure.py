"""Write figures to files."""
from pathlib import Path
from typing import Union

import matplotlib
from matplotlib.figure import Figure

from ..fileio import atomic_write

#: Suffixes of figure files.
FIGURE_SUFFIXES = ('.png', '.svg', '.pdf')
# No dates and no random ids: the same data give the same file.
_METADATA = {'.svg': {'Date': None}, '.pdf': {'CreationDate': None}}


def check_figure_path(path: Union[str, Path]) -> Path:
    """Tell early that a figure cannot be written to a path.

    Args:
        path (str | Path): The file to be written.

    Returns:
        Path: The same.

    Raises:
        ValueError: If its suffix is not one of :data:`FIGURE_SUFFIXES`.
        IsADirectoryError: If it is a folder.
    """
    path = Path(path)
    if path.suffix.lower() not in FIGURE_SUFFIXES:
        raise ValueError(f'{path} must end in one of '
                         f'{", ".join(FIGURE_SUFFIXES)}')
    if path.is_dir():
        raise IsADirectoryError(f'the output {path} is a folder')
    return path


def save_figure(figure: Figure, path: Union[str, Path]) -> None:
    """Write a figure, whole or not at all.

    Args:
        figure (Figure): What to write.
        path (str | Path): PNG, SVG or PDF by its suffix; its folder is made.

    Raises:
        ValueError: If the suffix is another one.
    """
    path = check_figure_path(path)
    suffix = path.suffix.lower()
    with matplotlib.rc_context({'svg.hashsalt': 'posefix_mm'}), \
            atomic_write(path) as file:
        figure.savefig(
            file,
            format=suffix[1:],
            dpi=150,
            bbox_inches='tight',
            metadata=_METADATA.get(suffix))
