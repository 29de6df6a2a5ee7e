"""Writing of a generated data set in COCO's format."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .scene import draw_scene
from .skeleton import COCO_KEYPOINTS

COCO_CATEGORY: dict[str, Any] = {
    'id': 1,
    'name': 'person',
    'supercategory': 'person',
    'keypoints': list(COCO_KEYPOINTS),
    'skeleton': [[16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12],
                 [7, 13], [6, 7], [6, 8], [7, 9], [8, 10], [9, 11], [2, 3],
                 [1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7]],
}

# Annotation ids are image_id * this + index, so that they depend on the
# image alone and files with different image ids can be merged.
_IDS_PER_IMAGE = 100
_JPEG_QUALITY = (60, 96)


def write_dataset(
    out_dir: str | os.PathLike[str],
    num_images: int,
    seed: int = 0,
    image_size: tuple[int, int] = (320, 240),
    first_image_id: int = 1,
    progress: Callable[[int, int], None] | None = None,
    *,
    simple: bool = False,
) -> Path:
    """Generate images and their annotations.

    Writes ``out_dir/images/000001.jpg`` and so on, then
    ``out_dir/annotations.json``.  Image ``i`` depends only on ``seed`` and
    its id ``i``: it is the same however many images are written, and data
    sets with disjoint ids share no image.

    Args:
        out_dir: Folder to write to; made if missing.
        num_images: Number of images, at least 1.
        seed: Seed of the whole data set, not negative.
        image_size: Width and height of the images in pixels.
        first_image_id: Id of the first image, not negative.
        progress: Called after each image with the number of images written
            so far and the number wanted.
        simple: Draw scenes that a small network learns in minutes.

    Returns:
        Path of the annotation file.

    Raises:
        ValueError: If an argument is out of range.
        OSError: If an image cannot be encoded or written.
    """
    for name, value, least in (('num_images', num_images, 1),
                               ('seed', seed, 0),
                               ('first_image_id', first_image_id, 0)):
        if value < least:
            raise ValueError(
                f'{name} must be at least {least}, got {value!r}')
    out_dir = Path(out_dir)
    (out_dir / 'images').mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for done in range(num_images):
        image_id = first_image_id + done
        rng = np.random.default_rng(np.random.SeedSequence([seed, image_id]))
        image, people = draw_scene(rng, image_size, simple=simple)
        file_name = f'{image_id:06d}.jpg'
        quality = int(rng.integers(*_JPEG_QUALITY))
        _write_jpeg(out_dir / 'images' / file_name, image, quality)
        images.append({'id': image_id, 'file_name': file_name,
                       'width': image.shape[1], 'height': image.shape[0]})
        annotations += [
            {'id': image_id * _IDS_PER_IMAGE + k, 'image_id': image_id,
             **person} for k, person in enumerate(people, start=1)]
        if progress is not None:
            progress(done + 1, num_images)
    path = out_dir / 'annotations.json'
    _write_json(path, {'images': images, 'annotations': annotations,
                       'categories': [COCO_CATEGORY]})
    return path


def _write_jpeg(path: Path, image: np.ndarray, quality: int) -> None:
    """Encode an image and write it; raise OSError if that fails."""
    encoded, data = cv2.imencode('.jpg', image,
                                 [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not encoded:
        raise OSError(f'could not encode {path} as JPEG')
    path.write_bytes(data.tobytes())


def _write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON so that readers see the old or the new file, never half."""
    part = path.with_name(f'{path.name}.{os.getpid()}.tmp')
    try:
        part.write_text(json.dumps(content), encoding='utf-8')
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
