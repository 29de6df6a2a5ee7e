"""Poses in many small files, such as one for each image."""
import hashlib
import shutil
from abc import abstractmethod
from functools import lru_cache
from pathlib import Path
from typing import (
    Any,
    Dict,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

import numpy as np

from ..fileio import atomic_write
from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, Problem, set_pose
from .base import ImageSizes, PoseFile, RefinedPoses, SourceSkeleton
from .folders import atomic_folder, list_folder

# Parsed files that are kept: those of one image are read in a row.
_CACHED = 8


class FoundPose(NamedTuple):
    """A pose in one of the files.

    Attributes:
        image (ImageRef | None): Its image.
        raw (Any): The pose as it was read.
        place (Any): Where it is in its file; the format's own.
        problem (Problem | None): Why it is not even looked at.
    """

    image: Optional[ImageRef]
    raw: Any
    place: Any
    problem: Optional[Problem] = None


class Joints(NamedTuple):
    """What a format finds in one pose.

    Attributes:
        joints (np.ndarray): x, y (image pixels) and score, (J, 3); all three
            are 0 where a joint is absent.
        score (float): Score of the pose.
        category_id (int): Its category. Defaults to 1.
    """

    joints: np.ndarray
    score: float
    category_id: int = 1


class PoseEdit(NamedTuple):
    """New coordinates of a pose in one of the files.

    Attributes:
        raw (Any): The pose as it was read.
        place (Any): Where it is in its file.
        joints (np.ndarray): Coordinates of the source's joints, image pixels
            (J, 2).
        moved (np.ndarray): Which of them are new, bool (J, 2).
        image_size (Tuple[int, int] | None): Width and height of its image,
            for formats that need it.
    """

    raw: Any
    place: Any
    joints: np.ndarray
    moved: np.ndarray
    image_size: Optional[Tuple[int, int]]


class PoseFolder(PoseFile):
    """A folder with files of poses, or one such file.

    Files of other kinds are copied. A file that should hold poses but can't
    be read counts as one pose with a problem, and is copied as well.

    Args:
        path (Path): Folder, with or without folders inside, or file.
        skeleton (SourceSkeleton): What of it is refined.

    Attributes:
        copied (List[str]): Files that hold no poses by their names.

    Raises:
        FileNotFoundError: If the path does not exist.
        ValueError: If the folder has no file of this format, or a link that
            leads out of it.
    """

    #: End of the names of files with poses.
    ending: str = '.json'

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        super().__init__(Path(path), skeleton)
        self._root, names = list_folder(self.path)
        whole = self.path.is_file()
        self._members = [n for n in names if whole or self.has_poses(n)]
        self.copied = [] if whole else [
            n for n in names if not self.has_poses(n)
        ]
        if not self._members:
            raise ValueError(f'{path} has no files *{self.ending}; it is no '
                             f'folder of the format {self.name}')
        self._parsed = lru_cache(_CACHED)(self._parse_member)
        self._index_poses()

    def has_poses(self, name: str) -> bool:
        """Tell by its name whether a file should hold poses."""
        return name.endswith(self.ending)

    @abstractmethod
    def find_poses(self, data: bytes, stem: str) -> Sequence[FoundPose]:
        """Find the poses of one file.

        Args:
            data (bytes): Its content.
            stem (str): Its name in the folder without the ending.

        Returns:
            Sequence[FoundPose]: In the order of the file.

        Raises:
            ValueError: If it is not of this format.
        """

    @abstractmethod
    def read_joints(
            self, raw: Any,
            image_size: Optional[Tuple[int, int]]) -> Union[Joints, Problem]:
        """Read the joints of one pose.

        Args:
            raw (Any): The pose as it was found.
            image_size (Tuple[int, int], optional): Width and height of its
                image.
        """

    @abstractmethod
    def edit(self, data: bytes, edits: Sequence[PoseEdit],
             dropped: Sequence[Any]) -> bytes:
        """Put new coordinates into the content of one file.

        Args:
            data (bytes): The content.
            edits (Sequence[PoseEdit]): What changes.
            dropped (Sequence): Places of poses that are taken out.
        """

    def read_one(
            self,
            index: int,
            image_size: Optional[Tuple[int, int]] = None) -> PoseRecord:
        """Read one pose; see :meth:`PoseFile.read`."""
        member = int(np.searchsorted(self._starts, index, 'right')) - 1
        found = self._parsed(member)[index - self._starts[member]]
        return self._record(index, found, image_size)

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write all files; see :meth:`PoseFile.write`.

        Raises:
            FileExistsError: If ``out`` is a folder with other files.
        """
        changed = self._changed_members(poses)
        if self.path.is_file():
            with atomic_write(out) as file:
                file.write(self._content(0, changed, poses, image_sizes))
            return
        with atomic_folder(out, self.path) as folder:
            for number, name in enumerate(self._members):
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(
                    self._content(number, changed, poses, image_sizes))
            for name in self.copied:
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._root / name, target)

    def images_without_poses(self) -> List[ImageRef]:
        """Images of files without poses."""
        empty = np.flatnonzero(np.diff(self._starts) == 0)
        return [ImageRef(stem=self._stem(i)) for i in empty.tolist()]

    def digest(self) -> str:
        """Fingerprint of the names and the content of all files."""
        total = hashlib.sha256()
        for name in (*self._members, *self.copied):
            content = hashlib.sha256(
                (self._root / name).read_bytes()).hexdigest()
            # surrogateescape: names that are not UTF-8
            total.update(f'{name}\0{content}\0'.encode(
                'utf-8', 'surrogateescape'))
        return total.hexdigest()

    def _stem(self, number: int) -> str:
        """Name of a file without the ending."""
        name = self._members[number]
        return name[:-len(self.ending)] if self.has_poses(name) \
            else str(Path(name).with_suffix(''))

    def _parse_member(self, number: int) -> Sequence[FoundPose]:
        name = self._members[number]
        data = (self._root / name).read_bytes()
        try:
            return self.find_poses(data, self._stem(number))
        except ValueError as error:
            return [
                FoundPose(None, None, None,
                          Problem('unreadable_file', f'{name} {error}'))
            ]

    def _index_poses(self) -> None:
        """Learn how many poses each file has, and of which images."""
        self.images: List[ImageRef] = []
        known: Dict[ImageRef, int] = {None: -1}
        counts, index = [], []
        for number in range(len(self._members)):
            found = self._parse_member(number)
            counts.append(len(found))
            for pose in found:
                if pose.image not in known:
                    known[pose.image] = len(self.images)
                    self.images.append(pose.image)
                index.append(known[pose.image])
        self._starts = np.concatenate(([0], np.cumsum(counts, dtype=int)))
        self.image_index = np.array(index, np.int64)

    def _record(self, index: int, found: FoundPose,
                image_size: Optional[Tuple[int, int]]) -> PoseRecord:
        record = PoseRecord(index, found.raw, problem=found.problem, score=1.)
        if found.image is not None:
            image = found.image
            record.image_id = next(
                (i for i in (image.image_id, image.file_name, image.stem)
                 if i is not None), None)
        if record.problem is None:
            record.problem = self._fill(record, image_size)
        return record

    def _fill(self, record: PoseRecord,
              image_size: Optional[Tuple[int, int]]) -> Optional[Problem]:
        if image_size is None and self.is_relative(record.raw):
            return Problem('image_size', 'the size of its image is not known')
        result = self.read_joints(record.raw, image_size)
        if isinstance(result, Problem):
            return result
        categories = self.skeleton.categories
        record.category_id = result.category_id
        if categories is not None and result.category_id not in categories:
            return Problem('category',
                           f'category {result.category_id} is not refined')
        count = self.skeleton.joint_map.num_source
        if len(result.joints) != count:
            return Problem('keypoint_count', f'a pose must have {count} '
                           f'joints, got {len(result.joints)}')
        if not 0 < result.score < np.inf:
            return Problem('score_not_positive',
                           f'score {result.score} is not above 0')
        record.score = result.score
        return set_pose(record, result.joints, self.skeleton.joint_map)

    def _changed_members(self, poses: RefinedPoses) -> Set[int]:
        changed = np.flatnonzero(poses.refined | poses.dropped)
        return set(
            (np.searchsorted(self._starts, changed, 'right') - 1).tolist())

    def _content(self, number: int, changed: Set[int], poses: RefinedPoses,
                 image_sizes: ImageSizes) -> bytes:
        """Content of a file with its refined poses."""
        data = (self._root / self._members[number]).read_bytes()
        if number not in changed:
            return data
        start = self._starts[number]
        edits, dropped = [], []
        for place, found in enumerate(self._parsed(number)):
            index = start + place
            if poses.dropped[index]:
                dropped.append(found.place)
            elif poses.refined[index]:
                edits.append(
                    self._edit_of(index, found, poses.keypoints[index],
                                  image_sizes))
        return self.edit(data, edits, dropped)

    def _edit_of(self, index: int, found: FoundPose, keypoints: np.ndarray,
                 image_sizes: ImageSizes) -> PoseEdit:
        """Joints of one pose that move; absent ones stay absent."""
        size = image_sizes(int(self.image_index[index])) \
            if self.is_relative(found.raw) else None
        record = self._record(index, found, size)
        return PoseEdit(found.raw, found.place,
                        *self.joints_of(record, keypoints), size)
