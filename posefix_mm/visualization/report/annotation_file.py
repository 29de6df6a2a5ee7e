"""Read the annotations that a page or a figure is made of."""
from pathlib import Path
from typing import Any, Union

from ...fileio import read_json


def read_annotations(path: Union[str, Path]) -> dict:
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
        sides = [image.get('width'), image.get('height')]
        if not all(
                side is None or isinstance(side, (int, float))
                for side in sides):
            raise ValueError(f'image {image["id"]!r:.40} of {path} must have '
                             'numbers as width and height')
    return content


def _is_image(image: Any) -> bool:
    return (isinstance(image, dict) and 'file_name' in image
            and isinstance(image.get('id'), (int, str)))
