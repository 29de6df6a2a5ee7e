"""DeepLabCut's CSV files: labels, and what it found in videos."""
import csv
import hashlib
import io
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..datasets.pose_records import PoseRecord, Problem, set_pose
from ..fileio import atomic_write
from .base import ImageRef, ImageSizes, PoseFile, RefinedPoses, SourceSkeleton
from .json_pose_folder import mean_score
from .video_names import name_in_folder

# Names of the header's rows, in their order.
_HEADER = ('scorer', 'individuals', 'bodyparts', 'coords')
_COORDS = ('x', 'y', 'likelihood')
_DECIMALS = 3


class DlcHeader(NamedTuple):
    """What the header of a file says.

    Attributes:
        num_rows (int): Rows of the header.
        scorer (str): Who labelled.
        joint_names (List[str]): Body parts of all individuals, (J, ).
        individuals (List[str]): Names; one without a name in files of one
            animal.
        columns (np.ndarray): Column of x, y and likelihood of each body part,
            -1 where there is none, int64 (individuals, J, 3).
        num_index (int): Columns that name the image: one, or three for
            ``labeled-data``, folder and file.
    """

    num_rows: int
    scorer: str
    joint_names: List[str]
    individuals: List[str]
    columns: np.ndarray
    num_index: int


class DeepLabCutFile(PoseFile):
    """A CSV of DeepLabCut, of one animal or several.

    A pose is one individual of one row. ``CollectedData_*.csv`` names images
    relative to the project's folder; the CSV of a video numbers its frames,
    and its name without scorer is the video's. Only cells of refined
    coordinates change; header, likelihoods, empty cells and other body parts
    stay byte for byte. A pose that NMS drops has empty cells.

    The HDF5 files beside them hold pickles, which run code, and are refused:
    DeepLabCut's ``analyze_videos_converth5_to_csv`` makes the CSV of one.
    """

    name = 'deeplabcut'

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        super().__init__(Path(path), skeleton)
        self._lines = _read_lines(self.path)
        self._header = read_header(self._lines, self.path)
        self._rows = [
            number for number in range(self._header.num_rows,
                                       len(self._lines))
            if self._lines[number].strip()
        ]
        known: Dict[Optional[ImageRef], int] = {None: -1}
        index = []
        for number in self._rows:
            image = self._image(_cells(self._lines[number]))
            index.append(known.setdefault(image, len(known) - 1))
        self.images = [image for image in known if image is not None]
        self.image_index = np.repeat(
            np.array(index, np.int64), len(self._header.individuals))

    @classmethod
    def joint_names(
            cls,
            path: Path,
            categories: Optional[Sequence[int]] = None
    ) -> Optional[List[str]]:
        """Names of the body parts."""
        return read_header(_read_lines(Path(path)), path).joint_names

    def read(
        self,
        indices: Sequence[int],
        image_size: Optional[Tuple[int, int]] = None
    ) -> Sequence[PoseRecord]:
        """Read some poses; see :meth:`PoseFile.read`."""
        return [self._read_one(int(index)) for index in indices]

    def _image(self, cells: List[str]) -> Optional[ImageRef]:
        """Image of a row."""
        name = '/'.join(cells[:self._header.num_index])
        if not name:
            return None
        if self._header.num_index == 1 and name.isdecimal() \
                and len(name) < 10:
            video = self.path.stem.partition(self._header.scorer)[0]
            return ImageRef(stem=video, frame=int(name))
        return ImageRef(file_name=name_in_folder(name))

    def _read_one(self, index: int) -> PoseRecord:
        header = self._header
        row, individual = divmod(index, len(header.individuals))
        cells = _cells(self._lines[self._rows[row]])
        name = header.individuals[individual]
        record = PoseRecord(index, dict(individual=name) if name else {},
                            score=1.)
        if self.image_index[index] >= 0:
            image = self.images[self.image_index[index]]
            record.image_id = image.file_name or image.stem
        columns = header.columns[individual]
        if columns.max() >= len(cells):
            record.problem = Problem(
                'keypoint_count', f'the row has {len(cells)} cells, the '
                f'header {columns.max() + 1}')
            return record
        joints = _read_joints(cells, columns)
        if joints is None:
            record.problem = Problem('keypoints',
                                     'cells must hold numbers or nothing')
            return record
        record.score = mean_score(joints[:, 2])
        record.problem = set_pose(record, joints, self.skeleton.joint_map)
        return record

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write the file with other cells; see :meth:`PoseFile.write`."""
        lines = list(self._lines)
        count = len(self._header.individuals)
        for index in np.flatnonzero(poses.refined | poses.dropped).tolist():
            number = self._rows[index // count]
            cells = self._new_cells(index, poses)
            lines[number] = _replace_cells(lines[number], cells)
        with atomic_write(out) as file:
            file.write(''.join(lines).encode('utf-8', 'surrogateescape'))

    def _new_cells(self, index: int, poses: RefinedPoses) -> Dict[int, str]:
        """Text of the cells of a pose that change, by column."""
        columns = self._header.columns[index % len(self._header.individuals)]
        if poses.dropped[index]:
            return {c: '' for c in columns.ravel().tolist() if c >= 0}
        record, joint_map = self._read_one(index), self.skeleton.joint_map
        keypoints = np.round(poses.keypoints[index].astype(np.float64),
                             _DECIMALS)
        changed = (poses.keypoints[index] != record.keypoints) \
            & record.visible[:, None]
        none = np.zeros((joint_map.num_source, 2))
        moved = joint_map.put(none.astype(bool), changed)
        values = joint_map.put(none, keypoints)
        return {
            int(columns[joint, axis]): repr(float(values[joint, axis]))
            for joint, axis in np.argwhere(moved)
        }

    def digest(self) -> str:
        """Fingerprint of the file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def read_header(lines: Sequence[str], path: Path) -> DlcHeader:
    """Read the rows above the poses.

    Args:
        lines (Sequence[str]): Of the file.
        path (Path): Its name, for messages.

    Returns:
        DlcHeader: What they say.

    Raises:
        ValueError: If it is not a header of DeepLabCut's.
    """
    rows = {}
    for line in lines[:len(_HEADER)]:
        cells = _cells(line)
        if cells[0] not in _HEADER:
            break
        rows[cells[0]] = cells
    parts, coords = rows.get('bodyparts'), rows.get('coords')
    if not parts or not coords or not rows.get('scorer') \
            or len({len(row) for row in rows.values()}) > 1:
        raise ValueError(f'{path} is no CSV of DeepLabCut: rows scorer, '
                         'bodyparts and coords, equally long, must be on top')
    columns = [c for c, name in enumerate(coords) if c and name in _COORDS]
    if len(columns) < 2 or 'z' in coords:
        raise ValueError(f'{path} has no 2D poses: its coords are '
                         f'{", ".join(coords[1:])[:80]}')
    names = rows.get('individuals', [''] * len(parts))
    joints = list(dict.fromkeys(parts[c] for c in columns))
    individuals = list(dict.fromkeys(names[c] for c in columns))
    place = np.full((len(individuals), len(joints), len(_COORDS)), -1)
    joint_of = {name: j for j, name in enumerate(joints)}
    individual_of = {name: i for i, name in enumerate(individuals)}
    for c in columns:
        place[individual_of[names[c]], joint_of[parts[c]],
              _COORDS.index(coords[c])] = c
    return DlcHeader(
        len(rows), rows['scorer'][columns[0]], joints, individuals, place,
        columns[0])


def _read_lines(path: Path) -> List[str]:
    if not path.is_file():
        raise FileNotFoundError(f'the file {path} does not exist')
    data = path.read_bytes()
    if data[:8] == b'\x89HDF\r\n\x1a\n':
        raise ValueError(
            f'{path} is an HDF5 file of pandas, which holds pickles; make a '
            "CSV of it with DeepLabCut's analyze_videos_converth5_to_csv")
    # not splitlines: it splits at more than what ends a line of CSV
    text = data.decode('utf-8', 'surrogateescape')
    return list(io.StringIO(text, newline=''))


def _cells(line: str) -> List[str]:
    """Split a row; one that is no CSV is a single cell."""
    try:
        return next(csv.reader([line.rstrip('\r\n')])) or ['']
    except csv.Error:
        return [line]


def _read_joints(cells: List[str],
                 columns: np.ndarray) -> Optional[np.ndarray]:
    """Read x, y and likelihood, (J, 3); None if a cell is no number."""
    # the last, empty one stands for columns that an individual lacks
    texts = np.array([cell.strip() or 'nan' for cell in (*cells, '')])[columns]
    try:
        joints = texts.astype(np.float64)
    except ValueError:
        return None
    without = np.isnan(joints[:, :2]).any(1)
    # labels have no likelihood; one of 0 at the origin would mean absent
    joints[:, 2] = np.where(np.isnan(joints[:, 2]), 1, joints[:, 2])
    joints[:, 2] = np.where(joints[:, 2] == 0, 1e-6, joints[:, 2])
    joints[without] = 0
    return joints


def _replace_cells(line: str, new: Dict[int, str]) -> str:
    """Write a row again if cells of it change."""
    if not new:
        return line
    cells = _cells(line)
    for column, text in new.items():
        cells[column] = text
    end = line[len(line.rstrip('\r\n')):]
    text = io.StringIO()
    csv.writer(text, lineterminator='').writerow(cells)
    return text.getvalue() + end
