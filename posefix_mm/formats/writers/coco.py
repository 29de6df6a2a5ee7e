"""Write COCO results, COCO annotations and AlphaPose's results."""
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

import numpy as np

from ...fileio import write_json
from ..pose_list import NamedImage, PoseList, flat_lists
from .left_out import count_keypoint_scores


def write_coco_results(out: Path, poses: PoseList) -> Counter:
    """Write a list of records; an image without an id is given its name."""
    ids = [
        image.image_id if image.image_id is not None else
        image.need_stem() if image.frame is not None or not image.file_name
        else image.file_name for image in poses.images
    ]
    return _write_records(out, poses, ids)


def write_alphapose(out: Path, poses: PoseList) -> Counter:
    """Write a list of records whose ``image_id`` is the name of a file."""
    return _write_records(out, poses,
                          [image.need_name() for image in poses.images])


def _write_records(out: Path, poses: PoseList, ids: List[Any]) -> Counter:
    keypoints = flat_lists(poses.triples())
    write_json(out, [{
        'image_id': ids[poses.image_index[i]],
        'category_id': int(poses.category_ids[i]),
        'keypoints': keypoints[i],
        'score': float(poses.scores[i]),
        **poses.fields[i]
    } for i in range(len(poses))])
    return Counter()


def write_coco_annotations(out: Path, poses: PoseList) -> Counter:
    """Write images, annotations and categories.

    Boxes and areas, where the source has none, are those of the present
    joints: mmpose and COCO's evaluation need them. Scores of joints become
    flags of 2.
    """
    lost = count_keypoint_scores(poses)
    flags = poses.keypoint_scores if poses.has_flags \
        else 2 * poses.visible.astype(float)
    triples = np.concatenate((poses.keypoints, flags[..., None]), -1)
    keypoints = flat_lists(triples)
    boxes = poses.boxes()
    ids = number_images(poses.images)
    annotations = [{
        'id': i + 1,
        'bbox': boxes[i].tolist(),
        'area': float(boxes[i, 2:].prod()),
        'iscrowd': 0,
        **_with_score(poses, i),
        'image_id': ids[poses.image_index[i]],
        'category_id': int(poses.category_ids[i]),
        'keypoints': keypoints[i],
        'num_keypoints': int(poses.visible[i].sum()),
    } for i in range(len(poses))]
    if len({a['id'] for a in annotations
            if isinstance(a['id'], int)}) < len(annotations):
        for i, annotation in enumerate(annotations):
            annotation['id'] = i + 1
    write_json(
        out,
        dict(
            images=describe_images(poses.images, ids),
            annotations=annotations,
            categories=describe_categories(poses)))
    return lost


def number_images(images: List[NamedImage]) -> List[int]:
    """Ids of images: their own, or from 1 if any lacks one."""
    ids = [image.image_id for image in images]
    unique = None not in ids and len(set(ids)) == len(ids)
    return ids if unique else list(range(1, len(ids) + 1))


def describe_images(images: List[NamedImage],
                    ids: List[int]) -> List[Dict[str, Any]]:
    """Describe images as COCO's ``images``.

    Args:
        images (List[NamedImage]): The images, whose names are known.
        ids (List[int]): Their ids.

    Returns:
        List[Dict[str, Any]]: ``id`` and ``file_name``; ``width`` and
        ``height`` where they are known.
    """
    described = []
    for image, image_id in zip(images, ids, strict=True):
        more = {} if image.size is None else dict(
            zip(('width', 'height'), image.size, strict=True))
        described.append(
            dict(id=image_id, file_name=image.need_name(), **more))
    return described


def describe_categories(poses: PoseList) -> List[Dict[str, Any]]:
    """Describe the categories of poses as COCO's ``categories``."""
    return [
        dict(
            id=category,
            name='person' if category == 1 else f'category {category}',
            keypoints=list(poses.joint_names))
        for category in np.unique(poses.category_ids).tolist() or [1]
    ]


def _with_score(poses: PoseList, index: int) -> Dict[str, Any]:
    """Other fields, and the score if there is one."""
    score = float(poses.scores[index])
    own = {} if score == 1 else dict(score=score)
    return {**own, **poses.fields[index]}
