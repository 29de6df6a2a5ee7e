"""DeepLabCut's HDF5 files, which pandas wrote."""
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .deeplabcut import HEADER, DlcFile, read_header
from .hdf5_files import (
    open_hdf5,
    read_dataset,
    read_plain_pickle,
    write_changed_copy,
)


class _Frame(NamedTuple):
    """A data frame of pandas: its values and what they are called."""

    values: np.ndarray
    row_names: list[str | int]
    columns: list[Sequence[str]]
    levels: Sequence[str]
    dataset: str
    table: np.ndarray | None = None


class _H5Table:
    """A data frame that h5py reads; see :class:`~.deeplabcut.CsvTable`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with open_hdf5(path, 'table of DeepLabCut that can be read',
                       "; the CSV of the same name, or DeepLabCut's "
                       'analyze_videos_converth5_to_csv, may help') as file:
            of_sleap = 'track_occupancy' in file
            if not of_sleap:
                self._frame = frame = _parse(file)
                if frame.values.shape != (len(frame.row_names),
                                          len(frame.columns)):
                    raise ValueError('its values do not fit its names')
        if of_sleap:
            raise ValueError(f"{path} is an analysis file of SLEAP's; name "
                             'the .slp file that it was exported from')
        self.row_names = frame.row_names
        names = zip(*frame.columns, strict=True)
        self.header = read_header(
            dict(zip(frame.levels, names, strict=True)), path)

    def values(self, row: int, columns: np.ndarray) -> np.ndarray:
        """Look values up."""
        values = self._frame.values[row, columns].astype(np.float64)
        return np.where(columns < 0, np.nan, values)

    def write(self, out: Path, cells: dict[int, dict[int, float]]) -> None:
        """Copy the file and change values in the copy."""
        frame, changed = self._frame, {}
        new = frame.values.copy()
        for row, values in cells.items():
            new[row, list(values)] = list(values.values())
        if not np.array_equal(new, frame.values, equal_nan=True):
            if frame.table is not None:
                table = frame.table.copy()
                table['values_block_0'], new = new, table
            changed[frame.dataset] = new
        write_changed_copy(self._path, out, changed)


class DeepLabCutH5File(DlcFile):
    """An ``.h5`` file of DeepLabCut: ``CollectedData_*.h5``, or of a video.

    Read by h5py, so that nothing in it is run: pandas would unpickle parts.
    The CSV beside it is another file, which stays.

    Raises:
        ImportError: If h5py is not installed.
    """

    name = 'deeplabcut-h5'
    help = 'DeepLabCut: the .h5 beside its CSV'
    suffixes = ('.h5', )
    table = _H5Table


def _parse(file: Any) -> _Frame:
    for name, group in file.items():
        kind = _text(group.attrs.get('pandas_type', b''))
        if kind == 'frame':
            return _fixed_frame(name, group)
        if kind == 'frame_table':
            return _table_frame(name, group)
    raise ValueError('it has no data frame of pandas')


def _fixed_frame(name: str, group: Any) -> _Frame:
    """What ``to_hdf`` writes by default: plain arrays."""
    if group.attrs['nblocks'] != 1:
        raise ValueError('its columns are of several types')
    rows = _axis(group, 'axis1')
    row_names = ['/'.join(row) if isinstance(row, tuple) else row
                 for row in rows]
    levels = [
        _text(group[f'block0_items_level{i}'].attrs['name'])
        for i in range(group.attrs['block0_items_nlevels'])
    ]
    return _Frame(
        read_dataset(group, 'block0_values'), row_names,
        _axis(group, 'block0_items'), levels, f'{name}/block0_values')


def _axis(group: Any, name: str) -> list:
    """Names along an axis, tuples where there are several levels."""
    if _text(group.attrs[f'{name}_variety']) == 'regular':
        return _names(read_dataset(group, name))
    levels = []
    for i in range(group.attrs[f'{name}_nlevels']):
        values = _names(read_dataset(group, f'{name}_level{i}'))
        codes = read_dataset(group, f'{name}_label{i}').tolist()
        levels.append([str(values[code]) for code in codes])
    return list(zip(*levels, strict=True))


def _table_frame(name: str, group: Any) -> _Frame:
    """What ``to_hdf(format='table')`` writes: names of columns pickled."""
    table = read_dataset(group, 'table')
    if set(table.dtype.names) != {'index', 'values_block_0'}:
        raise ValueError(f'its table has the fields {table.dtype.names}')
    columns = read_plain_pickle(
        bytes(group['table'].attrs['values_block_0_kind']))
    levels = HEADER if len(columns[0]) == len(HEADER) \
        else [HEADER[0], *HEADER[2:]]
    if not all(
            isinstance(names, tuple) and len(names) == len(levels) and all(
                isinstance(one, str) for one in names) for names in columns):
        raise ValueError(f'its columns are called {columns!r:.80}')
    return _Frame(table['values_block_0'], _names(table['index']), columns,
                  levels, f'{name}/table', table)


def _names(values: np.ndarray) -> list[str | int]:
    """Texts, or numbers of frames."""
    if values.dtype.kind not in 'iuS':
        raise ValueError(f'its names are of the type {values.dtype}')
    return [_text(v) if isinstance(v, bytes) else v for v in values.tolist()]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
