"""Poses of any format, to be written in another."""
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..structures.image_ref import ImageRef

# Third values that are COCO's visibility flags and no scores.
_FLAGS = (0, 1, 2)


@dataclass
class PoseList:
    """N poses of J joints with all that formats know of them.

    Attributes:
        joint_names (Sequence[str]): (J, ).
        images (list[ImageRef]): Images, those without poses included.
        image_index (np.ndarray): Image of each pose, int64 (N, ).
        keypoints (np.ndarray): Image pixels, float64 (N, J, 2), zeros where
            absent.
        keypoint_scores (np.ndarray): Third values: scores or flags, float64
            (N, J), zeros where absent.
        visible (np.ndarray): Whether a joint is present, bool (N, J).
        scores (np.ndarray): Of the poses, float64 (N, ); 1 where the source
            has none.
        category_ids (np.ndarray): int64 (N, ).
        fields (list[dict[str, Any]]): What else the source knows of each
            pose, (N, ).
    """

    joint_names: Sequence[str]
    images: list[ImageRef]
    image_index: np.ndarray
    keypoints: np.ndarray
    keypoint_scores: np.ndarray
    visible: np.ndarray
    scores: np.ndarray
    category_ids: np.ndarray
    fields: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the poses."""
        return len(self.image_index)

    def by_image(self) -> Iterator[tuple[ImageRef, list[int]]]:
        """Go through the images and the poses of each, in their order."""
        poses: list[list[int]] = [[] for _ in self.images]
        for pose, image in enumerate(self.image_index.tolist()):
            poses[image].append(pose)
        return zip(self.images, poses, strict=True)

    def by_stem(self) -> Iterator[tuple[str, ImageRef, list[int]]]:
        """Go through names without suffix, images and their poses.

        Raises:
            ValueError: If two images have the same name without suffix.
        """
        used = set()
        for image, indices in self.by_image():
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
        return np.dstack((self.keypoints, self.keypoint_scores))

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

    def count_lost(self, kept: Container[str], *, scores: bool = False,
                   categories: bool = False) -> Counter:
        """Count the poses by the name of what is not written of them.

        Fields that have a place are ``kept``; so are scores and categories,
        if they have one or are 1.
        """
        lost = Counter(name for fields in self.fields for name in fields
                       if name not in kept)
        if not scores:
            lost['score'] += int((self.scores != 1).sum())
        if not categories:
            lost['category_id'] += int((self.category_ids != 1).sum())
        return +lost

    def count_lost_keypoint_scores(self) -> Counter:
        """Count the poses whose joints have scores, where only flags stay."""
        flags = np.isin(self.keypoint_scores, _FLAGS).all(1)
        return +Counter(keypoint_scores=int((~flags).sum()))


def flat_lists(triples: np.ndarray) -> list[list[float]]:
    """Turn triples (N, J, 3) into the flat list of each pose, (N, 3 * J)."""
    return triples.reshape(len(triples), np.prod(triples.shape[1:])).tolist()
