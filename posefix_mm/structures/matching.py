"""Match poses to annotated persons by OKS, as COCO's evaluation does."""
from collections.abc import Sequence

import numpy as np

from .oks import keypoint_similarity
from .people import AnnotatedPeople, group_indices
from .pose_records import PoseRecord

#: Lowest OKS at which a pose belongs to a person. Ronchi & Perona's: poses
#: below it are taken for something else than a poor pose of this person.
OKS_FLOOR = 0.1


def match_records(records: Sequence[PoseRecord], people: AnnotatedPeople,
                  sigmas: np.ndarray, *, oks_thr: float = OKS_FLOOR
                  ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Match poses to persons by OKS.

    Per image and category, by descending score: each pose takes the person
    that it has the highest OKS with and that no pose has taken yet.

    Args:
        records (Sequence[PoseRecord]): Poses without ``problem``.
        people (AnnotatedPeople): Persons.
        sigmas (np.ndarray): COCO-style sigmas, (K, ).
        oks_thr (float): Lowest OKS of a match.

    Returns:
        tuple: index into ``records``, rising, and index into ``people`` of
        each match, int (N, ), and its OKS, (N, ).
    """
    persons_of = group_indices(
        list(zip(people.image_id, people.category_id.tolist(), strict=True)))
    matches: list[tuple] = []
    for key, rows in group_indices([(r.image_id, r.category_id)
                                    for r in records]).items():
        persons = persons_of.get(key)
        if persons is None:
            continue
        # stable: of equal scores the first in the file comes first
        rows = rows[np.argsort([-records[i].score for i in rows],
                               kind='stable')]
        poses, present = (np.stack([getattr(records[i], name) for i in rows])
                          for name in ('keypoints', 'visible'))
        oks = person_oks(poses[:, None].astype(np.float64), present[:, None],
                         persons, people, sigmas)
        for index, row in zip(rows, oks, strict=True):
            best = row.argmax()
            if row[best] >= oks_thr:
                matches.append((index, persons[best], row[best]))
                oks[:, best] = -1
    matches.sort()
    columns = list(zip(*matches, strict=True)) or [(), (), ()]
    return (np.array(columns[0], np.int64), np.array(columns[1], np.int64),
            np.array(columns[2], np.float64))


def person_oks(keypoints: np.ndarray, present: np.ndarray, person: np.ndarray,
               people: AnnotatedPeople, sigmas: np.ndarray) -> np.ndarray:
    """Object keypoint similarity of poses and persons, pair by pair.

    Args:
        keypoints (np.ndarray): Image pixels, (..., K, 2).
        present (np.ndarray): bool (..., K), which joints the poses have; the
            others have similarity 0: they are nowhere, not at the origin.
        person (np.ndarray): Index of the person of each pair, int (...);
            negative where there is none, and OKS is NaN.
        people (AnnotatedPeople): The persons.
        sigmas (np.ndarray): COCO-style sigmas, (K, ).
    """
    person = np.asarray(person)
    similarity = keypoint_similarity(
        np.linalg.norm(keypoints - people.keypoints[person], axis=-1),
        people.area[person], sigmas) * present
    annotated = people.visible[person]
    oks = (similarity * annotated).sum(-1) / annotated.sum(-1)
    return np.where(person >= 0, oks, np.nan)
