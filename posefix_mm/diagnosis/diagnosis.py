"""Compare a results file with annotations, joint by joint."""
from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from ..structures.error_types import ERROR_TYPES
from ..structures.matching import OKS_FLOOR, match_records
from ..structures.people import AnnotatedPeople, load_people
from ..structures.pose_records import PoseRecord, parse_pose_record
from .error_classification import Classification, classify_errors

#: Whom a joint may be mistaken for, and by whose area: all persons of the
#: image, each by its own (Ronchi & Perona), or those whose boxes overlap, by
#: that of the pose's person (PoseFix, which synthesizes errors so).
RULES = ('ronchi', 'posefix')
# Poses that are classified at once; bounds the memory.
_CHUNK = 4096


@dataclass
class Diagnosis:
    """What is wrong with the poses of a results file.

    N matched poses in the order of the file, K keypoints.

    Attributes:
        keypoint_names (List[str]): K names.
        record_index (np.ndarray): Index into the results, int (N, ).
        annotation_id (list): ``id`` of the person each pose belongs to.
        image_id (list): ``image_id`` of each pose.
        oks (np.ndarray): Object keypoint similarity, (N, ).
        num_visible (np.ndarray): Annotated joints of the person, int (N, ).
        num_overlap (np.ndarray): Persons near it, int (N, ).
        status (np.ndarray): int (N, K): index into :data:`ERROR_TYPES` (0
            good, 1 jitter, 2 inversion, 3 swap, 4 miss), -1 where not
            annotated.
        ks (np.ndarray): Similarity to the own annotation, (N, K), NaN where
            not annotated, 0 where the pose has no such joint.
        nearest_ks (np.ndarray): The same to the most similar reference
            point.
        present (np.ndarray): bool (N, K), which joints the pose has.
        twin_visible (np.ndarray): bool (N, K), whether the left/right twin
            is annotated.
        near_visible (np.ndarray): bool (N, K), whether this joint or its
            twin is annotated on another person that counts.
        unmatched_records (np.ndarray): Indices of well-formed records that
            belong to no person, int.
        unmatched_annotations (list): Ids of persons without a pose.
        skipped_records (int): Number of records that are no well-formed
            poses, or have a score of 0.
        rules (str): One of :data:`RULES`.
    """

    keypoint_names: List[str]
    record_index: np.ndarray
    annotation_id: list
    image_id: list
    oks: np.ndarray
    num_visible: np.ndarray
    num_overlap: np.ndarray
    status: np.ndarray
    ks: np.ndarray
    nearest_ks: np.ndarray
    present: np.ndarray
    twin_visible: np.ndarray
    near_visible: np.ndarray
    unmatched_records: np.ndarray
    unmatched_annotations: list
    skipped_records: int
    rules: str

    def __len__(self) -> int:
        return len(self.oks)

    def count(self) -> np.ndarray:
        """Count the joints of each status.

        Returns:
            np.ndarray: int (N, K, 5), 1 at the status of each annotated
            joint.
        """
        return (self.status[..., None] == np.arange(len(ERROR_TYPES))).astype(
            np.int64)


def diagnose_results(results: Sequence[Any],
                     annotations: dict,
                     metainfo: dict,
                     *,
                     rules: str = 'ronchi',
                     oks_thr: float = OKS_FLOOR,
                     area: str = 'annotation',
                     pose_box_expand: Optional[float] = None) -> Diagnosis:
    """Match the poses of a results file to persons and classify all joints.

    Args:
        results (Sequence[Any]): Content of a COCO keypoint results file.
        annotations (dict): Content of a COCO annotation file.
        metainfo (dict): Skeleton, as ``dataset.metainfo`` of mmpose or from
            :func:`~posefix_mm.diagnosis.load_skeleton`.
        rules (str): ``'ronchi'``: a joint may be that of any person of the
            image, whose own area its similarity is computed with, as in
            `coco-analyze`_. ``'posefix'``: that of near persons, whose boxes
            overlap, with the area of the pose's person, as errors are
            synthesized. Defaults to ``'ronchi'``.
        oks_thr (float): Lowest OKS at which a pose belongs to a person.
            Defaults to 0.1.
        area (str): ``'annotation'`` or ``'bbox'``, see
            :func:`~posefix_mm.diagnosis.load_people`. OKS always takes the
            annotation's. Defaults to ``'annotation'``.
        pose_box_expand (float, optional): See
            :func:`~posefix_mm.diagnosis.load_people`. Defaults to None.

    Returns:
        Diagnosis: The matched poses.

    Raises:
        ValueError: If there are no such rules, results or annotations are not
            of K keypoints, or their images or categories do not meet.

    .. _`coco-analyze`: https://github.com/matteorr/coco-analyze
    """
    if rules not in RULES:
        raise ValueError(f'rules must be one of {RULES}, got {rules!r}')
    sigmas = np.asarray(metainfo['sigmas'], np.float64)
    people = load_people(
        annotations, len(sigmas), area=area, pose_box_expand=pose_box_expand)
    parsed = _parse(results, len(sigmas))
    records = [record for record in parsed if record.problem is None]
    _check_they_meet(parsed, records, people)
    index, person, oks = match_records(
        records, people, sigmas, oks_thr=oks_thr)
    matched = [records[i] for i in index]
    found, near, twin = _classify(matched, people, person, sigmas,
                                  metainfo['flip_indices'], rules)
    others = np.setdiff1d(np.arange(len(records)), index)
    without_pose = np.setdiff1d(np.arange(len(people)), person)
    return Diagnosis(
        keypoint_names=list(metainfo['keypoint_id2name'].values()),
        record_index=np.array([r.index for r in matched], np.int64),
        annotation_id=[people.annotation_id[i] for i in person],
        image_id=[r.image_id for r in matched],
        oks=oks,
        num_visible=people.visible[person].sum(1),
        num_overlap=people.num_overlap[person],
        **found._asdict(),
        present=_stack([r.visible for r in matched], len(sigmas)),
        twin_visible=twin,
        near_visible=near,
        unmatched_records=np.array([records[i].index for i in others],
                                   np.int64),
        unmatched_annotations=[people.annotation_id[i] for i in without_pose],
        skipped_records=len(parsed) - len(records),
        rules=rules)


def _parse(results: Sequence[Any], num_keypoints: int) -> List[PoseRecord]:
    if not isinstance(results, list):
        raise ValueError(
            'the results must be a list of records with image_id, keypoints '
            f'and score, got a {type(results).__name__}')
    return [
        parse_pose_record(index, raw, num_keypoints, None)
        for index, raw in enumerate(results)
    ]


def _check_they_meet(parsed: Sequence[PoseRecord],
                     records: Sequence[PoseRecord],
                     people: AnnotatedPeople) -> None:
    """Say why nothing can be compared, where that is so."""
    if not records:
        reason = f': record 0: {parsed[0].problem}' if parsed else ''
        raise ValueError(f'none of the {len(parsed)} records is a pose with a '
                         f'score above 0{reason}')
    images = {r.image_id for r in records}
    annotated = set(people.image_id)
    if not images & annotated:
        raise ValueError(
            f'no image_id of the results, such as '
            f'{records[0].image_id!r}, is one of an annotated person, such '
            f'as {people.image_id[0]!r}; are these the annotations of other '
            'images?')
    keys = set(zip(people.image_id, people.category_id.tolist(), strict=True))
    if not any((r.image_id, r.category_id) in keys for r in records):
        raise ValueError(
            'the category_id of the results, '
            f'{sorted({r.category_id for r in records})}, and of the '
            f'annotations, {np.unique(people.category_id).tolist()}, do not '
            'meet on any image')


def _classify(records: Sequence[PoseRecord], people: AnnotatedPeople,
              person: np.ndarray, sigmas: np.ndarray,
              flip_indices: Sequence[int], rules: str
              ) -> Tuple[Classification, np.ndarray, np.ndarray]:
    """Classify matched poses, a chunk at a time.

    Returns:
        tuple: the classification; whether the joint or its twin is annotated
        on another person that counts, bool (N, K); whether the own twin is.
    """
    flip = np.asarray(flip_indices)
    has_twin = flip != np.arange(len(sigmas))
    parts = []
    near = np.zeros((len(records), len(sigmas)), bool)
    around = people.others if rules == 'ronchi' else people.near
    # equally many other persons side by side: less padding
    order = np.argsort([len(around[i]) for i in person], kind='stable')
    for start in range(0, max(len(records), 1), _CHUNK):
        rows = order[start:start + _CHUNK].astype(np.int64)
        index, real = _with_others(around, person[rows])
        visible = people.visible[index] & real[..., None]
        area = people.band_area[index if rules == 'ronchi' else index[:, :1]]
        parts.append(
            classify_errors(
                _stack([records[i].keypoints for i in rows], len(sigmas), 2),
                _stack([records[i].visible for i in rows], len(sigmas)),
                people.keypoints[index], visible, area, sigmas, flip_indices))
        others = visible[:, 1:].any(1)
        near[rows] = others | (others[:, flip] & has_twin)
    back = np.argsort(order)
    found = Classification(
        *(np.concatenate(arrays)[back] for arrays in zip(*parts, strict=True)))
    twin = people.visible[person][:, flip] & has_twin
    return found, near, twin


def _with_others(around: Sequence[np.ndarray],
                 person: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Indices of persons and those around them, padded, and which are real."""
    most = max((len(around[i]) for i in person), default=0)
    index = np.zeros((len(person), 1 + most), np.int64)
    real = np.zeros(index.shape, bool)
    for row, i in enumerate(person):
        members = [i, *around[i]]
        index[row, :len(members)] = members
        real[row, :len(members)] = True
    return index, real


def _stack(arrays: Sequence[np.ndarray], *shape: int) -> np.ndarray:
    """Stack arrays of a shape, of which there may be none."""
    if len(arrays):
        return np.stack(arrays)
    return np.zeros((0, *shape), np.float64 if len(shape) > 1 else bool)
