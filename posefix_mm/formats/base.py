"""A file of poses: what the readers and writers of all formats share."""
from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..structures.image_ref import ImageRef
from ..structures.joint_map import JointMap
from ..structures.pose_records import (
    RELEASE_CATEGORIES,
    PoseRecord,
    Problem,
    set_pose,
)
from .file_head import FileHead
from .joint_maps import load_source_joints
from .pose_list import PoseList

#: Readers by the name of their format, filled as their classes are defined.
FORMATS: dict[str, type[PoseFile]] = {}

#: Width and height of an image, None where they are not known.
ImageSize = tuple[int, int] | None
#: Width and height of an image, by its place in ``PoseFile.images``.
ImageSizes = Callable[[int], tuple[int, int]]
#: Ids of categories, None for all.
Categories = Sequence[int] | None


class SourceSkeleton(NamedTuple):
    """The file's J joints as the refiner's K keypoints; what is refined."""

    joint_map: JointMap
    categories: Categories = RELEASE_CATEGORIES


class FilePose(NamedTuple):
    """A pose of a file, not yet read, or why it can't be.

    ``raw`` is what the file holds of it, ``place`` where: the format's own.
    """

    image: ImageRef | None
    raw: Any
    place: Any
    problem: Problem | None = None


class Joints(NamedTuple):
    """What a format reads of one pose.

    Attributes:
        joints (np.ndarray): x, y (image pixels, or fractions of the image if
            the pose is relative) and score, float64 (J, 3); all three are 0
            where a joint is absent.
        score (float | None): Score of the pose. Defaults to None: the mean of
            the joints' scores above 0, or 1.
        category_id (int | None): Its category; None, of formats that know
            none, is refined whatever the refiner is for. Defaults to 1.
    """

    joints: np.ndarray
    score: float | None = None
    category_id: int | None = 1


class BadPose(Exception):
    """A pose that can't be refined: a code and a text, as of ``Problem``."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(code, text)


class RefinedPoses(NamedTuple):
    """What is written back of the N poses of a file.

    Attributes:
        refined (np.ndarray): Whether a pose was refined, bool (N, ).
        dropped (np.ndarray): Whether NMS dropped it, bool (N, ).
        keypoints (np.ndarray): Image pixels, float32 (N, K, 2); anything
            where not refined.
        scores (np.ndarray | None): Predicted OKS, by which scores of the
            file are multiplied, float32 (N, ), NaN where the file's own
            stays; None where all stay.
    """

    refined: np.ndarray
    dropped: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray | None = None

    @property
    def changed(self) -> list[int]:
        """Poses that do not come back as they were."""
        return np.flatnonzero(self.refined | self.dropped).tolist()


class PoseEdit(NamedTuple):
    """New coordinates of a pose, which the file holds as ``FilePose`` says.

    Attributes:
        joints (np.ndarray): The file's joints in its own units, float64
            (J, 2).
        moved (np.ndarray): Which of them are new, bool (J, 2).
        relative (bool): Whether they are fractions of the image's size.
    """

    raw: Any
    place: Any
    joints: np.ndarray
    moved: np.ndarray
    relative: bool


class PoseFile(ABC):
    """Poses that some tool wrote, and the way to write them back.

    A subclass reads what it needs to know of all poses at once, and single
    poses when they are asked for, so that files larger than the memory can
    be refined. Everything that is not a refined coordinate comes back as it
    was: order, unknown fields, joints that the refiner does not know.

    A subclass with a ``name`` is put into :data:`FORMATS`, where commands,
    help and detection find it.

    Attributes:
        images (Sequence[ImageRef]): Images in order of first appearance.
        image_index (np.ndarray): Image of each pose, a place in ``images``,
            int64 (N, ); -1 where a pose names none.
        category_counts (Counter): Poses by category, where the format knows
            any.

    Raises:
        FileNotFoundError: If the path does not exist.
        ValueError: If it is not of this format; the message names the file
            and the place in it.
    """

    #: Name of the format, as in ``--format``.
    name: str
    #: What it is, for ``posefix convert --help``: a few words.
    help: str
    #: Suffixes, in lower case, that identify a file.
    suffixes: tuple[str, ...] = ()
    #: Joint map that names the joints, where the format has its own.
    default_joints: str | None = None
    #: Formats of higher priority are asked first whether a file is theirs.
    priority: int = 0
    #: Writes poses of other formats (path, poses) as a new file or folder and
    #: counts what there is no place for; None if the format is only refined.
    create: Callable[[Path, PoseList], Counter] | None = None
    #: Whether what ``create`` writes lists images without poses.
    holds_empty_images: bool = False
    #: Skeletons that ``create`` can write, by names of joint maps; any where
    #: there are none.
    skeletons: tuple[str, ...] = ()
    #: Whether OKS-NMS drops duplicates unless the user says otherwise: results
    #: files hold what detectors found, other formats what people want back.
    drops_duplicates: bool = False
    #: Fields of a pose that :class:`PoseRecord` or another pose has a place
    #: for; all else is what conversion carries along.
    own_fields: frozenset[str] = frozenset(
        ('image_id', 'category_id', 'keypoints', 'score'))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if 'name' in cls.__dict__:
            other = FORMATS.setdefault(cls.name, cls)
            if other.__module__ != cls.__module__:
                raise TypeError(f'{cls} and {other} are both the format '
                                f'{cls.name}')

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        self.path = Path(path)
        self.skeleton = skeleton
        self.images: Sequence[ImageRef] = []
        self.image_index = np.zeros(0, np.int64)
        self.category_counts: Counter = Counter()

    def __len__(self) -> int:
        """Count the poses."""
        return len(self.image_index)

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Whether a file looks like one of this format.

        Args:
            path (Path): The file; of a folder, one file after the other.
            head (FileHead): What it holds.

        Raises:
            ValueError: If it is damaged JSON, which in a folder counts as
                not matching.
        """
        return path.suffix.lower() in cls.suffixes and not head.in_folder

    @classmethod
    def joint_names(cls, path: Path,
                    categories: Categories = None) -> list[str] | None:
        """Names of the J joints, of some categories where these differ."""
        return cls.default_joints and load_source_joints(
            cls.default_joints).names

    @classmethod
    def categories(cls, path: Path) -> list[dict]:
        """Categories that a file describes, as in COCO's ``categories``."""
        return []

    def read(self, indices: Sequence[int],
             image_size: ImageSize = None) -> Sequence[PoseRecord]:
        """Read poses by their positions. Several threads may do so at once.

        Args:
            indices (Sequence[int]): Which.
            image_size (ImageSize): Of the image that all of them are in;
                formats with coordinates relative to it can't be read without.

        Returns:
            Sequence[PoseRecord]: In this order, keypoints in image pixels;
            those that can't be refined name their ``problem``.
        """
        return [self.read_one(int(index), image_size) for index in indices]

    def read_one(self, index: int, image_size: ImageSize = None) -> PoseRecord:
        """Read one pose; see :meth:`read`."""
        pose = self.pose_at(index)
        record = PoseRecord(index, pose.raw, problem=pose.problem, score=1.)
        if pose.image is not None:
            record.image_id = pose.image.label
        try:
            if record.problem is None:
                self._read_into(record, pose, image_size)
        except BadPose as error:
            record.problem = error.problem
        return record

    def _read_into(self, record: PoseRecord, pose: FilePose,
                   image_size: ImageSize) -> None:
        relative = self.is_relative(pose.raw)
        if relative and image_size is None:
            raise BadPose('image_size', 'the size of its image is not known')
        joints, score, category = self.read_joints(pose)
        if relative:
            joints[:, :2] *= image_size
        if category is not None:
            record.category_id = category
            wanted = self.skeleton.categories
            if wanted is not None and category not in wanted:
                raise BadPose('category',
                              f'category {category} is not refined')
        count = self.skeleton.joint_map.num_source
        if len(joints) != count:
            raise BadPose('keypoint_count', f'a pose must have {count} '
                          f'joints, got {len(joints)}')
        if score is None:
            scores = joints[:, 2]
            scores = scores[np.isfinite(scores) & (scores > 0)]
            score = float(scores.mean()) if len(scores) else 1.
        if not 0 < score < np.inf:
            raise BadPose('score_not_positive', f'score {score} is not above '
                          '0')
        record.score = score
        record.problem = set_pose(record, joints, self.skeleton.joint_map)

    def index_images(self, images: Iterable[ImageRef | None]) -> None:
        """Number the images of all poses, in their order, as they appear."""
        places: dict[ImageRef | None, int] = {None: -1}
        self.image_index = np.array(
            [places.setdefault(image, len(places) - 1) for image in images],
            np.int64)
        self.images = list(places)[1:]

    def pose_at(self, index: int) -> FilePose:
        """Find a pose by its position in the file, for :meth:`read_one`."""
        raise NotImplementedError

    def read_joints(self, pose: FilePose) -> Joints:
        """Read the joints of a pose that has no problem yet.

        Raises:
            BadPose: If it can't be refined.
        """
        raise NotImplementedError

    def is_relative(self, raw: Any) -> bool:
        """Whether the coordinates of a pose are fractions of its image."""
        return False

    def images_without_poses(self) -> list[ImageRef]:
        """Images that the file lists without a pose."""
        return []

    def other_fields(self, record: PoseRecord,
                     image_size: ImageSize = None) -> dict[str, Any]:
        """What else the file knows of a pose that :meth:`read` gave.

        Returns:
            dict[str, Any]: Values as JSON has them, in image pixels; a box is
            called ``bbox`` and is (x, y, width, height).
        """
        raw = record.raw if isinstance(record.raw, dict) else {}
        return {k: v for k, v in raw.items() if k not in self.own_fields}

    @abstractmethod
    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write the file with its refined poses, as a whole or not at all.

        Formats with relative coordinates ask ``image_sizes``.
        """

    def edit_of(self, index: int, keypoints: np.ndarray,
                image_sizes: ImageSizes) -> PoseEdit:
        """Bring refined keypoints (K, 2) to the file's joints, to be written.

        Absent joints stay absent.
        """
        pose = self.pose_at(index)
        relative = self.is_relative(pose.raw)
        size = image_sizes(int(self.image_index[index])) if relative else None
        record = self.read_one(index, size)
        joint_map = self.skeleton.joint_map
        blank = np.zeros((joint_map.num_source, 2))
        moved = (keypoints != record.keypoints) & record.visible[:, None]
        joints = joint_map.put(blank, keypoints.astype(np.float64))
        return PoseEdit(pose.raw, pose.place,
                        joints / size if relative else joints,
                        joint_map.put(blank.astype(bool), moved), relative)

    def digest(self) -> str:
        """Fingerprint of the content: equal for equal poses."""
        with open(self.path, 'rb') as file:
            return hashlib.file_digest(
                file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
