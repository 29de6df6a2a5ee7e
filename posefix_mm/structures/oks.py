"""Similarity of keypoints (KS) and of poses (OKS), errors, and OKS-NMS."""
from collections.abc import Sequence

import numpy as np

#: What may be wrong with a joint (PoseFix, section 3.2), in the order of
#: every table here.
ERROR_TYPES = ('good', 'jitter', 'inversion', 'swap', 'miss')
#: Status of a joint for which no error was possible; it has no position.
ABSENT = -1

GOOD, JITTER, INVERSION, SWAP, MISS = range(5)

#: Keypoint similarities that bound the bands of section 3.2.
KS_GOOD, KS_JITTER, KS_MISS = 0.85, 0.50, 0.10
# Pairs of poses that are compared at once; bounds the memory.
_MAX_PAIRS = 1 << 20


def pairwise_oks(keypoints: np.ndarray, others: np.ndarray,
                 areas: np.ndarray, other_areas: np.ndarray,
                 sigmas: np.ndarray) -> np.ndarray:
    """OKS of all pairs of N and M poses, (N, M), with the mean of both areas.

    All keypoints (N, K, 2), (M, K, 2) count, as in the release. Areas are in
    squared image pixels.
    """
    squared = ((keypoints[:, None] - others[None])**2).sum(-1)
    area = (areas[:, None] + other_areas[None]) / 2 + np.spacing(1)
    return np.exp(-squared / (2 * sigmas)**2 / area[..., None] / 2).mean(-1)


def oks_nms(keypoints: np.ndarray, scores: np.ndarray, areas: np.ndarray,
            sigmas: np.ndarray, threshold: float) -> np.ndarray:
    """Find which poses of an image are no duplicates, bool (N, ).

    What :func:`mmpose.evaluation.functional.oks_nms` finds, without its loop
    over pairs.

    Args:
        keypoints (np.ndarray): Image pixels, (N, K, 2).
        scores (np.ndarray): (N, ). Of two equal ones the later pose wins, as
            in mmpose.
        areas (np.ndarray): Squared image pixels, (N, ).
        sigmas (np.ndarray): COCO-style sigmas, (K, ).
        threshold (float): A pose with a higher OKS to a better one is a
            duplicate.
    """
    # stable: the same on every processor
    order = np.argsort(scores, kind='stable')[::-1]
    poses = np.asarray(keypoints, np.float64)[order]
    areas = np.asarray(areas, np.float64)[order]
    kept = np.ones(len(order), bool)
    rows = max(1, _MAX_PAIRS // max(1, len(order)))
    for start in range(0, len(order), rows):
        part = slice(start, start + rows)
        similar = pairwise_oks(poses[part], poses, areas[part], areas,
                               sigmas) > threshold
        for i in np.flatnonzero(kept[part]):
            if kept[start + i]:
                kept[start + i + 1:] &= ~similar[i, start + i + 1:]
    result = np.empty_like(kept)
    result[order] = kept
    return result


def ks_distance(ks: float, area: np.ndarray, sigmas: np.ndarray) -> np.ndarray:
    """Distance at which keypoints have a similarity ``ks`` of (0, 1].

    Inverts :func:`keypoint_similarity`: areas (...) in squared pixels and
    sigmas (K, ) become pixels, (..., K).
    """
    factor = np.sqrt(-2 * np.log(ks)) * 2
    return factor * np.sqrt(np.asarray(area))[..., None] * sigmas


def keypoint_similarity(distance: np.ndarray, area: np.ndarray,
                        sigmas: Sequence[float] | np.ndarray
                        ) -> np.ndarray:
    """Similarity of keypoints (section 2 of PoseFix), 0 to 1, (..., K).

    ``KS = exp(-d^2 / (2 * area * (2 * sigma)^2))``, with distances (..., K) in
    pixels, areas of the persons (...) in squared pixels and COCO-style sigmas
    (K, ).
    """
    # pycocotools adds the same to areas, which may be 0
    unit = 2 * (np.asarray(area)[..., None] + np.spacing(1))
    with np.errstate(under='ignore'):
        return np.exp(-distance**2 / (unit * (2 * np.asarray(sigmas))**2))
