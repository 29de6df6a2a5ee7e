"""OKS of poses with persons that are known already."""
import numpy as np

from .error_classification import keypoint_similarity
from .people import AnnotatedPeople


def person_oks(keypoints: np.ndarray, present: np.ndarray, person: np.ndarray,
               people: AnnotatedPeople, sigmas: np.ndarray) -> np.ndarray:
    """Object keypoint similarity of poses with one given person each.

    Args:
        keypoints (np.ndarray): Image pixels, (N, K, 2).
        present (np.ndarray): bool (N, K), which joints the poses have; the
            others have similarity 0.
        person (np.ndarray): Index of each pose's person, int (N, ); negative
            where it has none.
        people (AnnotatedPeople): The persons.
        sigmas (np.ndarray): COCO-style sigmas, (K, ).

    Returns:
        np.ndarray: From 0 to 1, (N, ); NaN where there is no person.
    """
    person = np.asarray(person)
    ks = keypoint_similarity(
        np.linalg.norm(keypoints - people.keypoints[person], axis=-1),
        people.area[person], sigmas) * present
    annotated = people.visible[person]
    oks = (ks * annotated).sum(-1) / annotated.sum(-1)
    return np.where(person >= 0, oks, np.nan)
