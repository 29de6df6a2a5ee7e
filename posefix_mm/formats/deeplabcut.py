"""DeepLabCut's CSV files: labels, and what it found in videos."""
import csv
import hashlib
import io
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from ..fileio import atomic_write
from ..structures.pose_records import Problem
from .base import ImageSizes, RefinedPoses
from .dlc_table import HEADER, DlcHeader, DlcTable, lay_out


class DeepLabCutFile(DlcTable):
    """A CSV of DeepLabCut: ``CollectedData_*.csv``, or that of a video.

    Only cells of refined coordinates change; header, likelihoods, empty cells
    and other body parts stay byte for byte. A pose that NMS drops has empty
    cells. What a spreadsheet saved, with a byte order mark, semicolons and
    decimal commas, is read and written so.
    """

    name = 'deeplabcut'
    help = 'DeepLabCut: CSV of labels or of a video'
    suffixes = ('.csv', )

    @classmethod
    def joint_names(
            cls,
            path: Path,
            categories: Optional[Sequence[int]] = None
    ) -> Optional[List[str]]:
        """Names of the body parts."""
        return _read_header(_read_lines(Path(path)), path)[0].joint_names

    def _load(self) -> DlcHeader:
        self._lines = _read_lines(self.path)
        header, num_rows = _read_header(self._lines, self.path)
        self._rows = [
            number for number in range(num_rows, len(self._lines))
            if self._lines[number].strip('\r\n\t ;,')
        ]
        self._num_index = int(header.columns[header.columns >= 0].min())
        return header

    def _row_names(self) -> Sequence[str]:
        return [
            '/'.join(self._cells(number)[:self._num_index])
            for number in self._rows
        ]

    def _values(self, row: int,
                columns: np.ndarray) -> Union[np.ndarray, Problem]:
        cells = self._cells(self._rows[row])
        if columns.max() >= len(cells):
            return Problem(
                'keypoint_count', f'the row has {len(cells)} cells, the '
                f'header {columns.max() + 1}')
        if _delimiter(self._lines) == ';':
            cells = [cell.replace(',', '.') for cell in cells]
        # the last, empty one stands for columns that an individual lacks
        texts = np.array([cell.strip() or 'nan' for cell in (*cells, '')])
        try:
            return texts[columns].astype(np.float64)
        except ValueError:
            return Problem('keypoints', 'cells must hold numbers or nothing')

    def _cells(self, number: int) -> List[str]:
        return _split(self._lines[number], _delimiter(self._lines))

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write the file with other cells; see :meth:`PoseFile.write`."""
        lines = list(self._lines)
        for index in np.flatnonzero(poses.refined | poses.dropped).tolist():
            number = self._rows[self._place(index)[0]]
            columns, values = self._new_values(index, poses)
            cells = {
                column: '' if np.isnan(value) else repr(value)
                for column, value in zip(
                    columns.tolist(), values.tolist(), strict=True)
            }
            lines[number] = _replace_cells(
                lines[number], cells, _delimiter(lines))
        with atomic_write(out) as file:
            file.write(''.join(lines).encode('utf-8', 'surrogateescape'))

    def digest(self) -> str:
        """Fingerprint of the file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def _read_header(lines: Sequence[str], path: Path) -> Tuple[DlcHeader, int]:
    """Read the rows above the poses, and count them."""
    rows = {}
    for line in lines[:len(HEADER)]:
        name, *cells = _split(line, _delimiter(lines))
        name = name.lstrip('\ufeff')
        if name not in HEADER:
            break
        rows[name] = ['', *cells]  # the columns of the file
    return lay_out(rows, path), len(rows)


def _read_lines(path: Path) -> List[str]:
    if not path.is_file():
        raise FileNotFoundError(f'the file {path} does not exist')
    # not splitlines: it splits at more than what ends a line of CSV
    text = path.read_bytes().decode('utf-8', 'surrogateescape')
    return list(io.StringIO(text, newline=''))


def _delimiter(lines: Sequence[str]) -> str:
    """What lies between the cells; in some countries no comma."""
    first = lines[0] if lines else ''
    return max(',;\t', key=first.count)


def _split(line: str, delimiter: str) -> List[str]:
    """Split a row; one that is no CSV is a single cell."""
    try:
        return next(csv.reader([line.rstrip('\r\n')],
                               delimiter=delimiter)) or ['']
    except csv.Error:
        return [line]


def _replace_cells(line: str, new: Dict[int, str], delimiter: str) -> str:
    """Write a row again if cells of it change."""
    if not new:
        return line
    cells = _split(line, delimiter)
    commas = delimiter == ';' and any(',' in cell for cell in cells)
    for column, text in new.items():
        cells[column] = text.replace('.', ',') if commas else text
    end = line[len(line.rstrip('\r\n')):]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator='').writerow(cells)
    return text.getvalue() + end
