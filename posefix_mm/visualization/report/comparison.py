"""Poses before and after refinement, held against annotations if any."""
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

import numpy as np

from ...analysis import (
    AnnotatedPeople,
    Diagnosis,
    diagnose_results,
    load_people,
    status_frequency,
)
from ...analysis.person_oks import person_oks
from ...datasets.pose_records import PoseRecord, parse_pose_record
from ...datasets.transforms.error_synthesis import ERROR_TYPES
from ...evaluation import can_evaluate
from ...evaluation.annotation_format import tidy_annotations
from ...formats.as_results import read_as_results
from .pose_pairs import PosePairs, joint_moves, pair_poses


class PairedPoses(NamedTuple):
    """One side of the pairs; letters as in :class:`Comparison`.

    Attributes:
        keypoints (np.ndarray): Image pixels, float64 (P, K, 2).
        visible (np.ndarray): Whether present, bool (P, K).
    """

    keypoints: np.ndarray
    visible: np.ndarray


class PairTruth(NamedTuple):
    """The pairs held against annotations; letters as in :class:`Comparison`.

    Attributes:
        person (np.ndarray): Index of each pair's annotated person, int (P, ),
            -1 where it has none.
        oks (np.ndarray): OKS with that person before and after, (2, P); NaN
            where there is none.
        status (np.ndarray): Outcome of every joint before and after, index
            into ``ERROR_TYPES``, int (2, P, K); -1 where unknown.
    """

    person: np.ndarray
    oks: np.ndarray
    status: np.ndarray


@dataclass
class Comparison:
    """Poses before and after refinement.

    P pairs of an input pose and its refined pose, K keypoints.

    Attributes:
        metainfo (dict): Skeleton.
        results (Tuple[list, list]): Contents of both files.
        records (List[PoseRecord]): Input poses of the pairs, P of them.
        pairs (PosePairs): Which record is which.
        before (PairedPoses): Input poses.
        after (PairedPoses): Refined poses.
        moves (np.ndarray): How far joints moved, as shares of the person's
            size, (P, K), NaN where absent.
        people (AnnotatedPeople | None): Annotated persons, if there are any.
        diagnoses (Tuple[Diagnosis, Diagnosis] | None): Of both files.
        truth (PairTruth | None): The pairs held against annotations.
    """

    metainfo: dict
    results: Tuple[list, list]
    records: List[PoseRecord]
    pairs: PosePairs
    before: PairedPoses
    after: PairedPoses
    moves: np.ndarray
    people: Optional[AnnotatedPeople] = None
    diagnoses: Optional[Tuple[Diagnosis, Diagnosis]] = None
    truth: Optional[PairTruth] = None

    def frequencies(self) -> Dict[str, Tuple[float, float]]:
        """Share of each outcome among annotated joints of matched people.

        Returns:
            Dict[str, Tuple[float, float]]: Shares before and after, from 0 to
            1, by the names of ``ERROR_TYPES``; zeros if nobody is matched.

        Raises:
            ValueError: If there are no annotations.
        """
        shares = [
            status_frequency(d) if len(d) else dict.fromkeys(ERROR_TYPES, 0.)
            for d in self._need_diagnoses()
        ]
        return {
            name: (shares[0][name], shares[1][name])
            for name in ERROR_TYPES
        }

    def paired_oks(self) -> np.ndarray:
        """OKS before and after of the pairs with a person, (2, M).

        Raises:
            ValueError: If there are no annotations.
        """
        self._need_diagnoses()
        return self.truth.oks[:, self.truth.person >= 0]

    def mean_ks(self) -> np.ndarray:
        """Mean KS of every joint over matched people, (2, K).

        Returns:
            np.ndarray: Before and after; NaN for joints without annotation.

        Raises:
            ValueError: If there are no annotations.
        """
        diagnoses = self._need_diagnoses()
        means = []
        for found in diagnoses:
            known = ~np.isnan(found.ks)
            total = np.where(known, found.ks, 0).sum(0)
            means.append(
                np.where(known.any(0), total / known.sum(0).clip(1), np.nan))
        return np.stack(means)

    def _need_diagnoses(self) -> Tuple[Diagnosis, Diagnosis]:
        if self.diagnoses is None:
            raise ValueError('there are no annotated keypoints to hold the '
                             'poses against')
        return self.diagnoses


def compare_results(before: Union[str, Path],
                    after: Union[str, Path],
                    metainfo: dict,
                    annotations: Optional[dict] = None) -> Comparison:
    """Read two results files and hold them against each other.

    Args:
        before (str | Path): Results file with the input poses.
        after (str | Path): Results file with the refined poses.
        metainfo (dict): Skeleton.
        annotations (dict, optional): Content of a COCO annotation file; one
            without annotated keypoints counts as none. Defaults to None.

    Returns:
        Comparison: What refinement did.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file is malformed, or no pose of one is in the other.
    """
    num_keypoints = metainfo['num_keypoints']
    given, refined = ([
        parse_pose_record(index, raw, num_keypoints, None)
        for index, raw in enumerate(read_as_results(
            path, metainfo, annotations))
    ] for path in (before, after))
    if annotations is not None:
        annotations = tidy_annotations(annotations, num_keypoints).content
    pairs = pair_poses(given, refined)
    if not len(pairs.before):
        problem = next(
            (f'; for instance, record {r.index} of '
             f'{path}: {r.problem}'
             for path, records in ((before, given), (after, refined))
             for r in records if r.problem is not None), '')
        raise ValueError(f'no pose of {after} is a pose of {before}{problem}')
    sides = [
        _paired(records, places)
        for records, places in ((given, pairs.before), (refined, pairs.after))
    ]
    found = Comparison(
        metainfo, ([r.raw for r in given], [r.raw for r in refined]),
        [given[i] for i in pairs.before], pairs, *sides,
        joint_moves(sides[0].keypoints, sides[1].keypoints,
                    sides[0].visible & sides[1].visible))
    if annotations is not None and can_evaluate(annotations, num_keypoints):
        _add_truth(found, annotations)
    return found


def _paired(records: List[PoseRecord], places: np.ndarray) -> PairedPoses:
    return PairedPoses(
        np.stack([records[i].keypoints for i in places]).astype(np.float64),
        np.stack([records[i].visible for i in places]))


def _add_truth(found: Comparison, annotations: dict) -> None:
    """Diagnose both files and give every pair one person."""
    metainfo = found.metainfo
    found.people = load_people(annotations, metainfo['num_keypoints'])
    found.diagnoses = tuple(
        diagnose_results(results, annotations, metainfo)
        for results in found.results)
    number = {id_: i for i, id_ in enumerate(found.people.annotation_id)}
    shape = found.moves.shape
    person = np.full((2, shape[0]), -1)
    status = np.full((2, *shape), -1)
    sides = (found.pairs.before, found.pairs.after)
    for side, (places, diagnosis) in enumerate(
            zip(sides, found.diagnoses, strict=True)):
        pair_of = {place: pair for pair, place in enumerate(places.tolist())}
        rows = [(pair_of[record], row)
                for row, record in enumerate(diagnosis.record_index.tolist())
                if record in pair_of]
        for pair, row in rows:
            person[side, pair] = number[diagnosis.annotation_id[row]]
            status[side, pair] = diagnosis.status[row]
    # A pair keeps the person of its input pose, or it would seem to improve
    # by going over to another one.
    owner = np.where(person[0] >= 0, person[0], person[1])
    status[person != owner] = -1
    oks = [
        person_oks(*side, owner, found.people, np.asarray(metainfo['sigmas']))
        for side in (found.before, found.after)
    ]
    found.truth = PairTruth(owner, np.stack(oks), status)
