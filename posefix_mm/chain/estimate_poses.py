"""Estimate the poses of several images in full batches."""
from typing import List, Optional, Sequence

import numpy as np

from .estimators import EstimatedPoses, Estimator
from .person_detector import Boxes


def estimate_poses(estimator: Estimator,
                   images: Sequence[np.ndarray],
                   boxes: Optional[Sequence[Optional[Boxes]]] = None,
                   *,
                   batch_size: int = 32) -> List[EstimatedPoses]:
    """Estimate the poses of several images.

    People of different images share batches, which mmpose's own functions
    fill with those of one image only.

    Args:
        estimator (Estimator): What is run.
        images (Sequence[np.ndarray]): BGR, uint8 (H, W, 3) each.
        boxes (Sequence[Boxes | None], optional): People of each image, None
            where they are to be found. Defaults to None for all.
        batch_size (int): People that are estimated at once. Defaults to 32.

    Returns:
        List[EstimatedPoses]: Of each image.

    Raises:
        ValueError: If boxes are given to an estimator that finds people by
            itself.
    """
    boxes = [None] * len(images) if boxes is None else boxes
    prepared = estimator.prepare(images, boxes)
    samples = [sample for samples in prepared for sample in samples]
    found: List[EstimatedPoses] = []
    for start in range(0, len(samples), batch_size):
        found += estimator.run(samples[start:start + batch_size])
    poses, start = [], 0
    for samples in prepared:
        own = found[start:start + len(samples)]
        poses.append(EstimatedPoses.join(own, estimator.num_joints))
        start += len(samples)
    return poses
