"""DeepLabCut's CSV files: labels, and what it found in videos."""
import csv
import io
from collections import Counter
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from ..fileio import atomic_write, check_file
from ..structures.pose_records import Problem
from .base import ImageSizes, RefinedPoses
from .dlc_table import HEADER, DlcHeader, DlcTable, lay_out
from .pose_list import (
    NamedImage,
    PoseList,
    count_categories,
    count_fields,
    count_scores,
)

_SCORER = 'posefix_mm'


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

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a CSV with a row for each image that has poses.

        With likelihoods, unless all third values are flags; for several
        animals if an image has more than one pose. Frames of one video are
        numbered, under the name ``VIDEO`` + scorer that DeepLabCut gives such
        files; images in ``labeled-data/VIDEO`` are named in three columns,
        others in one.

        Raises:
            ValueError: If there are frames of several videos, or an image has
                no name.
        """
        of_images = [(image, indices) for image, indices in zip(
            poses.images, poses.of_images(), strict=True) if indices]
        names = _index_cells([image for image, _ in of_images])
        individuals = max((len(i) for _, i in of_images), default=1)
        values = poses.keypoints if poses.has_flags else poses.triples()
        rows = _header(poses.joint_names, individuals, len(names[0])
                       if names else 1, values.shape[-1])
        for cells, (_, indices) in zip(names, of_images, strict=True):
            texts = [_cells(values[i], poses.visible[i]) for i in indices]
            width = values.shape[1] * values.shape[2]
            missing = [''] * (width * (individuals - len(indices)))
            rows.append([*cells, *chain.from_iterable(texts), *missing])
        text = io.StringIO()
        csv.writer(text, lineterminator='\n').writerows(rows)
        with atomic_write(out) as file:
            file.write(text.getvalue().encode())
        return (count_fields(poses, ('individual', )) + count_scores(poses) +
                count_categories(poses) + _lost_flags(poses))

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
    check_file(path)
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


def _header(joint_names: Sequence[str], individuals: int, num_index: int,
            num_coords: int) -> List[List[str]]:
    """Rows above the poses."""
    joints, coords = len(joint_names), ('x', 'y', 'likelihood')[:num_coords]
    width = individuals * joints * num_coords
    blank = [''] * (num_index - 1)
    people = [
        f'individual{i + 1}' for i in range(individuals)
        for _ in range(joints * num_coords)
    ]
    parts = [name for name in joint_names for _ in coords] * individuals
    rows = [['scorer', *blank, *[_SCORER] * width]]
    if individuals > 1:
        rows.append(['individuals', *blank, *people])
    rows.append(['bodyparts', *blank, *parts])
    rows.append(['coords', *blank, *list(coords) * (individuals * joints)])
    return rows


def _index_cells(images: List[NamedImage]) -> List[List[str]]:
    """How each row names its image."""
    videos = {
        image.file_name or image.stem
        for image in images if image.frame is not None
    }
    if videos:
        if len(videos) > 1 or any(i.frame is None for i in images):
            raise ValueError('a CSV of DeepLabCut holds the frames of one '
                             'video, or images; the poses are of '
                             f'{", ".join(sorted(videos)):.200}')
        return [[str(image.frame)] for image in images]
    paths = [PurePosixPath(image.need_name()) for image in images]
    labeled = all(
        len(p.parts) == 3 and p.parts[0] == 'labeled-data' for p in paths)
    return [list(p.parts) if labeled else [str(p)] for p in paths]


def _cells(values: np.ndarray, visible: np.ndarray) -> List[str]:
    """Cells of a pose, empty where a joint is absent."""
    return [
        repr(value) if present else '' for joint, present in zip(
            values.tolist(), visible, strict=True) for value in joint
    ]


def _lost_flags(poses: PoseList) -> Counter:
    """Flags of COCO other than 2 and 0 are not written."""
    if not poses.has_flags:
        return Counter()
    hidden = poses.visible & (poses.keypoint_scores == 1)
    mixed = hidden.any() and (poses.keypoint_scores == 2).any()
    return Counter(flags=int(hidden.any(1).sum())) if mixed else Counter()
