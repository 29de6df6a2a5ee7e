"""Name the images of a COCO results file."""
from pathlib import Path
from typing import Callable, Optional, Union

from ...fileio import read_json
from .given_people import image_number
from .input_frames import Frame, InputFrames

ImageId = Callable[[Frame], Union[int, str]]


def choose_image_ids(inputs: InputFrames,
                     ann: Union[str, Path, None] = None) -> ImageId:
    """Choose the ``image_id`` of records.

    Args:
        inputs (InputFrames): What the records are of.
        ann (str | Path, optional): COCO file whose ``images`` give the ids of
            file names.

    Returns:
        Callable: Gives the id of a frame: that of ``ann``; its number for a
        video; the number at the end of its file name if all images have one
        of their own, as COCO's do; else its file name, or its place where
        there are no names.

    Raises:
        FileNotFoundError: If ``ann`` does not exist.
        ValueError: If it has no list of images.
    """
    if ann is not None:
        ids = _read_ids(ann)
        return lambda frame: ids.get(frame.name, frame.name)
    if inputs.video is not None or inputs.names is None:
        return lambda frame: (
            frame.index if frame.path is None else frame.name)
    numbers = [image_number(name) for name in inputs.names]
    if None in numbers or len(set(numbers)) < len(numbers):
        return lambda frame: frame.name
    return lambda frame: image_number(frame.name)


def _read_ids(ann: Union[str, Path]) -> dict:
    content = read_json(ann)
    images: Optional[list] = content.get('images') if isinstance(
        content, dict) else None
    try:
        return {Path(i['file_name']).name: i['id'] for i in images}
    except (TypeError, KeyError) as error:
        raise ValueError(f'{ann} has no list of images with id and file_name; '
                         'a COCO annotation file is needed') from error
