"""Compare a results file with annotations, joint by joint.

The error types of Ronchi & Perona (ICCV 2017): the reference point that a
joint is most similar to says whose joint was found, its similarity how well.
"""
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..datasets.transforms.error_synthesis import to_complex
from ..evaluation.annotation_format import tidy_annotations
from ..fileio import read_json
from ..formats.as_results import check_other_file, read_as_results
from ..structures.oks import (
    ERROR_TYPES,
    GOOD,
    INVERSION,
    JITTER,
    KS_GOOD,
    KS_JITTER,
    MISS,
    SWAP,
    keypoint_similarity,
)
from ..structures.people import (
    OKS_FLOOR,
    AnnotatedPeople,
    load_people,
    match_records,
)
from ..structures.pose_records import PoseRecord, parse_pose_record

#: Whom a joint may be mistaken for, and by whose area: all persons of the
#: image, each by its own (Ronchi & Perona), or those whose boxes overlap, by
#: that of the pose's person (PoseFix, which synthesizes errors so).
RULES = ('ronchi', 'posefix')
# Poses that are classified at once; bounds the memory.
_CHUNK = 4096
#: Status of a joint without annotation: nothing to compare it with.
NOT_ANNOTATED = -1


class Classification(NamedTuple):
    """What became of the joints of N poses."""

    #: int64 (N, K): index into ``ERROR_TYPES``, or :data:`NOT_ANNOTATED`.
    status: np.ndarray
    #: Similarity to the own annotation, (N, K); 0 where the pose has no such
    #: joint, NaN without annotation.
    ks: np.ndarray
    #: Greatest similarity to a reference point, (N, K), with the same
    #: exceptions.
    nearest_ks: np.ndarray


def classify_errors(keypoints: np.ndarray, present: np.ndarray,
                    poses: np.ndarray, visible: np.ndarray, area: np.ndarray,
                    sigmas: Sequence[float] | np.ndarray,
                    flip_indices: Sequence[int] | np.ndarray
                    ) -> Classification:
    """Classify every annotated joint of N poses.

    With the reference point, of those that are annotated, that the joint has
    the greatest similarity KS to:

    - good: the own place, KS above 0.85
    - jitter: the own place, KS of 0.50 or more
    - inversion: the own twin, KS of 0.50 or more
    - swap: the joint or its twin of another person, KS of 0.50 or more
    - miss: all else: no reference point is that similar, or the pose has no
      such joint

    Args:
        keypoints (np.ndarray): Image pixels, (N, K, 2).
        present (np.ndarray): bool (N, K), which joints the poses have.
        poses (np.ndarray): Annotated keypoints in image pixels,
            (N, 1 + P, K, 2): the person, then P others; pad with invisible
            ones.
        visible (np.ndarray): bool (N, 1 + P, K), which are annotated.
        area (np.ndarray): Area in squared pixels: of the person, for all
            reference points, (N, 1), or of each, (N, 1 + P).
        sigmas (Sequence[float]): COCO-style sigmas, (K, ).
        flip_indices (Sequence[int]): Index of every keypoint's left/right
            twin, its own index where it has none, (K, ).
    """
    flip = np.asarray(flip_indices)
    twin = np.asarray(poses).shape[1]  # index of the own twin
    if area.shape[1] > 1:
        area = np.concatenate((area, area), 1)
    # own place in [person, others...], then the twin's in the same order
    refs = to_complex(np.asarray(poses))
    has_twin = flip != np.arange(len(flip))
    refs = np.concatenate((refs, refs[..., flip]), 1)
    valid = np.concatenate((visible, visible[..., flip] & has_twin), 1)
    distance = np.abs(refs - to_complex(np.asarray(keypoints))[:, None])
    distance = np.where(valid & present[:, None], distance, np.inf)
    similarity = keypoint_similarity(distance, area, sigmas)
    nearest = similarity.argmax(1)
    nearest_ks = similarity.max(1)
    status = np.where(
        nearest == 0, np.where(nearest_ks > KS_GOOD, GOOD, JITTER),
        np.where(nearest == twin, INVERSION, SWAP))
    status[nearest_ks < KS_JITTER] = MISS
    annotated = visible[:, 0]
    return Classification(
        np.where(annotated, status, NOT_ANNOTATED),
        np.where(annotated, similarity[:, 0], np.nan),
        np.where(annotated, nearest_ks, np.nan))



@dataclass
class Diagnosis:
    """What is wrong with the poses of a results file.

    N matched poses in the order of the file, K keypoints.
    """

    keypoint_names: list[str]  #: K names
    record_index: np.ndarray  #: Index into the results, int (N, )
    annotation_id: list  #: ``id`` of the person each pose belongs to
    image_id: list  #: ``image_id`` of each pose
    oks: np.ndarray  #: Object keypoint similarity, (N, )
    num_visible: np.ndarray  #: Annotated joints of the person, int (N, )
    num_overlap: np.ndarray  #: Persons near it, int (N, )
    #: int (N, K): index into :data:`ERROR_TYPES` (0 good, 1 jitter, 2
    #: inversion, 3 swap, 4 miss), -1 where not annotated.
    status: np.ndarray
    #: Similarity to the own annotation, (N, K), NaN where not annotated, 0
    #: where the pose has no such joint.
    ks: np.ndarray
    nearest_ks: np.ndarray  #: The same to the most similar reference point
    present: np.ndarray  #: bool (N, K), which joints the pose has
    #: bool (N, K), whether the left/right twin is annotated.
    twin_visible: np.ndarray
    #: bool (N, K), whether this joint or its twin is annotated on another
    #: person that counts.
    near_visible: np.ndarray
    #: Indices of well-formed records that belong to no person, int.
    unmatched_records: np.ndarray
    unmatched_annotations: list  #: Ids of persons without a pose
    #: Number of records that are no well-formed poses, or have a score of 0.
    skipped_records: int
    rules: str  #: One of :data:`RULES`

    def __len__(self) -> int:
        return len(self.oks)

    def count(self) -> np.ndarray:
        """Count the joints of each status: int (N, K, 5), of 0 and 1."""
        return (self.status[..., None] == np.arange(len(ERROR_TYPES))).astype(
            np.int64)


class DiagnosedFile(NamedTuple):
    """A diagnosis, and the contents of the files it was made from."""

    diagnosis: Diagnosis
    results: list[Any]
    annotations: dict


def diagnose_files(results: str | Path, ann: str | Path, metainfo: dict, *,
                   format: str = 'auto', joint_map: str | Path | None = None,
                   **options: Any) -> DiagnosedFile:
    """Read poses and their annotations and diagnose the poses.

    Args:
        results (str | Path): COCO keypoint results, or poses of any format.
        ann (str | Path): COCO annotation file.
        metainfo (dict): Skeleton.
        format (str): Of the poses, see
            :func:`posefix_mm.formats.open_pose_file`.
        joint_map (str | Path, optional): See there.
        **options: Of :func:`diagnose_results`.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If they are malformed or do not belong together; the
            message names the files.
    """
    check_other_file(results, ann)
    annotations = read_json(ann)
    if isinstance(annotations, dict):
        annotations = tidy_annotations(annotations,
                                       metainfo['num_keypoints']).content
    raw = read_as_results(results, metainfo, annotations, format=format,
                          joint_map=joint_map)
    try:
        diagnosis = diagnose_results(raw, annotations, metainfo, **options)
    except ValueError as error:
        raise ValueError(f'{results} and {ann}: {error}') from error
    return DiagnosedFile(diagnosis, raw, annotations)


def diagnose_results(results: Sequence[Any], annotations: dict,
                     metainfo: dict, *, rules: str = 'ronchi',
                     oks_thr: float = OKS_FLOOR, area: str = 'annotation',
                     pose_box_expand: float | None = None) -> Diagnosis:
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
            synthesized.
        oks_thr (float): Lowest OKS at which a pose belongs to a person.
        area (str): See :func:`~posefix_mm.diagnosis.load_people`. OKS always
            takes the annotation's.
        pose_box_expand (float, optional): See there.

    Raises:
        ValueError: If there are no such rules, results or annotations are not
            of K keypoints, or have no image or category in common.

    .. _`coco-analyze`: https://github.com/matteorr/coco-analyze
    """
    if rules not in RULES:
        raise ValueError(f'rules must be one of {RULES}, got {rules!r}')
    sigmas = np.asarray(metainfo['sigmas'], np.float64)
    flip = np.asarray(metainfo['flip_indices'])
    people = load_people(
        annotations, len(sigmas), area=area, pose_box_expand=pose_box_expand)
    if not isinstance(results, list):
        raise ValueError(
            'the results must be a list of records with image_id, keypoints '
            f'and score, got a {type(results).__name__}')
    parsed = [parse_pose_record(index, raw, len(sigmas), None)
              for index, raw in enumerate(results)]
    records = [record for record in parsed if record.problem is None]
    _check_common_ids(parsed, records, people)
    index, person, oks = match_records(
        records, people, sigmas, oks_thr=oks_thr)
    matched = [records[i] for i in index]
    present = np.array([r.visible for r in matched],
                       bool).reshape(-1, len(sigmas))
    errors, near_visible = _classify(matched, present, people, person, sigmas,
                                     flip, rules)
    record_index = np.array([r.index for r in records], np.int64)
    unmatched_people = np.setdiff1d(np.arange(len(people)), person)
    return Diagnosis(
        keypoint_names=list(metainfo['keypoint_id2name'].values()),
        record_index=record_index[index],
        annotation_id=[people.annotation_id[i] for i in person],
        image_id=[r.image_id for r in matched],
        oks=oks,
        num_visible=people.visible[person].sum(1),
        num_overlap=people.num_overlap[person],
        **errors._asdict(),
        present=present,
        twin_visible=people.visible[person][:, flip] & _has_twin(flip),
        near_visible=near_visible,
        unmatched_records=np.delete(record_index, index),
        unmatched_annotations=[
            people.annotation_id[i] for i in unmatched_people],
        skipped_records=len(parsed) - len(records),
        rules=rules)


def _check_common_ids(parsed: Sequence[PoseRecord],
                      records: Sequence[PoseRecord],
                      people: AnnotatedPeople) -> None:
    """Raise an error, with the reason, if nothing can be compared."""
    if not records:
        reason = f': record 0: {parsed[0].problem}' if parsed else ''
        raise ValueError(f'none of the {len(parsed)} records is a pose with a '
                         f'score above 0{reason}')
    if not {r.image_id for r in records} & set(people.image_id):
        raise ValueError(
            f'no image_id of the results, such as {records[0].image_id!r}, is '
            f'one of an annotated person, such as {people.image_id[0]!r}; are '
            'these the annotations of other images?')
    keys = set(zip(people.image_id, people.category_id.tolist(), strict=True))
    if not any((r.image_id, r.category_id) in keys for r in records):
        raise ValueError(
            'the category_id of the results, '
            f'{sorted({r.category_id for r in records})}, and of the '
            f'annotations, {np.unique(people.category_id).tolist()}, are not '
            'the same on any image')


def _has_twin(flip: np.ndarray) -> np.ndarray:
    return flip != np.arange(len(flip))


def _classify(records: Sequence[PoseRecord], present: np.ndarray,
              people: AnnotatedPeople, person: np.ndarray, sigmas: np.ndarray,
              flip: np.ndarray, rules: str
              ) -> tuple[Classification, np.ndarray]:
    """Classify matched poses; also ``near_visible`` of the diagnosis."""
    errors = Classification(np.empty(present.shape, np.int64),
                            np.empty(present.shape), np.empty(present.shape))
    near_visible = np.zeros_like(present)
    around = people.others if rules == 'ronchi' else people.near
    # equally many other persons side by side: less padding
    order = np.argsort([len(around[i]) for i in person], kind='stable')
    for start in range(0, len(records), _CHUNK):
        rows = order[start:start + _CHUNK]
        index, real = _with_others(around, person[rows])
        visible = people.visible[index] & real[..., None]
        area = people.band_area[index if rules == 'ronchi' else index[:, :1]]
        part = classify_errors(
            np.stack([records[i].keypoints for i in rows]), present[rows],
            people.keypoints[index], visible, area, sigmas, flip)
        for whole, values in zip(errors, part, strict=True):
            whole[rows] = values
        others = visible[:, 1:].any(1)
        near_visible[rows] = others | (others[:, flip] & _has_twin(flip))
    return errors, near_visible


def _with_others(around: Sequence[np.ndarray],
                 person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of persons and those around them, padded, and which are real."""
    index = np.zeros((len(person), 1 + max(len(around[i]) for i in person)),
                     np.int64)
    real = np.zeros(index.shape, bool)
    for row, i in enumerate(person):
        members = [i, *around[i]]
        index[row, :len(members)] = members
        real[row, :len(members)] = True
    return index, real
