"""What the reader and writer of every format has in common."""
from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Type,
)

import numpy as np

from ..structures.image_ref import ImageRef
from ..structures.joint_map import JointMap
from ..structures.pose_records import RELEASE_CATEGORIES, PoseRecord
from .file_head import FileHead
from .pose_list import PoseList

#: Readers by the name of their format, filled as their classes are defined.
FORMATS: Dict[str, Type[PoseFile]] = {}

#: Width and height of an image, by its place in ``PoseFile.images``.
ImageSizes = Callable[[int], Tuple[int, int]]


class SourceSkeleton(NamedTuple):
    """What a reader has to know of the refiner.

    Attributes:
        joint_map (JointMap): From the file's J joints to the refiner's K
            keypoints.
        categories (Sequence[int] | None): Categories that are refined, None
            for all.
    """

    joint_map: JointMap
    categories: Optional[Sequence[int]] = RELEASE_CATEGORIES


class RefinedPoses(NamedTuple):
    """What is written back.

    Note:
        - poses of the file: N
        - keypoints of the refiner: K

    Attributes:
        refined (np.ndarray): Whether a pose was refined, bool (N, ).
        dropped (np.ndarray): Whether NMS dropped it, bool (N, ).
        keypoints (np.ndarray): Refined keypoints in image pixels, float32
            (N, K, 2); anything where not refined.
        scores (np.ndarray | None): Predicted OKS, by which scores of the
            file are multiplied, float32 (N, ), NaN where the file's own
            stays; None where all stay.
    """

    refined: np.ndarray
    dropped: np.ndarray
    keypoints: np.ndarray
    scores: Optional[np.ndarray] = None


class PoseFile(ABC):
    """Poses that some tool wrote, and the way to write them back.

    A subclass reads what it needs to know of all poses at once, and single
    poses when they are asked for, so that files larger than the memory can
    be refined. Everything that is not a refined coordinate comes back as it
    was: order, unknown fields, joints that the refiner does not know.

    A subclass with a ``name`` is a format: it is put into :data:`FORMATS`,
    where commands, help and detection find it.

    Args:
        path (Path): File or folder.
        skeleton (SourceSkeleton): What of it is refined.

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
    #: Suffixes, in small letters, by which alone a file is told.
    suffixes: Tuple[str, ...] = ()
    #: Formats of higher priority are asked first whether a file is theirs.
    priority: int = 0
    #: Writes poses of other formats (path, poses) as a new file or folder and
    #: counts what there is no place for; None if the format is only refined.
    create: Optional[Callable[[Path, PoseList], Counter]] = None
    #: Whether what ``create`` writes lists images without poses.
    holds_empty_images: bool = False
    #: Skeletons that ``create`` can write, by names of joint maps; any where
    #: there are none.
    skeletons: Tuple[str, ...] = ()
    #: Whether OKS-NMS drops duplicates unless the user says otherwise: results
    #: files hold what detectors found, other formats what people want back.
    drops_duplicates: bool = False
    #: Fields of a pose that :class:`PoseRecord` or another pose has a place
    #: for; all else is what conversion carries along.
    own_fields: FrozenSet[str] = frozenset(
        ('image_id', 'category_id', 'keypoints', 'score'))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if 'name' in cls.__dict__:
            other = FORMATS.setdefault(cls.name, cls)
            if other.__module__ != cls.__module__:
                raise TypeError(f'{cls} and {other} are both the format '
                                f'{cls.name}')

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        self.path = path
        self.skeleton = skeleton
        self.images: Sequence[ImageRef] = []
        self.image_index = np.zeros(0, np.int64)
        self.category_counts: Counter = Counter()

    def __len__(self) -> int:
        """Count the poses."""
        return len(self.image_index)

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Tell whether a file looks like one of this format.

        Args:
            path (Path): The file; of a folder, one file after the other.
            head (FileHead): What it holds, read as far as it is asked for.

        Raises:
            ValueError: If it is damaged JSON; of a file in a folder, that
                counts as not matching.
        """
        return path.suffix.lower() in cls.suffixes and not head.in_folder

    @classmethod
    def joint_names(
            cls,
            path: Path,
            categories: Optional[Sequence[int]] = None
    ) -> Optional[List[str]]:
        """Names that a file, or the format, gives to the J joints.

        Args:
            path (Path): File or folder, which exists.
            categories (Sequence[int], optional): Categories whose joints are
                meant, None for any.

        Returns:
            List[str] | None: None where nothing names them.
        """
        return None

    @classmethod
    def categories(cls, path: Path) -> List[dict]:
        """Categories that a file describes.

        Args:
            path (Path): File or folder, which exists.

        Returns:
            List[dict]: As in COCO's ``categories``, empty where there are
            none.
        """
        return []

    def read(
        self,
        indices: Sequence[int],
        image_size: Optional[Tuple[int, int]] = None
    ) -> Sequence[PoseRecord]:
        """Read some poses. Safe to be called from several threads.

        Args:
            indices (Sequence[int]): Which, by position in the file.
            image_size (Tuple[int, int], optional): Width and height of the
                image that all of them are in; formats with coordinates
                relative to it can't be read without.

        Returns:
            Sequence[PoseRecord]: In the order of ``indices``, keypoints in
            image pixels; those that can't be refined name their ``problem``.
        """
        return [self.read_one(int(index), image_size) for index in indices]

    @abstractmethod
    def read_one(
            self,
            index: int,
            image_size: Optional[Tuple[int, int]] = None) -> PoseRecord:
        """Read one pose; see :meth:`read`."""

    def is_relative(self, raw: Any) -> bool:
        """Whether the coordinates of a pose are fractions of its image."""
        return False

    def images_without_poses(self) -> List[ImageRef]:
        """Images that the file lists although nobody is in them."""
        return []

    def other_fields(
            self,
            record: PoseRecord,
            image_size: Optional[Tuple[int, int]] = None) -> Dict[str, Any]:
        """What else the file knows of a pose.

        Args:
            record (PoseRecord): One that :meth:`read` gave.
            image_size (Tuple[int, int], optional): Width and height of its
                image.

        Returns:
            Dict[str, Any]: Values as JSON has them, in image pixels; a box is
            called ``bbox`` and is (x, y, width, height).
        """
        raw = record.raw if isinstance(record.raw, dict) else {}
        return {k: v for k, v in raw.items() if k not in self.own_fields}

    @abstractmethod
    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write the file with its refined poses, as a whole or not at all.

        Args:
            out (Path): File or folder to write; never ``path`` itself unless
                the caller wants that.
            poses (RefinedPoses): What became of each pose.
            image_sizes (ImageSizes): Asked by formats with relative
                coordinates for images of refined poses.
        """

    def digest(self) -> str:
        """Fingerprint of the content: equal for equal poses."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def joints_of(self, record: PoseRecord,
                  keypoints: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Bring refined keypoints to the file's joints.

        Args:
            record (PoseRecord): The pose as it was read.
            keypoints (np.ndarray): Refined, image pixels, (K, 2).

        Returns:
            tuple: Coordinates, float64 (J, 2), and which of them are new,
            bool (J, 2): absent joints stay absent.
        """
        joint_map = self.skeleton.joint_map
        none = np.zeros((joint_map.num_source, 2))
        differs = (keypoints != record.keypoints) & record.visible[:, None]
        return (joint_map.put(none, keypoints.astype(np.float64)),
                joint_map.put(none.astype(bool), differs))
