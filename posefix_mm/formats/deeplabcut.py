"""DeepLabCut's tables: labels, and predictions for videos."""
import csv
import io
from collections import Counter
from collections.abc import Sequence
from itertools import product
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from ..fileio import atomic_write, check_file
from ..structures.image_ref import ImageRef
from .base import (
    BadPose,
    Categories,
    FilePose,
    ImageSizes,
    Joints,
    PoseFile,
    RefinedPoses,
    SourceSkeleton,
)
from .folders import name_in_folder
from .pose_list import PoseList

#: Rows of the header, in their order; individuals are optional.
HEADER = ('scorer', 'individuals', 'bodyparts', 'coords')
_COORDS = ('x', 'y', 'likelihood')
_SCORER = 'posefix_mm'
# Byte order marks of "Unicode text" of spreadsheets.
_UTF_16 = {b'\xff\xfe': 'utf-16-le', b'\xfe\xff': 'utf-16-be'}


class DlcHeader(NamedTuple):
    """What the header of a table says.

    Attributes:
        scorers (list[str]): Who labelled, or which models.
        joint_names (list[str]): Body parts of all individuals, (J, ).
        individuals (list[str]): Names, ``''`` in tables of one animal; each
            scorer's are others.
        columns (np.ndarray): Column of x, y and likelihood of each body part,
            -1 where there is none, int64 (individuals, J, 3).
    """

    scorers: list[str]
    joint_names: list[str]
    individuals: list[str]
    columns: np.ndarray


def read_header(rows: dict[str, Sequence[str]], path: Path) -> DlcHeader:
    """Find the columns of each animal by the named rows of a header.

    Raises:
        ValueError: If it is not a header of DeepLabCut's, or one of 3D poses.
    """
    parts, coords = rows.get('bodyparts'), rows.get('coords')
    if not parts or not coords or not rows.get('scorer') \
            or len({len(row) for row in rows.values()}) > 1:
        raise ValueError(f'{path} is no table of DeepLabCut: rows scorer, '
                         'bodyparts and coords, equally long, must be on top')
    columns = [c for c, name in enumerate(coords) if name in _COORDS]
    if len(columns) < 2 or 'z' in coords:
        listed = ', '.join(c for c in coords if c)
        raise ValueError(f'{path} has no 2D poses: its coords are '
                         f'{listed:.80}')
    names = rows.get('individuals', [''] * len(parts))
    scorers = list(dict.fromkeys(rows['scorer'][c] for c in columns))
    if len(scorers) > 1:
        names = ['/'.join(filter(None, pair)) for pair in zip(
            rows['scorer'], names, strict=True)]
    joints = list(dict.fromkeys(parts[c] for c in columns))
    individuals = list(dict.fromkeys(names[c] for c in columns))
    places = np.full((len(individuals), len(joints), len(_COORDS)), -1)
    for c in columns:
        places[individuals.index(names[c]), joints.index(parts[c]),
               _COORDS.index(coords[c])] = c
    return DlcHeader(scorers, joints, individuals, places)


class DlcFile(PoseFile):
    """A table of DeepLabCut, of one animal or several.

    A pose is one individual of one row. Labels name images relative to the
    project's folder; the table of a video numbers its frames, and its file's
    name without scorer is the video's. Empty cells are absent. A pose that
    NMS drops has empty cells.
    """

    #: What reads and writes the file, as :class:`CsvTable`.
    table: type

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        super().__init__(path, skeleton)
        self._table = self.table(self.path)
        self._header = self._table.header
        self.index_images(
            image for image in map(self._image, self._table.row_names)
            for _ in self._header.individuals)

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names of the body parts."""
        return cls.table(Path(path)).header.joint_names

    def _image(self, name: str | int) -> ImageRef | None:
        if isinstance(name, str):
            number = name.removesuffix('.0')  # as pandas may write it
            if number.isdecimal() and len(number) < 10:
                name = int(number)
        if isinstance(name, int):
            return ImageRef(stem=self._video(), frame=name)
        return ImageRef(file_name=name_in_folder(name)) if name else None

    def _video(self) -> str:
        """Name of the video: that of the table before the scorer's."""
        for scorer in filter(None, self._header.scorers):
            video, separator, _ = self.path.stem.partition(scorer)
            if separator:
                # SuperAnimal's models put an underscore between them
                return video if scorer.startswith('DLC') else video.rstrip('_')
        return self.path.stem

    def pose_at(self, index: int) -> FilePose:
        """Find row and individual of a pose."""
        row, individual = divmod(index, len(self._header.individuals))
        name = self._header.individuals[individual]
        image = self.image_index[index]
        return FilePose(None if image < 0 else self.images[image],
                        dict(individual=name) if name else {},
                        (row, individual))

    def read_joints(self, pose: FilePose) -> Joints:
        """Read the cells of an individual."""
        row, individual = pose.place
        joints = self._table.values(row, self._header.columns[individual])
        # SuperAnimal's models fill what they lack with -1, also likelihoods
        absent = np.isnan(joints[:, :2]).any(1) | (joints == -1).all(1)
        # labels have no likelihood; one of 0 at the origin would mean absent
        scores = np.where(np.isnan(joints[:, 2]), 1, joints[:, 2])
        joints[:, 2] = np.where(scores == 0, 1e-6, scores)
        joints[absent] = 0
        return Joints(joints, category_id=None)

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write the file with other cells; see :meth:`PoseFile.write`."""
        cells: dict[int, dict[int, float]] = {}
        for index in poses.changed:
            row, individual = self.pose_at(index).place
            columns = self._header.columns[individual]
            if poses.dropped[index]:
                columns = columns[columns >= 0]
                values = np.full(len(columns), np.nan)
            else:
                edit = self.edit_of(index, poses.keypoints[index], image_sizes)
                columns = columns[:, :2][edit.moved]
                values = np.round(edit.joints[edit.moved], 3)
            cells.setdefault(row, {}).update(
                zip(columns.tolist(), values.tolist(), strict=True))
        self._table.write(out, cells)


class CsvTable:
    """Lines of a CSV with their ends.

    Attributes:
        header (DlcHeader): What it says of its columns.
        row_names (list[str]): Image or frame of each row.
    """

    def __init__(self, path: Path) -> None:
        check_file(path)
        data = path.read_bytes()
        self._encoding = _UTF_16.get(data[:2], 'utf-8')
        try:
            text = data.decode(self._encoding, 'surrogateescape')
        except UnicodeDecodeError as error:
            raise ValueError(f'{path} is a damaged table: {error}; save it '
                             'again as CSV') from error
        self._lines = _lines_of(text)
        # in some countries no comma
        first = self._lines[0] if self._lines else ''
        self._delimiter = max(',;\t', key=first.count)
        if 'frame_idx' in first:
            raise ValueError(f"{path} is an analysis table of SLEAP's; name "
                             'the .slp file that it was exported from')
        start = int(first.lstrip('\ufeff').startswith('sep='))
        header = {}
        for line in self._lines[start:start + len(HEADER)]:
            name, *cells = self._cells(line)
            name = name.lstrip('\ufeff')
            if name not in HEADER:
                break
            header[name] = ['', *cells]  # the columns of the file
        self.header = read_header(header, path)
        self._rows = [
            number for number in range(start + len(header), len(self._lines))
            if self._lines[number].strip('\r\n\t ;,')]
        columns = self.header.columns
        self._first = int(columns[columns >= 0].min())
        self.row_names = [
            '/'.join(self._cells(self._lines[number])[:self._first])
            for number in self._rows]

    def _cells(self, line: str) -> list[str]:
        """Split a line; one that is no CSV is a single cell."""
        try:
            return next(csv.reader([line.rstrip('\r\n')],
                                   delimiter=self._delimiter)) or ['']
        except csv.Error:
            return [line]

    def values(self, row: int, columns: np.ndarray) -> np.ndarray:
        """Read cells of a row, (J, 3), NaN where empty or not there."""
        cells = self._cells(self._lines[self._rows[row]])
        if columns.max() >= len(cells):
            raise BadPose('keypoint_count', f'the row has {len(cells)} cells, '
                          f'the header {columns.max() + 1}')
        # the last, empty one stands for columns that an individual lacks
        texts = np.array([cell.strip().replace(',', '.') or 'nan'
                          for cell in (*cells, '')])
        try:
            return texts[columns].astype(np.float64)
        except ValueError as error:
            raise BadPose('keypoints',
                          'cells must hold numbers or nothing') from error

    def write(self, out: Path, cells: dict[int, dict[int, float]]) -> None:
        """Write the file with other cells, by row and column."""
        lines = self._lines.copy()
        for row, changed in cells.items():
            if changed:
                line = lines[self._rows[row]]
                lines[self._rows[row]] = self._replaced(line, changed)
        with atomic_write(out) as file:
            file.write(''.join(lines).encode(self._encoding,
                                             'surrogateescape'))

    def _replaced(self, line: str, changed: dict[int, float]) -> str:
        cells = self._cells(line)
        commas = any(',' in cell for cell in cells[self._first:])
        for column, value in changed.items():
            text = '' if np.isnan(value) else repr(value)
            cells[column] = text.replace('.', ',') if commas else text
        text = io.StringIO()
        csv.writer(text, delimiter=self._delimiter,
                   lineterminator=line[len(line.rstrip('\r\n')):]
                   ).writerow(cells)
        return text.getvalue()


def _lines_of(text: str) -> list[str]:
    """Split a table into its lines; names in quotes may have line breaks."""
    # not splitlines: it splits at more than what ends a line of CSV
    plain = list(io.StringIO(text, newline=''))
    lines: list[str] = []
    within = False  # quotes
    for line in plain:
        if within:
            lines[-1] += line
        else:
            lines.append(line)
        within ^= line.count('"') % 2 == 1
    return plain if within else lines  # a quote that is nothing but one


class DeepLabCutFile(DlcFile):
    """A CSV of DeepLabCut: ``CollectedData_*.csv``, or that of a video.

    Only cells of refined coordinates change; header, likelihoods, empty cells
    and other body parts stay byte for byte. What a spreadsheet saved, with a
    byte order mark, semicolons and decimal commas, is read and written so.
    """

    name = 'deeplabcut'
    help = 'DeepLabCut: CSV of labels or of a video'
    suffixes = ('.csv', )
    table = CsvTable

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
        posed = [(image, indices) for image, indices in poses.by_image()
                 if indices]
        names = _index_cells([image for image, _ in posed])
        individuals = max((len(indices) for _, indices in posed), default=1)
        values = poses.keypoints if poses.has_flags else poses.triples()
        cells = np.full((len(posed), individuals, *values.shape[1:]), '',
                        object)
        for row, (_, indices) in enumerate(posed):
            for place, i in enumerate(indices):
                present = poses.visible[i]
                cells[row, place, present] = values[i, present]
        columns = product(
            [_SCORER], [f'individual{i + 1}' for i in range(individuals)],
            poses.joint_names, _COORDS[:values.shape[-1]])
        blank = [''] * (len(names[0]) - 1 if names else 0)
        rows = [[name, *blank, *row] for name, row in zip(
            HEADER, zip(*columns, strict=True), strict=True)
            if name != 'individuals' or individuals > 1]
        rows += [[*name, *row.ravel()]
                 for name, row in zip(names, cells, strict=True)]
        text = io.StringIO()
        csv.writer(text, lineterminator='\n').writerows(rows)
        with atomic_write(out) as file:
            file.write(text.getvalue().encode())
        return poses.count_lost(('individual', )) + _lost_flags(poses)


def _index_cells(images: list[ImageRef]) -> list[list[str]]:
    """How each row names its image."""
    videos = {image.file_name or image.stem for image in images
              if image.frame is not None}
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


def _lost_flags(poses: PoseList) -> Counter:
    """Flags of COCO other than 2 and 0 are not written."""
    if not poses.has_flags:
        return Counter()
    hidden = poses.visible & (poses.keypoint_scores == 1)
    mixed = hidden.any() and (poses.keypoint_scores == 2).any()
    return Counter(flags=int(hidden.any(1).sum())) if mixed else Counter()
