"""Pairs of results and annotated poses of the same images, and their OKS."""
from typing import NamedTuple

import numpy as np

from .pose_columns import Comparison

# So many images tell what is wrong with all of them.
_MAX_IMAGES = 400
_MAX_RESULTS = 20
#: OKS from which a result counts as found.
FOUND = .5


class PosePairs(NamedTuple):
    """Each result with each annotated pose of its image.

    Note:
        - pairs: P
        - keypoints: K

    Attributes:
        result (np.ndarray): Place in ``Comparison.found``, int64 (P, ).
        truth (np.ndarray): Place in ``Comparison.truth``, int64 (P, ).
        image (np.ndarray): Place of the image, int64 (P, ).
        found (np.ndarray): Keypoints of the results in whatever unit, float64
            (P, K, 2).
        annotated (np.ndarray): Annotated keypoints in image pixels, float64
            (P, K, 2).
        labelled (np.ndarray): Joints that are annotated, bool (P, K).
        variances (np.ndarray): Denominators of OKS, squared pixels, float64
            (P, K).
    """

    result: np.ndarray
    truth: np.ndarray
    image: np.ndarray
    found: np.ndarray
    annotated: np.ndarray
    labelled: np.ndarray
    variances: np.ndarray

    def oks(self, found: np.ndarray) -> np.ndarray:
        """Object keypoint similarity of the pairs.

        Args:
            found (np.ndarray): Keypoints in place of the results', (P, K, 2).

        Returns:
            np.ndarray: float64 (P, ).
        """
        distances = ((found - self.annotated)**2).sum(-1)
        similarity = np.exp(-distances / self.variances) * self.labelled
        return similarity.sum(1) / self.labelled.sum(1)

    def share_found(self, found: np.ndarray) -> float:
        """Share of the annotated poses that have a result.

        Args:
            found (np.ndarray): Keypoints in place of the results', (P, K, 2).
        """
        _, place = np.unique(self.truth, return_inverse=True)
        best = np.zeros(place.max(initial=-1) + 1)
        np.maximum.at(best, place.ravel(), self.oks(found))
        return float((best >= FOUND).mean()) if len(best) else 0.

    def take(self, chosen: np.ndarray) -> 'PosePairs':
        """Pick pairs by a mask or by indices."""
        return PosePairs(*(column[chosen] for column in self))


def pair_poses(comparison: Comparison) -> PosePairs:
    """Pair results and annotated poses of a sample of the images.

    Args:
        comparison (Comparison): Results and annotations.

    Returns:
        PosePairs: Of up to 400 images, evenly spaced, and of the 20 results
        with the highest scores in each; finite ones only.
    """
    truth, found = comparison.truth, comparison.found
    chosen = np.flatnonzero(np.isfinite(found.keypoints[..., :2]).all((1, 2)))
    chosen = _best_of_each_image(comparison, chosen)
    shared = np.intersect1d(truth.image, found.image[chosen])
    if len(shared) > _MAX_IMAGES:
        places = np.linspace(0, len(shared) - 1, _MAX_IMAGES)
        shared = shared[places.astype(int)]
    chosen = chosen[np.isin(found.image[chosen], shared)]
    start, stop = (np.searchsorted(found.image[chosen], truth.image, side)
                   for side in ('left', 'right'))
    counts = stop - start
    first = np.repeat(start - np.cumsum(counts) + counts, counts)
    result = chosen[first + np.arange(counts.sum())]
    person = np.repeat(np.arange(len(counts)), counts)
    keypoints = truth.keypoints[person]
    scale = 2 * comparison.areas[person, None] * (2 * comparison.sigmas)**2
    return PosePairs(result, person, truth.image[person],
                     found.keypoints[result, :, :2], keypoints[..., :2],
                     keypoints[..., 2] > 0, scale)


def _best_of_each_image(comparison: Comparison,
                        chosen: np.ndarray) -> np.ndarray:
    """Sort by image and leave out all but the highest scores of each."""
    image = comparison.found.image[chosen]
    scores = np.nan_to_num(comparison.scores[comparison.found.row[chosen]])
    chosen = chosen[np.lexsort((-scores, image))]
    image = comparison.found.image[chosen]
    rank = np.arange(len(image)) - np.searchsorted(image, image)
    return chosen[(rank < _MAX_RESULTS) & (image >= 0)]
