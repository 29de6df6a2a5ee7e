"""Boxes and poses that a user gives with the images."""
from collections import defaultdict
from pathlib import Path
from typing import (
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Union,
)

import numpy as np

from ...fileio import read_json
from .input_frames import Frame

#: For each image an array, None, or COCO records; or all records of a file,
#: or the file.
GivenType = Union[str, Path, np.ndarray, Iterable[Any]]


class GivenPeople:
    """What is given for each image, by place or by ``image_id``.

    Args:
        given (str | Path | np.ndarray | Iterable): One item for each image,
            in order; or records of a COCO results file with ``image_id``, or
            the file. An array of one image may come without a list.
        what (str): What messages call it.
        single_ndim (int): Dimensions of the array of one image.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file holds no list of records.
    """

    def __init__(self, given: GivenType, what: str, single_ndim: int) -> None:
        self.what = what
        #: Items, if they go by place and their number is known.
        self.count: Optional[int] = None
        self._items: Optional[Iterator[Any]] = None
        self._records: Dict[Any, List[dict]] = {}
        if isinstance(given, (str, Path)):
            given = read_records(given)
        elif isinstance(given, np.ndarray) and given.ndim == single_ndim:
            given = [given]
        if isinstance(given, Sequence) and len(given) and all(
                isinstance(item, dict) for item in given):
            self._group(given)
        else:
            if hasattr(given, '__len__'):
                self.count = len(given)
            self._items = iter(given)

    def _group(self, records: Sequence[dict]) -> None:
        grouped = defaultdict(list)
        for record in records:
            image_id = record.get('image_id')
            if not isinstance(image_id, (int, str)):
                raise ValueError(f'a record of the {self.what} must have an '
                                 f'image_id, a number or name; got '
                                 f'{image_id!r:.40}')
            grouped[image_id].append(record)
        self._records = dict(grouped)

    def check_count(self, images: Optional[int]) -> None:
        """Check that there is an item for each image.

        Args:
            images (int, optional): How many images there are, if it is known.

        Raises:
            ValueError: If both numbers are known, and differ.
        """
        if None not in (images, self.count) and images != self.count:
            raise ValueError(
                f'there are {self.what} for {self.count} images, but {images} '
                'images; give an item for each, None where there is nothing '
                'to give')

    def of(self, frame: Frame) -> Any:
        """Take what is given for the next image.

        Args:
            frame (Frame): The image; they come in order.

        Returns:
            Any: An item, None included; the list of records of the image.

        Raises:
            ValueError: If there are fewer items than images.
        """
        if self._items is None:
            return self._records.pop(self._key(frame), [])
        for item in self._items:
            return item
        raise ValueError(f'there are {self.what} for {frame.index} images '
                         'only; give an item for each, None where people are '
                         'to be found')

    def _key(self, frame: Frame) -> Any:
        stem = Path(frame.name).stem
        for key in (frame.name, stem, image_number(frame.name)):
            if key in self._records:
                return key
        return frame.name

    def finish(self) -> Optional[str]:
        """Tell what belongs to no image, once all have been read."""
        if self._items is None:
            left = len(self._records)
            return left and (
                f'the {self.what} of {left} image_ids, such as '
                f'{next(iter(self._records))!r}, belong to no image of the '
                'input')
        left = sum(1 for _ in self._items)
        return left and (f'there are {self.what} for {left} images more than '
                         'the input has')


def image_number(name: str) -> Optional[int]:
    """Read the number at the end of a file name, as COCO's ids are.

    Args:
        name (str): Such as ``'000000000042.jpg'``.

    Returns:
        int | None: 42; None if there is none.
    """
    stem = Path(name).stem
    digits = stem[len(stem.rstrip('0123456789')):]
    return int(digits) if digits else None


def read_records(path: Union[str, Path]) -> List[dict]:
    """Read a COCO results file.

    Args:
        path (str | Path): JSON, a list of records.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it is something else.
    """
    content = read_json(path)
    if not isinstance(content, list) or not all(
            isinstance(record, dict) for record in content):
        raise ValueError(f'{path} must hold a list of records, as COCO '
                         'results files do')
    return content
