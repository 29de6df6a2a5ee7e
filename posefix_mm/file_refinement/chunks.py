"""Divide the poses of a file into parts that are refined on their own.

Batches and OKS-NMS stay within a chunk, so its result depends on nothing
else: not on where a run was resumed, nor on how many processes share it.
"""
from collections.abc import Iterator

import numpy as np


class ChunkPlan:
    """Which images make a chunk, and which poses are in an image.

    Args:
        image_index (np.ndarray): Image of each pose, int64 (N, ), -1 for
            none.
        num_images (int): Number of images.
        min_poses (int): A chunk has images with at least so many poses
            together, the last one aside.
        order (np.ndarray, optional): The images in the order in which they
            are loaded, int64 (num_images, ). Defaults to that of the file.

    Attributes:
        numbers (List[int]): Numbers of the chunks, in order.
    """

    def __init__(self,
                 image_index: np.ndarray,
                 num_images: int,
                 min_poses: int,
                 order: np.ndarray | None = None) -> None:
        # the images by their slots: that of poses which name none comes first
        self._images = np.concatenate(
            ([-1], np.arange(num_images) if order is None else order))
        self._slots = np.argsort(self._images)
        image_index = self._slots[image_index + 1] - 1
        self._order = np.argsort(image_index, kind='stable')
        counts = np.bincount(image_index + 1, minlength=num_images + 1)
        # bounds[i] is where the poses of slot i begin
        self._bounds = np.concatenate(([0], np.cumsum(counts)))
        self._used = np.flatnonzero(counts)
        # grows along the images, so a chunk is a range of them
        self._chunk_of = self._bounds[self._used] // min_poses
        self.numbers: list[int] = np.unique(self._chunk_of).tolist()

    def images(self, chunk: int) -> Iterator[int]:
        """Images of a chunk, in order; -1 for the poses that name none."""
        first, end = np.searchsorted(self._chunk_of, (chunk, chunk + 1))
        return iter(self._images[self._used[first:end]].tolist())

    def poses(self, image: int) -> np.ndarray:
        """Positions of the poses of an image, in order, int64 (n, )."""
        slot = self._slots[image + 1]
        return self._order[self._bounds[slot]:self._bounds[slot + 1]]

    def size(self, chunk: int) -> int:
        """Count the poses of a chunk."""
        first, end = np.searchsorted(self._chunk_of, (chunk, chunk + 1))
        slots = self._used[[first, end - 1]]
        return int(self._bounds[slots[1] + 1] - self._bounds[slots[0]])
