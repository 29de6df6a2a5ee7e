"""Where an error lies in its band, free of scale and sigma."""
import numpy as np

from ..datasets.transforms.error_synthesis import (
    GOOD,
    JITTER,
    KS_GOOD,
    KS_JITTER,
    KS_MISS,
    MISS,
    ks_distance,
)

# d(.85), d(.50), d(.10) of a keypoint of area 1 and sigma 1.
_D85, _D50, _D10 = (
    float(ks_distance(ks, 1., np.ones(1))[0])
    for ks in (KS_GOOD, KS_JITTER, KS_MISS))
_BANDS = {GOOD: (0, _D85), JITTER: (_D85, _D50), MISS: (_D50, _D10)}
# Of a joint so far away that its similarity is no number any more.
_SMALLEST = 1e-300


def relative_radius(similarity: np.ndarray, kind: int) -> np.ndarray:
    """Place of the distance to the reference point within an error's band.

    Args:
        similarity (np.ndarray): KS to the reference point, (...).
        kind (int): Index into ``ERROR_TYPES``.

    Returns:
        np.ndarray: 0 at the lower and 1 at the upper end of the band that
        section 3.2 of PoseFix draws radii from, (...); misses may be beyond.
    """
    low, high = _BANDS.get(kind, (0, _D50))
    distance = 2 * np.sqrt(-2 * np.log(np.maximum(similarity, _SMALLEST)))
    return (distance - low) / (high - low)
