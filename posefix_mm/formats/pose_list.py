"""Poses of any format, to be written in another."""
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import (
    Any,
    Container,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import numpy as np

# Third values that are COCO's visibility flags and no scores.
_FLAGS = (0, 1, 2)

# File systems have 255 bytes; formats and temporary files add to a name.
_MAX_NAME = 200


class NamedImage(NamedTuple):
    """What is known of an image.

    Attributes:
        image_id (int | None): COCO's id.
        file_name (str | None): Name in the folder of the images.
        stem (str | None): Name without its suffix.
        frame (int | None): 0-based frame of the video ``file_name``.
        size (Tuple[int, int] | None): Width and height.
    """

    image_id: Optional[int] = None
    file_name: Optional[str] = None
    stem: Optional[str] = None
    frame: Optional[int] = None
    size: Optional[Tuple[int, int]] = None

    def need_name(self) -> str:
        """Name of its file; of a frame, one that tells video and number.

        Raises:
            ValueError: If it is not known; the message tells what to add.
        """
        if self.file_name is None and self.frame is None:
            shown = self.stem if self.image_id is None else self.image_id
            raise ValueError(
                f'the name of the file of image {shown!r} is not known, and '
                'the format to write needs it; name the images with --ann or '
                'their folder with --img-dir')
        return self.file_name if self.frame is None \
            else f'{self.need_stem()}.jpg'

    def need_stem(self) -> str:
        """Name of its file without the suffix, which is safe to write to.

        Raises:
            ValueError: If it is not known, or leaves the folder.
        """
        stem = self.stem if self.stem is not None else str(
            PurePosixPath(self.need_name()).with_suffix(''))
        if self.frame is not None:
            stem = f'{stem}_{self.frame:012d}'
        path = PurePosixPath(stem)
        if path.is_absolute() or '..' in path.parts or '\0' in stem \
                or '\\' in stem or not path.name:
            raise ValueError(f'the image name {stem!r:.60} leaves the folder '
                             'that is written')
        try:
            longest = max(len(part.encode()) for part in path.parts)
        except UnicodeEncodeError:  # half of a surrogate pair
            longest = _MAX_NAME + 1
        if longest > _MAX_NAME:
            raise ValueError(f'the image name {stem!r:.60} can not be the '
                             'name of a file; name the images with --ann')
        return stem

    def need_size(self) -> Tuple[int, int]:
        """Width and height.

        Raises:
            ValueError: If they are not known; the message tells what to add.
        """
        if self.size is None:
            raise ValueError(
                'the size of the image '
                f'{self.file_name or str(self.stem):.60} is not known, and '
                'the format to write needs it; name the images '
                'with width and height in --ann, or their folder with '
                '--img-dir')
        return self.size


@dataclass
class PoseList:
    """Poses with all that formats know of them.

    Note:
        - poses: N
        - joints: J

    Attributes:
        joint_names (Sequence[str]): (J, ).
        images (List[NamedImage]): Images, those without poses included.
        image_index (np.ndarray): Image of each pose, int64 (N, ).
        keypoints (np.ndarray): Image pixels, float64 (N, J, 2), zeros where
            absent.
        keypoint_scores (np.ndarray): Third values: scores or flags, float64
            (N, J), zeros where absent.
        visible (np.ndarray): Whether a joint is present, bool (N, J).
        scores (np.ndarray): Of the poses, float64 (N, ); 1 where the source
            has none.
        category_ids (np.ndarray): int64 (N, ).
        fields (List[Dict[str, Any]]): What else the source knows of each
            pose, (N, ).
    """

    joint_names: Sequence[str]
    images: List[NamedImage]
    image_index: np.ndarray
    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    visible: np.ndarray
    scores: np.ndarray
    category_ids: np.ndarray
    fields: List[Dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the poses."""
        return len(self.image_index)

    def of_images(self) -> List[List[int]]:
        """List the poses of each image, in their order."""
        poses: List[List[int]] = [[] for _ in self.images]
        for pose, image in enumerate(self.image_index.tolist()):
            poses[image].append(pose)
        return poses

    def by_stem(self) -> Iterator[Tuple[str, NamedImage, List[int]]]:
        """Go through the images, for formats with a file for each.

        Yields:
            tuple: Name without suffix, image, and its poses.

        Raises:
            ValueError: If two images have the same name without suffix.
        """
        used = set()
        for image, indices in zip(self.images, self.of_images(), strict=True):
            stem = image.need_stem()
            if stem in used:
                raise ValueError(f'two images are called {stem} without their '
                                 'suffix')
            used.add(stem)
            yield stem, image, indices

    @cached_property
    def has_flags(self) -> bool:
        """Whether the third values are all visibility flags."""
        return bool(np.isin(self.keypoint_scores, _FLAGS).all())

    def triples(self) -> np.ndarray:
        """Keypoints and third values, (N, J, 3)."""
        return np.concatenate(
            (self.keypoints, self.keypoint_scores[..., None]), -1)

    def boxes(self) -> np.ndarray:
        """Extent of the present joints as (x, y, width, height), (N, 4).

        Zeros for a pose without any.
        """
        present = self.visible[..., None]
        low = np.where(present, self.keypoints, np.inf).min(1, initial=np.inf)
        high = np.where(present, self.keypoints,
                        -np.inf).max(1, initial=-np.inf)
        boxes = np.concatenate((low, high - low), -1)
        boxes[~self.visible.any(1)] = 0
        return boxes


def flat_lists(triples: np.ndarray) -> List[List[float]]:
    """Turn triples (N, J, 3) into the flat list of each pose, (N, 3 * J)."""
    flat = triples.reshape(len(triples), triples.shape[1] * triples.shape[2])
    return flat.tolist()


def count_fields(poses: PoseList, kept: Container[str] = ()) -> Counter:
    """Count the fields that are not written.

    Args:
        poses (PoseList): The poses.
        kept (Container[str]): Fields that have a place.

    Returns:
        Counter: Poses by the name of the field.
    """
    return Counter(name for fields in poses.fields for name in fields
                   if name not in kept)


def count_scores(poses: PoseList) -> Counter:
    """Count the scores of poses, where those other than 1 are not written."""
    return +Counter(score=int((poses.scores != 1).sum()))


def count_categories(poses: PoseList) -> Counter:
    """Count the categories other than 1, where none is written."""
    return +Counter(category_id=int((poses.category_ids != 1).sum()))


def count_keypoint_scores(poses: PoseList) -> Counter:
    """Count the poses with scores of joints, where none are written."""
    flags = np.isin(poses.keypoint_scores, (0, 1, 2)).all(1)
    return +Counter(keypoint_scores=int((~flags).sum()))
