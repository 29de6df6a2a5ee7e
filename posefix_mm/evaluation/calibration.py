"""How honest predicted similarities are."""
import numpy as np

_BINS = 10


def calibration_error(predicted: np.ndarray, true: np.ndarray) -> float:
    """Expected calibration error (ECE) of similarities, both (N, ).

    The mean over the samples of how far the mean prediction of one of ten
    bins of equal width, from 0 to 1, is from its mean truth.
    """
    bins = np.minimum((predicted * _BINS).astype(int), _BINS - 1)
    sums = np.bincount(bins, predicted - true, _BINS)
    return float(np.abs(sums).sum() / max(len(predicted), 1))
