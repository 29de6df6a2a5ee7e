"""The only readers of COCO results and annotations."""
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..fileio import load_json, read_json
from ..images.image_finder import size_of
from ..structures.image_ref import ImageRef
from ..structures.pose_records import (
    RELEASE_CATEGORIES,
    PoseRecord,
    category_of,
    image_id_of,
    parse_pose_record,
)
from .json_scanner import ByteFile, find_records, iter_elements


def load_pose_records(
    path: str | Path,
    num_keypoints: int,
    categories: Sequence[int] | None = RELEASE_CATEGORIES
) -> list[PoseRecord]:
    """Read a COCO keypoint results file.

    Args:
        path (str | Path): See :func:`read_results`, which raises the errors.
        num_keypoints (int): K.
        categories (Sequence[int], optional): Categories that are refined,
            None for all. Defaults to the release's: 1 only.

    Returns:
        list[PoseRecord]: All records, in order; those that can't be refined
        name their ``problem``.
    """
    return [
        parse_pose_record(index, raw, num_keypoints, categories)
        for index, raw in enumerate(read_results(path))
    ]


def read_results(path: str | Path) -> list[Any]:
    """Read a results file.

    Args:
        path (str | Path): JSON: a list, or an object with one called
            ``annotations``, ``predictions`` or ``results``. NaN and Infinity,
            which are no JSON but written by many tools, are read as such.

    Returns:
        list[Any]: Its elements, None in place of those that are no JSON.

    Raises:
        FileNotFoundError: If the file does not exist.
        ValueError: If it holds no such list; the message names file and
            place.
    """
    file, records = ByteFile(Path(path)), []
    for _, _, raw in iter_elements(file, find_records(file)):
        try:
            records.append(load_json(raw))
        except ValueError:  # is counted as a malformed record
            records.append(None)
    return records


def read_annotations(path: str | Path) -> dict:
    """Read COCO annotations, of which ``images`` is needed.

    Args:
        path (str | Path): The file.

    Returns:
        dict: Its content. Images have ``id`` and ``file_name``; ``width`` and
        ``height`` are numbers where they are given.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it is not JSON, or has no such list of images.
    """
    content = read_json(path)
    images = content.get('images') if isinstance(content, dict) else None
    if not isinstance(images, list) or not all(map(_is_image, images)):
        raise ValueError(f'{path} has no list of images with id and '
                         'file_name; a COCO annotation file is needed')
    for image in images:
        sides = image.get('width'), image.get('height')
        if not all(isinstance(side, int | float | None) for side in sides):
            raise ValueError(f'image {image["id"]!r:.40} of {path} must have '
                             'numbers as width and height')
    return content


def _is_image(image: Any) -> bool:
    return (isinstance(image, dict) and 'file_name' in image
            and type(image.get('id')) in (int, float, str))


def category_joint_names(categories: Sequence[dict],
                         chosen: Sequence[int] | None = None
                         ) -> list[str] | None:
    """Names of the joints of the first category, of those chosen, with any."""
    for category in categories:
        names = category.get('keypoints')
        if isinstance(names, list) and names \
                and all(isinstance(name, str) for name in names) \
                and (chosen is None or category_of(
                    dict(category_id=category.get('id'))) in chosen):
            return names
    return None


def dicts_in(content: Any, name: str) -> list[dict]:
    """List the objects in a list of an object, whatever else is there."""
    values = content.get(name) if isinstance(content, dict) else None
    return [v for v in values if isinstance(v, dict)] \
        if isinstance(values, list) else []


def images_by_id(content: Any) -> dict[int | str, ImageRef]:
    """Read the ``images`` of a COCO-like file that have id and name."""
    images = {}
    for image in dicts_in(content, 'images'):
        image_id = image_id_of(dict(image_id=image.get('id')))
        if image_id is not None and isinstance(image.get('file_name'), str):
            images[image_id] = ImageRef(
                image_id, image['file_name'], size=size_of(image))
    return images
