"""Poses of any format as COCO results: what is evaluated and compared."""
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..images.image_finder import ImageList, frame_of, size_of
from ..structures.image_ref import ImageRef
from ..structures.pose_records import category_of, flat_triples, image_id_of
from .coco import dicts_in, read_results
from .coco_results import CocoResultsFile
from .open_file import find_reader, open_pose_file


def read_as_results(path: str | Path,
                    metainfo: dict,
                    annotations: dict | None = None,
                    *,
                    format: str = 'auto',
                    joint_map: str | Path | None = None,
                    image_size: Callable[[ImageRef], tuple[int, int] | None]
                    | None = None) -> list[Any]:
    """Read poses of any format as records of a COCO results file.

    Args:
        path (str | Path): File or folder.
        metainfo (dict): Skeleton of the records, as mmpose parses it.
        annotations (dict, optional): Content of a COCO file, whose ids of
            images the records get, and its category where it and the records
            have only one; relative coordinates need its sizes.
        format (str): One of :data:`posefix_mm.formats.FORMATS`. Defaults to
            ``'auto'``.
        joint_map (str | Path, optional): See :func:`open_pose_file`.
        image_size (Callable, optional): Width and height of an image of which
            neither the file nor the annotations tell them.

    Returns:
        list[Any]: Records, in the order of the file; a
        :class:`~posefix_mm.structures.pose_records.Problem` in place of what
        is none.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If it is malformed; the message names it.
    """
    path = Path(path)
    reader = find_reader(path, format)
    if reader is CocoResultsFile and joint_map is None:
        return match_results(
            read_flat_results(path, metainfo['num_keypoints']), annotations)
    names = metainfo['keypoint_id2name']
    poses = open_pose_file(
        path,
        target_names=[names[i] for i in range(metainfo['num_keypoints'])],
        format=reader.name,
        joint_map=joint_map,
        categories=None)
    listed = ImageList(dicts_in(annotations, 'images'))
    records: list[Any] = [None] * len(poses)
    for number, ref in enumerate(poses.images):
        image = _find(listed, ref)
        size = ref.size or (image and size_of(image)) or (
            image_size and image_size(ref))
        if image is not None:
            image_id = image['id']
        else:
            image_id = '' if ref.label is None else ref.label
            if ref.frame is not None:
                image_id = f'{image_id}_{ref.frame:06d}'
        indices = np.flatnonzero(poses.image_index == number)
        for record in poses.read(indices.tolist(), size):
            records[record.index] = record.problem or dict(
                image_id=image_id,
                category_id=record.category_id,
                keypoints=np.column_stack(
                    (record.keypoints, record.keypoint_scores)).astype(
                        np.float64).ravel().tolist(),
                score=float(record.score))
    return match_results(records, annotations)


def check_other_file(poses: str | Path, ann: str | Path) -> None:
    """Refuse to compare annotations with themselves.

    Raises:
        ValueError: If both are the same file.
    """
    if Path(poses).exists() and Path(ann).exists() \
            and Path(poses).samefile(ann):
        raise ValueError(f'{poses} is given both as the poses and as the '
                         'annotations; name the results of an estimator')


def is_results_file(path: str | Path, format: str = 'auto') -> bool:
    """Whether a file holds COCO results."""
    return find_reader(Path(path), format) is CocoResultsFile


def read_flat_results(path: str | Path, num_keypoints: int) -> list[Any]:
    """Read COCO results, keypoints as one list of x, y, score each.

    Fields that may be left out are there: an ``image_id`` by another name, a
    ``category_id`` and a ``score`` of 1. What is no such record stays as it
    is; see :func:`read_results`.
    """
    return [
        dict(dict(image_id=image_id_of(record), category_id=1, score=1.),
             **dict(record, keypoints=flat_triples(
                 record['keypoints'], num_keypoints,
                 record.get('keypoint_scores'))))
        if isinstance(record, dict)
        and isinstance(record.get('keypoints'), list) else record
        for record in read_results(path)
    ]


def match_results(results: Sequence[Any],
                  annotations: dict | None) -> list[Any]:
    """Copy records with the ids and categories that annotations use.

    What is no record stays as it is, and so do ids that are not annotated.
    """
    listed = ImageList(dicts_in(annotations, 'images'))
    annotated = _categories(dicts_in(annotations, 'annotations'))
    single = annotated.pop() if len(annotated) == 1 and len(
        _categories(results)) == 1 else None
    ids = [image_id_of(r) if isinstance(r, dict) else None for r in results]
    return [
        _match(record, listed.images[match.place]['id']
               if match.place >= 0 else image_id, single)
        for record, match, image_id in zip(
            results, listed.find_all(ids), ids, strict=True)
    ]


def _match(record: Any, image_id: int | str | None,
           category: int | None) -> Any:
    if not isinstance(record, dict):
        return record
    matched = dict(record)
    if isinstance(record.get('keypoints'), list):
        matched['keypoints'] = _without_unknown(record['keypoints'])
    if image_id is not None:
        matched['image_id'] = image_id
    category = category_of(record) if category is None else category
    if category is not None and 'category_id' in record:
        matched['category_id'] = category
    return matched


def _categories(records: Sequence[Any]) -> set[int]:
    """Categories of the records that have keypoints."""
    return {category_of(r) for r in records
            if isinstance(r, dict) and r.get('keypoints')} - {None}


def _without_unknown(values: list[Any]) -> list[Any]:
    """Copy triples with zeros for joints with NaN or null."""
    unknown = [i for i, v in enumerate(values) if v is None or (
        isinstance(v, float) and not np.isfinite(v))]
    if unknown and len(values) % 3 == 0:
        values = list(values)
        for i in unknown:
            start = i - i % 3
            values[start:start + 3] = 0, 0, 0
    return values


def _find(listed: ImageList, ref: ImageRef) -> dict | None:
    name = ref.file_name or ref.stem or ''
    matches = [
        *(listed.find(key) for key in (ref.file_name, ref.stem, ref.image_id)
          if key is not None),
        listed.find_numbered(*frame_of(name, ref.first_frame))
    ] if ref.frame is None else [listed.find_frame(Path(name).stem, ref.frame)]
    return next((listed.images[match.place] for match in matches
                 if match.place >= 0), None)
