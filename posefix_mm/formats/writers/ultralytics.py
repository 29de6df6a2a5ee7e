"""Write label files of YOLO pose models."""
from collections import Counter
from pathlib import Path
from typing import Any, List

import numpy as np

from ..atomic_folder import atomic_folder
from ..pose_list import NamedImage, PoseList
from .left_out import count_fields


def write_ultralytics_labels(out: Path, poses: PoseList) -> Counter:
    """Write a ``.txt`` file for each image, also without people.

    Lines are ``class cx cy w h (px py v) x J``, with the pose's score behind
    if it is not 1, as fractions of the image's size. The third values are as
    in the source: flags or scores. The box is the source's ``bbox``, or the
    extent of the present joints.

    Raises:
        ValueError: If the size of an image is not known, or two images have
            the same name without suffix.
    """
    extents, triples = poses.boxes(), poses.triples()
    with atomic_folder(out) as folder:
        for image, indices in zip(
                poses.images, poses.of_images(), strict=True):
            file = folder / f'{image.need_stem()}.txt'
            if file.exists():
                raise ValueError(f'two images are called {image.need_stem()} '
                                 'without their suffix')
            lines = [
                _line(poses, i, triples[i].copy(),
                      _box(poses.fields[i].get('bbox'), extents[i]), image)
                for i in indices
            ]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(''.join(lines), encoding='utf-8')
    return count_fields(poses, ('bbox', ))


def _box(given: Any, extent: np.ndarray) -> np.ndarray:
    """Box of the source if it is one, else the extent."""
    usable = isinstance(given, list) and len(given) == 4 \
        and all(type(v) in (int, float) for v in given)
    return np.array(given, float) if usable else extent


def _line(poses: PoseList, index: int, triples: np.ndarray, box: np.ndarray,
          image: NamedImage) -> str:
    size = np.array(image.need_size(), float)
    triples[:, :2] /= size
    numbers: List[float] = [
        *((box[:2] + box[2:] / 2) / size), *(box[2:] / size), *triples.ravel()
    ]
    if poses.scores[index] != 1:
        numbers.append(poses.scores[index])
    label = int(poses.category_ids[index]) - 1
    return f'{label} {" ".join(f"{n:.7g}" for n in numbers)}\n'
