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

from ...datasets.image_list import ImageList, file_number
from ...datasets.pose_records import image_id_of, read_results
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
        images (Sequence[dict], optional): ``images`` of a COCO file, whose
            ids the records use.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If a file holds no list of records.
    """

    def __init__(self,
                 given: GivenType,
                 what: str,
                 single_ndim: int,
                 images: Optional[Sequence[dict]] = None) -> None:
        self.what = what
        self._list = None if images is None else ImageList(images)
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
            image_id = image_id_of(record)
            if image_id is None:
                raise ValueError(f'a record of the {self.what} must have an '
                                 f'image_id, a number or name; got '
                                 f'{record.get("image_id")!r:.40}')
            if self._list is not None:
                place, _ = self._list.find(image_id)
                if place >= 0:
                    image_id = str(self._list.images[place]['file_name'])
            grouped[image_id].append(record)
        self._records = dict(grouped)
        # the same, as ImageList finds them, whatever they are written like
        self._keys = list(grouped)
        self._named = ImageList([
            dict(id=key, file_name=key if isinstance(key, str) else '')
            for key in self._keys
        ])

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
        name = frame.name if frame.path is None else frame.path.as_posix()
        keys = [name, file_number(frame.name)]
        if self._list is not None:  # ids of the list are no numbers of files
            keys = [name]
        for key in keys:
            place, _ = self._named.find(key)
            if key is not None and place >= 0:
                return self._keys[place]
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


def read_records(path: Union[str, Path]) -> List[dict]:
    """Read a COCO results file.

    Args:
        path (str | Path): JSON, a list of records.

    Raises:
        FileNotFoundError: If it does not exist.
        ValueError: If it is something else.
    """
    records = read_results(path)
    if not all(isinstance(record, dict) for record in records):
        raise ValueError(f'{path} must hold a list of records, as COCO '
                         'results files do')
    return records
