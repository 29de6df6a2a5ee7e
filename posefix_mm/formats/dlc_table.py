"""Tables of DeepLabCut, in whichever file: a row for each image."""
from abc import abstractmethod
from pathlib import Path
from typing import (
    Dict,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

import numpy as np

from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, Problem, set_pose
from .base import PoseFile, RefinedPoses, SourceSkeleton
from .folders import name_in_folder
from .json_pose_folder import mean_score

#: Rows of the header, in their order; individuals are optional.
HEADER = ('scorer', 'individuals', 'bodyparts', 'coords')
_COORDS = ('x', 'y', 'likelihood')


class DlcHeader(NamedTuple):
    """What the header of a table says.

    Attributes:
        scorers (List[str]): Who labelled, or which models.
        joint_names (List[str]): Body parts of all individuals, (J, ).
        individuals (List[str]): Names; one without a name in tables of one
            animal; with several scorers, each of theirs is one of its own.
        columns (np.ndarray): Column of x, y and likelihood of each body part,
            -1 where there is none, int64 (individuals, J, 3).
    """

    scorers: List[str]
    joint_names: List[str]
    individuals: List[str]
    columns: np.ndarray


def lay_out(rows: Dict[str, Sequence[str]], path: Path) -> DlcHeader:
    """Find the columns of each animal.

    Args:
        rows (Dict[str, Sequence[str]]): Rows of the header by their name,
            with a cell for each column.
        path (Path): The file, for messages.

    Returns:
        DlcHeader: What they say.

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
        shown = ', '.join(c for c in coords if c)
        raise ValueError(f'{path} has no 2D poses: its coords are '
                         f'{shown:.80}')
    names = rows.get('individuals', [''] * len(parts))
    scorers = list(dict.fromkeys(rows['scorer'][c] for c in columns))
    if len(scorers) > 1:
        names = ['/'.join(filter(None, pair)) for pair in zip(
            rows['scorer'], names, strict=True)]
    joints = list(dict.fromkeys(parts[c] for c in columns))
    individuals = list(dict.fromkeys(names[c] for c in columns))
    place = np.full((len(individuals), len(joints), len(_COORDS)), -1)
    for c in columns:
        place[individuals.index(names[c]),
              joints.index(parts[c]),
              _COORDS.index(coords[c])] = c
    return DlcHeader(scorers, joints, individuals, place)


class DlcTable(PoseFile):
    """A table of DeepLabCut, of one animal or several.

    A pose is one individual of one row. Labels name images relative to the
    project's folder; the table of a video numbers its frames, and its file's
    name without scorer is the video's. Empty cells are absent.
    """

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        super().__init__(Path(path), skeleton)
        self._header = self._load()
        known: Dict[Optional[ImageRef], int] = {None: -1}
        index = [
            known.setdefault(self._image(name), len(known) - 1)
            for name in self._row_names()
        ]
        self.images = [image for image in known if image is not None]
        self.image_index = np.repeat(
            np.array(index, np.int64), len(self._header.individuals))

    @abstractmethod
    def _load(self) -> DlcHeader:
        """Read the file."""

    @abstractmethod
    def _row_names(self) -> Sequence[Union[str, int]]:
        """Image or frame of each row."""

    @abstractmethod
    def _values(self, row: int,
                columns: np.ndarray) -> Union[np.ndarray, Problem]:
        """Read cells of a row, (J, 3), NaN where they are empty or -1."""

    def _image(self, name: Union[str, int]) -> Optional[ImageRef]:
        """Image of a row."""
        if isinstance(name, str) and name.isdecimal() and len(name) < 10:
            name = int(name)
        if isinstance(name, int):
            return ImageRef(stem=self._video(), frame=name)
        return ImageRef(file_name=name_in_folder(name)) if name else None

    def _video(self) -> str:
        """Name of the video: that of the table before the scorer's."""
        stem = self.path.stem
        for scorer in self._header.scorers:
            if scorer in stem:
                # SuperAnimal's models write a line between, others nothing
                video = stem.partition(scorer)[0]
                return video if scorer.startswith('DLC') else \
                    video.rstrip('_')
        return stem

    def _place(self, index: int) -> Tuple[int, int]:
        """Row and individual of a pose."""
        return divmod(index, len(self._header.individuals))

    def read_one(
            self,
            index: int,
            image_size: Optional[Tuple[int, int]] = None) -> PoseRecord:
        """Read one pose; see :meth:`PoseFile.read`."""
        row, individual = self._place(index)
        name = self._header.individuals[individual]
        record = PoseRecord(
            index, dict(individual=name) if name else {}, score=1.)
        if self.image_index[index] >= 0:
            image = self.images[self.image_index[index]]
            record.image_id = image.file_name or image.stem
        joints = self._values(row, self._header.columns[individual])
        if isinstance(joints, Problem):
            record.problem = joints
            return record
        without = np.isnan(joints[:, :2]).any(1)
        # labels have no likelihood; one of 0 at the origin would mean absent
        scores = np.where(np.isnan(joints[:, 2]), 1, joints[:, 2])
        joints[:, 2] = np.where(scores == 0, 1e-6, scores)
        joints[without] = 0
        record.score = mean_score(joints[:, 2])
        record.problem = set_pose(record, joints, self.skeleton.joint_map)
        return record

    def _new_values(self, index: int,
                    poses: RefinedPoses) -> Tuple[np.ndarray, np.ndarray]:
        """Columns of a pose that change, and their new values, (M, ).

        NaN for a pose that NMS dropped.
        """
        columns = self._header.columns[self._place(index)[1]]
        if poses.dropped[index]:
            columns = columns[columns >= 0]
            return columns, np.full(len(columns), np.nan)
        values, moved = self.joints_of(
            self.read_one(index), poses.keypoints[index])
        return columns[:, :2][moved], np.round(values[moved], 3)
