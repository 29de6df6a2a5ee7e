"""Poses in many small files, such as one for each image."""
import hashlib
import shutil
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..fileio import atomic_write, load_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import Problem
from .base import (
    BadPose,
    FilePose,
    ImageSizes,
    PoseEdit,
    PoseFile,
    RefinedPoses,
    SourceSkeleton,
)
from .folders import atomic_folder, list_folder, new_file
from .json_scanner import JsonPath, splice_json

# Parsed files that are kept: those of one image are read in a row.
_CACHED = 8
# A thousandth of a pixel, also in images of 10,000 pixels.
_DECIMALS, _RELATIVE_DECIMALS = 3, 7


class PoseFolder(PoseFile):
    """A folder with files of poses, maybe in folders of it, or one such file.

    Files of other kinds are copied. A file that should hold poses but can't
    be read counts as one pose with a problem, and is copied as well. Links
    that lead out of the folder are refused.
    """

    #: End of the names of files with poses.
    ending: str = '.json'
    #: Further endings of such files.
    other_endings: tuple[str, ...] = ()

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        super().__init__(path, skeleton)
        self._root, names = list_folder(self.path)
        self._members, self.copied = [], []
        for name in names:
            with_poses = self.path.is_file() or name.endswith(
                (self.ending, *self.other_endings))
            (self._members if with_poses else self.copied).append(name)
        if not self._members:
            raise ValueError(f'{path} has no files *{self.ending}; it is no '
                             f'folder of the format {self.name}')
        self._parsed = lru_cache(_CACHED)(self._parse_member)
        images, starts = [], [0]
        for member in range(len(self._members)):
            images += [pose.image for pose in self._parse_member(member)]
            starts.append(len(images))
        self.index_images(images)
        self._starts = np.array(starts)

    @abstractmethod
    def find_poses(self, data: bytes, stem: str) -> Sequence[FilePose]:
        """Find the poses of one file, in its order.

        ``stem`` is its name in the folder without the ending.

        Raises:
            ValueError: If it is not of this format; the text follows the name
                of the file.
        """

    @abstractmethod
    def edit(self, data: bytes, edits: Sequence[PoseEdit],
             dropped: Sequence[Any]) -> bytes:
        """Put new coordinates into the content of one file.

        Poses at the places in ``dropped`` are left out.
        """

    def pose_at(self, index: int) -> FilePose:
        """Find a pose by its position in the order of files."""
        member = self._member_of(index)
        return self._parsed(member)[index - self._starts[member]]

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write all files; see :meth:`PoseFile.write`.

        Raises:
            FileExistsError: If ``out`` is a folder with other files.
        """
        changed: dict[int, list[int]] = {}
        for index in poses.changed:
            changed.setdefault(self._member_of(index), []).append(index)
        contents = (self._content(member, changed.get(member, ()), poses,
                                  image_sizes)
                    for member in range(len(self._members)))
        if self.path.is_file():
            with atomic_write(out) as file:
                file.write(next(contents))
            return
        with atomic_folder(out, self.path) as folder:
            for name, content in zip(self._members, contents, strict=True):
                new_file(folder, name).write_bytes(content)
            for name in self.copied:
                shutil.copyfile(self._root / name, new_file(folder, name))

    def images_without_poses(self) -> list[ImageRef]:
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

    def _member_of(self, index: int) -> int:
        """Number of the file that a pose is in."""
        return int(np.searchsorted(self._starts, index, 'right')) - 1

    def _stem(self, member: int) -> str:
        """Name of a file without the ending."""
        name = self._members[member]
        return name.removesuffix(self.ending) if name.endswith(self.ending) \
            else str(Path(name).with_suffix(''))

    def _parse_member(self, member: int) -> Sequence[FilePose]:
        name = self._members[member]
        data = (self._root / name).read_bytes()
        try:
            return self.find_poses(data, self._stem(member))
        except ValueError as error:
            problem = Problem('unreadable_file', f'{name} {error}')
            return [FilePose(None, None, None, problem)]

    def _content(self, member: int, changed: Sequence[int],
                 poses: RefinedPoses, image_sizes: ImageSizes) -> bytes:
        """Content of a file with its refined poses."""
        data = (self._root / self._members[member]).read_bytes()
        if not changed:
            return data
        edits = [self.edit_of(index, poses.keypoints[index], image_sizes)
                 for index in changed if not poses.dropped[index]]
        dropped = [self.pose_at(index).place
                   for index in changed if poses.dropped[index]]
        return self.edit(data, edits, dropped)


class JsonPoseFolder(PoseFolder):
    """A folder with JSON files of poses, or one such file.

    Only the text of new coordinates changes; every other byte stays.
    """

    #: Where poses keep x, y and a third value of all joints.
    keypoints_field: str = 'keypoints'

    @abstractmethod
    def list_poses(self, content: Any, stem: str) -> Sequence[FilePose]:
        """List the poses of one file, whose ``place`` is a :data:`JsonPath`.

        See :meth:`find_poses`; ``content`` is what the JSON holds.
        """

    @staticmethod
    def parse(data: bytes) -> Any:
        """Read what a file holds.

        Raises:
            ValueError: If it is not JSON.
        """
        return load_json(data)

    @classmethod
    def peek(cls, path: Path) -> Iterator[Any]:
        """Parse the files of a folder that are JSON, one after the other."""
        root, names = list_folder(path)
        for name in names:
            if path.is_file() or name.endswith(
                    ('.json', *cls.other_endings)):
                with suppress(ValueError):
                    yield cls.parse((root / name).read_bytes())

    def coordinate_path(self, joint: int, axis: int, raw: Any) -> JsonPath:
        """Path, below a pose, of x (axis 0) or y (1) of one of the J joints.

        Defaults to a flat list of triples.
        """
        return self.keypoints_field, 3 * joint + axis

    def find_poses(self, data: bytes, stem: str) -> Sequence[FilePose]:
        """Parse the JSON and list its poses."""
        return self.list_poses(self.parse(data), stem)

    def edit(self, data: bytes, edits: Sequence[PoseEdit],
             dropped: Sequence[JsonPath]) -> bytes:
        """Splice new coordinates into the text."""
        values: dict[JsonPath, bytes] = {}
        for edit in edits:
            joints = np.round(edit.joints, _RELATIVE_DECIMALS if edit.relative
                              else _DECIMALS)
            for joint, axis in np.argwhere(edit.moved).tolist():
                path = (*edit.place, *self.coordinate_path(
                    joint, axis, edit.raw))
                values[path] = repr(float(joints[joint, axis])).encode()
        return splice_json(data, values, dropped)


def read_or_none(file: Path) -> Any:
    """Content of a JSON file, None if it is none."""
    try:
        return load_json(file.read_bytes())
    except ValueError:
        return None


def as_numbers(values: Any, name: str) -> np.ndarray:
    """Check that a JSON value, called ``name``, is a list of numbers.

    Returns:
        np.ndarray: float64 (N, ), NaN for ``null``.

    Raises:
        BadPose: If it is anything else, as the functions below.
    """
    if not isinstance(values, list):
        raise BadPose('keypoints', f'{name} must be a list, got '
                      f'{values!r:.40}')
    # bool is an int in Python, not in JSON
    if not {int, float, type(None)}.issuperset(map(type, values)):
        raise BadPose('keypoints', f'{name} must hold numbers only')
    try:
        return np.array(values, np.float64)
    except OverflowError as error:  # JSON knows integers of any length
        raise BadPose('not_finite', f'{name} must be finite') from error


def as_triples(values: Any, name: str, meaning: str) -> np.ndarray:
    """Read a list of the three numbers that ``meaning`` names, of each joint.

    Returns:
        np.ndarray: float64 (J, 3), NaN for ``null``.
    """
    numbers = as_numbers(values, name)
    if len(numbers) % 3:
        raise BadPose('keypoint_count', f'{name} must hold {meaning} triples, '
                      f'got {len(numbers)} numbers')
    return numbers.reshape(-1, 3)


def put_scores(joints: np.ndarray, values: Any, name: str) -> np.ndarray:
    """Give joints, (J, 2) or (J, 3), the scores that a list beside them has.

    Returns:
        np.ndarray: x, y and score, float64 (J, 3).
    """
    scores = as_numbers(values, name)
    if len(scores) != len(joints):
        raise BadPose('keypoint_count', f'{len(scores)} scores for '
                      f'{len(joints)} keypoints')
    return np.column_stack((joints[:, :2], scores))


def need_object(raw: Any, name: str) -> dict:
    """Check that a pose is a JSON object."""
    if not isinstance(raw, dict):
        raise BadPose('not_an_object',
                      f'{name} must be an object, got {raw!r:.40}')
    return raw
