"""How honest predicted similarities are."""
import numpy as np


def calibration_error(predicted: np.ndarray,
                      true: np.ndarray,
                      num_bins: int = 10) -> float:
    """Expected calibration error (ECE) of predicted similarities.

    Args:
        predicted (np.ndarray): Between 0 and 1, (N, ).
        true (np.ndarray): Between 0 and 1, (N, ).
        num_bins (int): Bins of equal width. Defaults to 10.

    Returns:
        float: Mean over the samples of how far the mean prediction of a bin
        is from its mean truth.
    """
    bins = np.minimum((predicted * num_bins).astype(int), num_bins - 1)
    sums = np.bincount(bins, predicted - true, num_bins)
    return float(np.abs(sums).sum() / max(len(predicted), 1))
