"""Poses before and after refinement, and their errors if annotated."""
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..evaluation import can_evaluate
from ..evaluation.annotation_format import tidy_annotations
from ..formats.as_results import read_as_results
from ..structures.boxes import pose_extent
from ..structures.oks import ERROR_TYPES
from ..structures.people import (
    AnnotatedPeople,
    group_indices,
    load_people,
    person_oks,
)
from ..structures.pose_records import PoseRecord, parse_pose_record
from .diagnosis import Diagnosis, diagnose_results
from .summary import status_frequency

# Refinement keeps scores: a pair whose scores differ is worse than any
# distance in an image.
_OTHER_SCORE = 1e7


class RecordPairs(NamedTuple):
    """Which input record became which refined record."""

    #: Positions of the input records, int (P, ), in rising order.
    before: np.ndarray
    #: Positions of the same poses among the refined records, int (P, ).
    after: np.ndarray
    #: Usable input poses without a refined one, as OKS-NMS leaves them.
    dropped: int
    added: int  #: Refined poses without an input pose


def pair_records(before: Sequence[PoseRecord],
                 after: Sequence[PoseRecord]) -> RecordPairs:
    """Find the input pose of every refined pose.

    Files of the same length whose images come in the same order are paired
    record by record. Otherwise the poses of each image are assigned to each
    other: same score first, then the least distance between joints. Records
    with a ``problem`` are not paired.
    """
    usable = [[r for r in side if r.problem is None]
              for side in (before, after)]
    if [(r.image_id, r.score) for r in before] == [
            (r.image_id, r.score) for r in after]:
        pairs = [(b.index, a.index)
                 for b, a in zip(before, after, strict=True)
                 if b.problem is None and a.problem is None]
    else:
        old, new = (
            {image_id: [side[i] for i in places] for image_id, places in
             group_indices([r.image_id for r in side]).items()}
            for side in usable)
        pairs = sorted(pair for image_id in old.keys() & new.keys()
                       for pair in _assign(old[image_id], new[image_id]))
    columns = np.array(pairs, dtype=int).reshape(-1, 2).T
    return RecordPairs(*columns, *(len(side) - len(pairs) for side in usable))


def _assign(before: list[PoseRecord], after: list[PoseRecord]) -> list[tuple]:
    """Pair the poses of one image."""
    from scipy.optimize import linear_sum_assignment  # slow to import

    (poses, visible, scores), (refined, visible_after, new_scores) = (
        [np.stack([getattr(r, name) for r in group])
         for name in ('keypoints', 'visible', 'score')]
        for group in (before, after))
    both = visible[:, None] & visible_after[None]
    distance = np.linalg.norm(
        poses[:, None] - refined[None], axis=-1).clip(max=1e5)
    cost = (distance * both).sum(-1) / np.maximum(both.sum(-1), 1)
    other = ~np.isclose(scores[:, None], new_scores[None], atol=1e-6)
    rows, columns = linear_sum_assignment(cost + other * _OTHER_SCORE)
    return [(before[i].index, after[j].index)
            for i, j in zip(rows, columns, strict=True)]


def joint_moves(before: np.ndarray, after: np.ndarray,
                visible: np.ndarray) -> np.ndarray:
    """Measure how far joints moved, (P, K), as shares of the person's size.

    That is the longer side of the extent of its input pose, but at least 1 px.
    Poses are image pixels, (P, K, 2); NaN where a joint is not ``visible``,
    present before and after.
    """
    low, high = pose_extent(before, visible)
    size = (high - low).max(-1).clip(min=1)
    moved = np.linalg.norm(after - before, axis=-1) / size[:, None]
    return np.where(visible, moved, np.nan)


class PairedPoses(NamedTuple):
    """Either side of P pairs."""

    keypoints: np.ndarray  #: Image pixels, float64 (P, K, 2)
    visible: np.ndarray  #: Whether present, bool (P, K)


@dataclass
class PairTruth:
    """What annotations tell of P pairs and of both files."""

    annotations: dict  #: Content of a COCO file that can be evaluated
    people: AnnotatedPeople  #: Its persons
    diagnoses: list[Diagnosis]  #: Of the results before and after
    #: Index of each pair's annotated person, int (P, ), -1 where it has none.
    person: np.ndarray
    #: OKS with that person before and after, (2, P); NaN where there is none.
    oks: np.ndarray
    #: Outcome of every joint before and after, index into ``ERROR_TYPES``, int
    #: (2, P, K); -1 where unknown.
    status: np.ndarray

    def frequencies(self) -> list[dict[str, float]]:
        """Shares of the outcomes before and after, by ``ERROR_TYPES``.

        Of the annotated joints of matched people, from 0 to 1; zeros if nobody
        is matched.
        """
        return [
            status_frequency(d) if len(d) else dict.fromkeys(ERROR_TYPES, 0.)
            for d in self.diagnoses]

    def paired_oks(self) -> np.ndarray:
        """OKS before and after of the M pairs with a person, (2, M)."""
        return self.oks[:, self.person >= 0]

    def mean_ks(self) -> np.ndarray:
        """Mean KS of matched people, before and after, (2, K).

        NaN for joints without annotation.
        """
        return np.stack([
            np.divide(np.nansum(d.ks, 0), known.sum(0),
                      out=np.full(d.ks.shape[1], np.nan), where=known.any(0))
            for d in self.diagnoses for known in [~np.isnan(d.ks)]])


@dataclass
class ResultsComparison:
    """Poses before and after refinement: P pairs, K keypoints."""

    metainfo: dict  #: Skeleton
    results: tuple[list, list]  #: Contents of both files
    records: list[PoseRecord]  #: Input poses of the pairs, P of them
    pairs: RecordPairs  #: Which record is which
    before: PairedPoses  #: Input poses
    after: PairedPoses  #: Refined poses
    moves: np.ndarray  #: Of :func:`joint_moves`, (P, K)
    truth: PairTruth | None = None  #: None without annotated keypoints


def compare_results(before: str | Path, after: str | Path, metainfo: dict,
                    annotations: dict | None = None,
                    **reading: Any) -> ResultsComparison:
    """Read two results files and compare them.

    Args:
        before (str | Path): The input poses, COCO results or any format.
        after (str | Path): The refined poses.
        metainfo (dict): Skeleton.
        annotations (dict, optional): Content of a COCO annotation file; one
            without annotated keypoints counts as none.
        **reading: Options of
            :func:`~posefix_mm.formats.as_results.read_as_results`.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file is malformed, or no pose of one is in the other.
    """
    num_keypoints = metainfo['num_keypoints']
    old, new = (
        [parse_pose_record(index, raw, num_keypoints, None)
         for index, raw in enumerate(
             read_as_results(path, metainfo, annotations, **reading))]
        for path in (before, after))
    pairs = pair_records(old, new)
    if not len(pairs.before):
        problem = next(
            (f'; for instance, record {r.index} of {path}: {r.problem}'
             for path, records in ((before, old), (after, new))
             for r in records if r.problem is not None), '')
        raise ValueError(f'no pose of {after} is a pose of {before}{problem}')
    paired, refined = (
        PairedPoses(
            np.stack([records[i].keypoints for i in places]).astype(float),
            np.stack([records[i].visible for i in places]))
        for records, places in ((old, pairs.before), (new, pairs.after)))
    compared = ResultsComparison(
        metainfo, ([r.raw for r in old], [r.raw for r in new]),
        [old[i] for i in pairs.before], pairs, paired, refined,
        joint_moves(paired.keypoints, refined.keypoints,
                    paired.visible & refined.visible))
    if annotations is not None:
        annotations = tidy_annotations(annotations, num_keypoints).content
        if can_evaluate(annotations, num_keypoints):
            compared.truth = _find_truth(compared, annotations)
    return compared


def _find_truth(compared: ResultsComparison, annotations: dict) -> PairTruth:
    """Diagnose both files and find one person for every pair."""
    metainfo, shape = compared.metainfo, compared.moves.shape
    people = load_people(annotations, metainfo['num_keypoints'])
    diagnoses = [diagnose_results(results, annotations, metainfo)
                 for results in compared.results]
    index_of = {id_: i for i, id_ in enumerate(people.annotation_id)}
    persons = np.full((2, shape[0]), -1)
    status = np.full((2, *shape), -1)
    for side, (places, diagnosis) in enumerate(
            zip(compared.pairs[:2], diagnoses, strict=True)):
        _, pairs, rows = np.intersect1d(
            places, diagnosis.record_index, return_indices=True)
        persons[side, pairs] = [index_of[diagnosis.annotation_id[row]]
                                for row in rows]
        status[side, pairs] = diagnosis.status[rows]
    # A pair keeps the person of its input pose, or it would seem to improve
    # by going over to another one.
    person = np.where(persons[0] >= 0, persons[0], persons[1])
    status[persons != person] = -1
    oks = np.stack([
        person_oks(*side, person, people, np.asarray(metainfo['sigmas']))
        for side in (compared.before, compared.after)])
    return PairTruth(annotations, people, diagnoses, person, oks, status)
