"""Classify the error of each joint of a pose.

The error types of Ronchi & Perona (ICCV 2017): the reference point that a
joint is most similar to says whose joint was found, its similarity how well.
"""
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..datasets.transforms.error_synthesis import to_complex
from ..structures.error_types import (
    GOOD,
    INVERSION,
    JITTER,
    KS_GOOD,
    KS_JITTER,
    MISS,
    SWAP,
)
from ..structures.oks import keypoint_similarity

#: Status of a joint without annotation: nothing to compare it with.
NOT_ANNOTATED = -1


class Classification(NamedTuple):
    """What became of the joints of N poses."""

    #: int64 (N, K): index into ``ERROR_TYPES``, or :data:`NOT_ANNOTATED`.
    status: np.ndarray
    #: Similarity to the own annotation, (N, K); 0 where the pose has no such
    #: joint, NaN without annotation.
    ks: np.ndarray
    #: Greatest similarity to a reference point, (N, K), with the same
    #: exceptions.
    nearest_ks: np.ndarray


def classify_errors(keypoints: np.ndarray, present: np.ndarray,
                    poses: np.ndarray, visible: np.ndarray, area: np.ndarray,
                    sigmas: Sequence[float] | np.ndarray,
                    flip_indices: Sequence[int] | np.ndarray
                    ) -> Classification:
    """Classify every annotated joint of N poses.

    With the reference point, of those that are annotated, that the joint has
    the greatest similarity KS to:

    - good: the own place, KS above 0.85
    - jitter: the own place, KS of 0.50 or more
    - inversion: the own twin, KS of 0.50 or more
    - swap: the joint or its twin of another person, KS of 0.50 or more
    - miss: all else: no reference point is that similar, or the pose has no
      such joint

    Args:
        keypoints (np.ndarray): Image pixels, (N, K, 2).
        present (np.ndarray): bool (N, K), which joints the poses have.
        poses (np.ndarray): Annotated keypoints in image pixels,
            (N, 1 + P, K, 2): the person, then P others; pad with invisible
            ones.
        visible (np.ndarray): bool (N, 1 + P, K), which are annotated.
        area (np.ndarray): Area in squared pixels: of the person, for all
            reference points, (N, 1), or of each, (N, 1 + P).
        sigmas (Sequence[float]): COCO-style sigmas, (K, ).
        flip_indices (Sequence[int]): Index of every keypoint's left/right
            twin, its own index where it has none, (K, ).
    """
    flip = np.asarray(flip_indices)
    twin = np.asarray(poses).shape[1]  # index of the own twin
    if area.shape[1] > 1:
        area = np.concatenate((area, area), 1)
    # own place in [person, others...], then the twin's in the same order
    refs = to_complex(np.asarray(poses))
    has_twin = flip != np.arange(len(flip))
    refs = np.concatenate((refs, refs[..., flip]), 1)
    valid = np.concatenate((visible, visible[..., flip] & has_twin), 1)
    distance = np.abs(refs - to_complex(np.asarray(keypoints))[:, None])
    distance = np.where(valid & present[:, None], distance, np.inf)
    similarity = keypoint_similarity(distance, area, sigmas)
    nearest = similarity.argmax(1)
    nearest_ks = similarity.max(1)
    status = np.where(
        nearest == 0, np.where(nearest_ks > KS_GOOD, GOOD, JITTER),
        np.where(nearest == twin, INVERSION, SWAP))
    status[nearest_ks < KS_JITTER] = MISS
    annotated = visible[:, 0]
    return Classification(
        np.where(annotated, status, NOT_ANNOTATED),
        np.where(annotated, similarity[:, 0], np.nan),
        np.where(annotated, nearest_ks, np.nan))
