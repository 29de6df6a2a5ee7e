"""Write DeepLabCut's CSV."""
import csv
import io
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import List, Sequence

import numpy as np

from ...fileio import atomic_write
from ..pose_list import NamedImage, PoseList
from .left_out import count_categories, count_fields, count_scores

_SCORER = 'posefix_mm'


def write_deeplabcut(out: Path, poses: PoseList) -> Counter:
    """Write a CSV with a row for each image that has poses.

    With likelihoods, unless all third values are flags; for several animals
    if an image has more than one pose. Frames of one video are numbered,
    under the name ``VIDEO`` + scorer that DeepLabCut gives such files; images
    in ``labeled-data/VIDEO`` are named in three columns, others in one.

    Raises:
        ValueError: If there are frames of several videos, or an image has no
            name.
    """
    of_images = [(image, indices) for image, indices in zip(
        poses.images, poses.of_images(), strict=True) if indices]
    names = _index_cells([image for image, _ in of_images])
    individuals = max((len(indices) for _, indices in of_images), default=1)
    values = poses.keypoints if poses.has_flags else poses.triples()
    rows = _header(poses.joint_names, individuals, len(names[0])
                   if names else 1, values.shape[-1])
    for cells, (_, indices) in zip(names, of_images, strict=True):
        texts = [_cells(values[i], poses.visible[i]) for i in indices]
        width = values.shape[1] * values.shape[2]
        missing = [''] * (width * (individuals - len(indices)))
        rows.append([*cells, *(t for text in texts for t in text), *missing])
    text = io.StringIO()
    csv.writer(text, lineterminator='\n').writerows(rows)
    with atomic_write(out) as file:
        file.write(text.getvalue().encode())
    return (count_fields(poses, ('individual', )) + count_scores(poses) +
            count_categories(poses) + _lost_flags(poses))


def _header(joint_names: Sequence[str], individuals: int, num_index: int,
            num_coords: int) -> List[List[str]]:
    """Rows above the poses."""
    joints, coords = len(joint_names), ('x', 'y', 'likelihood')[:num_coords]
    width = individuals * joints * num_coords
    blank = [''] * (num_index - 1)
    people = [
        f'individual{i + 1}' for i in range(individuals)
        for _ in range(joints * num_coords)
    ]
    parts = [name for name in joint_names for _ in coords] * individuals
    rows = [['scorer', *blank, *[_SCORER] * width]]
    if individuals > 1:
        rows.append(['individuals', *blank, *people])
    rows.append(['bodyparts', *blank, *parts])
    rows.append(['coords', *blank, *list(coords) * (individuals * joints)])
    return rows


def _index_cells(images: List[NamedImage]) -> List[List[str]]:
    """How each row names its image."""
    videos = {
        image.file_name or image.stem
        for image in images if image.frame is not None
    }
    if videos:
        if len(videos) > 1 or any(i.frame is None for i in images):
            raise ValueError('a CSV of DeepLabCut holds the frames of one '
                             'video, or images; the poses are of '
                             f'{", ".join(sorted(videos)):.200}')
        return [[str(image.frame)] for image in images]
    paths = [PurePosixPath(image.need_name()) for image in images]
    labeled = all(
        len(p.parts) == 3 and p.parts[0] == 'labeled-data' for p in paths)
    return [list(p.parts) if labeled else [str(p)] for p in paths]


def _cells(values: np.ndarray, visible: np.ndarray) -> List[str]:
    """Cells of a pose, empty where a joint is absent."""
    return [
        repr(value) if present else '' for joint, present in zip(
            values.tolist(), visible, strict=True) for value in joint
    ]


def _lost_flags(poses: PoseList) -> Counter:
    """Flags of COCO other than 2 and 0 are not written."""
    if not poses.has_flags:
        return Counter()
    hidden = poses.visible & (poses.keypoint_scores == 1)
    mixed = hidden.any() and (poses.keypoint_scores == 2).any()
    return Counter(flags=int(hidden.any(1).sum())) if mixed else Counter()
