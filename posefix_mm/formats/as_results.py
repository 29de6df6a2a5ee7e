"""Poses of any format as COCO results: what is evaluated and compared."""
from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence, Set, Tuple, Union

import numpy as np

from ..images.image_list import ImageList, size_of
from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, category_of, image_id_of
from .coco import dicts_in, read_results
from .coco_results import CocoResultsFile
from .open_pose_file import find_reader, open_pose_file


def read_as_results(path: Union[str, Path],
                    metainfo: dict,
                    annotations: Optional[dict] = None,
                    *,
                    format: str = 'auto',
                    joint_map: Union[str, Path, None] = None,
                    image_size: Optional[Callable[[ImageRef], Optional[
                        Tuple[int, int]]]] = None) -> List[Any]:
    """Read poses of any format as records of a COCO results file.

    Args:
        path (str | Path): File or folder.
        metainfo (dict): Skeleton of the records.
        annotations (dict, optional): Content of a COCO file, whose ids of
            images the records get, and its category where it and the records
            have only one; relative coordinates need its sizes.
        format (str): One of :data:`posefix_mm.formats.FORMATS`. Defaults to
            ``'auto'``.
        joint_map (str | Path, optional): See :func:`open_pose_file`.
        image_size (Callable, optional): Width and height of an image of which
            neither the file nor the annotations tell them.

    Returns:
        List[Any]: Records, in the order of the file; a
        :class:`~posefix_mm.structures.pose_records.Problem` in place of what
        is none.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If it is malformed; the message names it.
    """
    path = Path(path)
    reader = find_reader(path, format)
    if reader is CocoResultsFile and joint_map is None:
        return match_results(read_results(path), annotations)
    images = None if annotations is None else dicts_in(annotations, 'images')
    names = metainfo['keypoint_id2name']
    poses = open_pose_file(
        path,
        target_names=[names[i] for i in range(metainfo['num_keypoints'])],
        format=reader.name,
        joint_map=joint_map,
        categories=None)
    listed = None if images is None else ImageList(images)
    records: List[Any] = [None] * len(poses)
    for number, ref in enumerate(poses.images):
        image = _find(listed, ref)
        size = ref.size or (image and size_of(image)) or (
            image_size and image_size(ref))
        image_id = _name_of(ref) if image is None else image['id']
        indices = np.flatnonzero(poses.image_index == number)
        for record in poses.read(indices.tolist(), size):
            records[record.index] = _to_result(record, image_id)
    return match_results(records, annotations)


def check_other_file(poses: Union[str, Path], ann: Union[str, Path]) -> None:
    """Refuse to hold annotations against themselves.

    Raises:
        ValueError: If both are the same file.
    """
    if Path(poses).exists() and Path(ann).exists() \
            and Path(poses).samefile(ann):
        raise ValueError(f'{poses} is both, the poses and the annotations; '
                         'name the results of an estimator')


def is_results_file(path: Union[str, Path], format: str = 'auto') -> bool:
    """Whether a file holds COCO results."""
    return find_reader(Path(path), format) is CocoResultsFile


def match_results(results: Sequence[Any],
                  annotations: Optional[dict]) -> List[Any]:
    """Write ids and categories of records as the annotations do.

    Args:
        results (Sequence[Any]): Records of a results file, of any kind.
        annotations (dict, optional): As above; without, ids stay.

    Returns:
        List[Any]: The same, copies where something changed.
    """
    listed = None if annotations is None else ImageList(
        dicts_in(annotations, 'images'))
    annotated = _categories(dicts_in(annotations, 'annotations'))
    single = annotated.pop() if len(annotated) == 1 and len(
        _categories(results)) == 1 else None
    ids = [image_id_of(r) if isinstance(r, dict) else None for r in results]
    found = [] if listed is None else listed.find_all(ids)
    matched = []
    for row, record in enumerate(results):
        if isinstance(record, dict):
            image_id = listed.images[found[row].place]['id'] \
                if found and found[row].place >= 0 else ids[row]
            category = category_of(record) if single is None else single
            new = dict(record)
            if isinstance(record.get('keypoints'), list):
                new['keypoints'] = _flat(record['keypoints'])
            if image_id is not None:
                new['image_id'] = image_id
            if category is not None and 'category_id' in record:
                new['category_id'] = category
            record = new
        matched.append(record)
    return matched


def _categories(records: Sequence[Any]) -> Set[int]:
    """Categories of the records that have keypoints."""
    found = {category_of(r) for r in records
             if isinstance(r, dict) and r.get('keypoints')}
    return found - {None}


def _flat(values: List[Any]) -> List[Any]:
    """One list of numbers, zeros for joints with NaN or null."""
    if values and all(isinstance(v, list) and len(v) in (2, 3)
                      for v in values):
        values = [v for one in values for v in (*one, 1)[:3]]
    unknown = [i for i, v in enumerate(values) if v is None or (
        isinstance(v, float) and not np.isfinite(v))]
    if unknown and len(values) % 3 == 0:
        values = list(values)
        for i in unknown:
            start = i - i % 3
            values[start:start + 3] = 0, 0, 0
    return values


def _find(listed: Optional[ImageList], ref: ImageRef) -> Optional[dict]:
    """Find an image of a pose file in a list of images."""
    if listed is None:
        return None
    found = [
        listed.find(key) for key in (ref.file_name, ref.stem, ref.image_id)
        if key is not None
    ] if ref.frame is None else [
        listed.find_frame(Path(ref.file_name or ref.stem).stem, ref.frame)
    ]
    return next((listed.images[f.place] for f in found if f.place >= 0), None)


def _name_of(ref: ImageRef) -> Union[int, str]:
    name = next((n for n in (ref.image_id, ref.file_name, ref.stem)
                 if n is not None), '')
    return name if ref.frame is None else f'{name}_{ref.frame:06d}'


def _to_result(record: PoseRecord, image_id: Union[int, str]) -> Any:
    if record.problem is not None:
        return record.problem
    joints = np.column_stack((record.keypoints, record.keypoint_scores))
    return dict(
        image_id=image_id,
        category_id=record.category_id,
        keypoints=joints.astype(np.float64).ravel().tolist(),
        score=float(record.score))
