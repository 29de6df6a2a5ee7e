"""Boxes and poses that a user gives with the images."""
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...chain import Estimator, TopdownEstimator
from ...file_refinement.check_fit import open_fitting
from ...formats import PoseFile
from ...formats.choose_categories import category_by_count
from ...formats.coco import dicts_in, read_results
from ...images.claimed_size import common_factor
from ...images.image_list import ImageList, file_number, frame_of
from ...images.input_frames import Frame, InputFrames
from ...inference import PosePredictor
from ...structures.image_ref import ImageRef
from ...structures.pose_records import (
    RELEASE_CATEGORIES,
    PoseRecord,
    category_of,
    image_id_of,
)
from .read_people import are_records

#: For each image an array, None, or COCO records; or all records of a file,
#: or the file.
PeopleType = str | Path | np.ndarray | Iterable[Any]


class NoPoseRefinedError(ValueError):
    """Not a single pose of the input could be refined."""


class InputPeople:
    """What is given for each image, by place or by ``image_id``.

    Args:
        items (str | Path | np.ndarray | Iterable): One item for each image,
            in order; or records of a COCO results file with ``image_id``, or
            the file. An array of one image may come without a list.
        what (str): What messages call it.
        single_ndim (int): Dimensions of the array of one image.
        listed (ImageList, optional): Images of annotations, whose ids the
            records use.
        poses (PoseFile, optional): Where the poses of records are read, which
            have only their ``index`` then. Defaults to the records.
        categories (Sequence[int], optional): Those of records that count.
            Defaults to the only one that they have, else that of people.

    Attributes:
        count (int | None): Items, if they go by place and their number is
            known.
        malformed (str | None): What is wrong with records that are left out
            because they name no image.

    Raises:
        FileNotFoundError: If a file does not exist.
        NoPoseRefinedError: If a file holds no records.
        ValueError: If a file holds no list of records, or not one of them
            names an image.
    """

    def __init__(self,
                 items: PeopleType,
                 what: str,
                 single_ndim: int,
                 listed: ImageList | None = None,
                 *,
                 poses: PoseFile | None = None,
                 categories: Sequence[int] | None = None) -> None:
        self.what = what
        #: What messages call all of it.
        self.source = f'the {what}' if poses is None else str(poses.path)
        self.poses = poses
        #: Of records that count; None for all.
        self.categories = categories
        self.count: int | None = None
        self.malformed: str | None = None
        self._list = listed
        self._items: Iterator[Any] | None = None
        self._records: dict[Any, list[dict]] = {}
        if isinstance(items, (str, Path)):
            self.source, items = str(items), read_results(items)
            _check_records(items, self.source, what)
        elif isinstance(items, np.ndarray) and items.ndim == single_ndim:
            items = [items]
        if are_records(items):
            self._group(items)
        else:
            if hasattr(items, '__len__'):
                self.count = len(items)
            self._items = iter(items)

    def _group(self, records: Sequence[Any]) -> None:
        """Sort records by image: its place in the list, else its id."""
        ids = [image_id_of(r) if isinstance(r, dict) else None
               for r in records]
        nameless = [i for i, image_id in enumerate(ids) if image_id is None]
        if nameless:
            text = (f'record {nameless[0]} of {self.source} must have an '
                    'image_id: '
                    f'{self._say_nameless(records[nameless[0]])}')
            if len(nameless) == len(ids):
                raise ValueError(text)
            self.malformed = f'{len(nameless)} of the {self.what} are left ' \
                f'out: {text}'
        places = [None] * len(ids) if self._list is None \
            else self._list.find_all(ids)
        present = {category_of(r) for r in records if isinstance(r, dict)}
        if self.categories is None:
            self.categories = category_by_count(
                sorted(present - {None}), RELEASE_CATEGORIES).ids
        grouped = defaultdict(list)
        for record, image_id, image in zip(records, ids, places, strict=True):
            if image_id is not None:
                listed = image is not None and image.place >= 0
                grouped[listed, image.place if listed else image_id].append(
                    record)
        self._records = dict(grouped)
        # the same, as ImageList finds them, whatever they are written like
        self._keys = [key for listed, key in grouped if not listed]
        self._named = ImageList([
            dict(id=key, file_name=key if isinstance(key, str) else '')
            for key in self._keys
        ])

    def _say_nameless(self, record: Any) -> str:
        """Say how a record names no image."""
        if self.poses is not None:
            [read] = self.poses.read([record['index']])
            return str(read.problem or 'it names no image')
        got = record.get('image_id') if isinstance(record, dict) else record
        return f'a number or name; got {got!r:.40}'

    def check_count(self, images: int | None) -> None:
        """Check that there is an item for each image, if numbers are known.

        Raises:
            ValueError: If they differ.
        """
        if None not in (images, self.count) and images != self.count:
            raise ValueError(
                f'there are {self.what} for {self.count} images, but {images} '
                'images; give an item for each, None where there is nothing '
                'to give')

    def next_of(self, frame: Frame) -> Any:
        """Look up what is given for the next image; they come in order.

        Returns:
            Any: An item, None included; the list of records of the image.

        Raises:
            ValueError: If there are fewer items than images.
        """
        if self._items is None:
            records = self._records.pop(self._key(frame), [])
            return records if self.poses is None else self._read(
                [record['index'] for record in records], frame)
        for item in self._items:
            return item
        raise ValueError(f'there are {self.what} for {frame.index} images '
                         'only; give an item for each, None where people are '
                         'to be found')

    def _read(self, indices: list[int], frame: Frame) -> list[PoseRecord]:
        """Read poses of a file, in the pixels that it claims for images."""
        if not indices or frame.image is None:
            return []
        size = frame.image.shape[1::-1]
        claimed = self.poses.images[self.poses.image_index[indices[0]]].size
        if self._list is None:
            frame.scale = common_factor(claimed, size)
        scale = frame.scale or 1.
        return list(self.poses.read(
            indices, (size[0] / scale, size[1] / scale)))

    def _key(self, frame: Frame) -> tuple[bool, Any]:
        """Whether a frame is in the list, and its place or id."""
        if self._list is not None:
            place = frame.place_in(self._list)
            if place >= 0:
                return True, place
        place = frame.place_in(self._named)
        number = file_number(frame.name)
        # ids of the list are no numbers of files
        if place < 0 and self._list is None and number is not None:
            place, _ = self._named.find(number)
        return False, self._keys[place] if place >= 0 else None

    def leftover(self) -> str | None:
        """Describe what belongs to no image, once all have been read."""
        if self._items is None:
            left = len(self._records)
            return left and (
                f'the {self.what} of {left} image_ids, such as '
                f'{self._example()!r:.60}, belong to no image of the input')
        left = sum(1 for _ in self._items)
        return left and (f'there are {self.what} for {left} images more than '
                         'the input has')

    def _example(self) -> Any:
        listed, key = next(iter(self._records))
        return self._list.images[key]['id'] if listed else key


def choose_people(poses: PeopleType | None,
                  bboxes: PeopleType | None,
                  estimator: Estimator | None,
                  predictor: PosePredictor,
                  source: InputFrames,
                  annotations: dict | None = None,
                  **reading: Any) -> InputPeople | None:
    """Choose what is given with the images.

    Args:
        poses (optional): Poses of all images; a file may be of any format.
        bboxes (optional): Boxes of all images.
        estimator (Estimator, optional): What estimates poses.
        predictor (PosePredictor): The refiner.
        source (InputFrames): The images.
        annotations (dict, optional): Content of a COCO file, whose ids of
            images the records use.
        **reading: Of :func:`open_fitting`: ``pose_format``, ``joint_map`` and
            ``categories``.

    Returns:
        InputPeople | None: Poses or boxes, None if people are to be found.

    Raises:
        FileNotFoundError: If a file does not exist.
        NoPoseRefinedError: If a file holds nothing.
        ValueError: If there is neither an estimator nor poses, or boxes that
            nothing has a use for, or a file is not right.
    """
    if poses is not None and bboxes is not None:
        raise ValueError('give poses or bboxes, not both')
    listed = None if annotations is None else ImageList(annotations['images'])
    if isinstance(poses, (str, Path)):
        described = dicts_in(annotations, 'categories')
        file = open_fitting(
            predictor, poses, described=described, **reading).file
        records = [
            dict(image_id=name_of(file.images[image], source)
                 if image >= 0 else None, index=index)
            for index, image in enumerate(file.image_index.tolist())
        ]
        _check_records(records, poses, 'poses')
        return InputPeople(records, 'poses', 3, listed, poses=file)
    if poses is not None:
        return InputPeople(poses, 'poses', 3, listed)
    if estimator is None:
        raise ValueError('nothing to refine: give poses, or an estimator as '
                         'pose2d')
    if bboxes is None:
        return None
    if not isinstance(estimator, TopdownEstimator):
        raise ValueError('the estimator finds people by itself: give boxes to '
                         'a top-down estimator only')
    return InputPeople(
        bboxes, 'boxes', 2, listed, categories=reading.get('categories'))


def _check_records(records: Sequence[Any], path: str | Path,
                   what: str) -> None:
    """Refuse a file without a single record."""
    if not records:
        raise NoPoseRefinedError(f'{path} holds no {what}: there is nothing '
                                 'to refine')
    if not any(isinstance(record, dict) for record in records):
        raise ValueError(f'{path} must hold a list of records, as COCO '
                         'results files do')


def name_of(ref: ImageRef, source: InputFrames) -> int | str:
    """Name the image of a pose file as an input names it."""
    name = next(n for n in (ref.file_name, ref.stem, ref.image_id, '')
                if n is not None)
    frame = ref.frame
    if source.video is not None and frame is None and ref.first_frame:
        name, frame = frame_of(str(name), ref.first_frame)
    if frame is None:
        return name
    return f'{Path(name).stem}_{frame:06d}' if name else frame
