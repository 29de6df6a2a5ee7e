"""What formats look at to recognise their files."""
from codecs import BOM_UTF8
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ..fileio import load_json
from .json_scanner import (
    LINES_SUFFIXES,
    LIST_FIELDS,
    ByteFile,
    find_fields,
    is_lines,
    iter_elements,
)

# People of one image are shorter.
_MAX_VALUE = 1 << 20


class FileHead:
    """The beginning of a file, read as far as it is asked for.

    Args:
        path (Path): The file.
        names (Sequence[str]): All files of the folder whose format is asked
            for, none if it is that of a single file.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.path = path
        self.names = names
        self.in_folder = bool(names)

    @cached_property
    def opening(self) -> bytes:
        """First bracket of JSON, ``b''`` if the file is none.

        In folders, only ``.json`` and JSON in lines are.
        """
        if self.in_folder and self.path.suffix not in (
                '.json', *LINES_SUFFIXES):
            return b''
        text = ByteFile(self.path).read(0, 4096)
        first = text.removeprefix(BOM_UTF8).lstrip()[:1]
        return first if first in (b'[', b'{') else b''

    @cached_property
    def fields(self) -> dict[str, tuple[int, int]]:
        """Fields of a JSON object: where their values begin and end.

        Empty for all else, and for objects that are one a line.
        """
        return find_fields(self.path) if self.opening == b'{' \
            and not self.has_lines else {}

    @cached_property
    def has_lines(self) -> bool:
        """Whether it holds a JSON object a line."""
        return self.opening == b'{' and is_lines(ByteFile(self.path))

    @cached_property
    def element(self) -> Any:
        """First element of the list of poses, None if there is none.

        Empty ones are passed over: frames without people. The list is the
        file itself, or one that :data:`LIST_FIELDS` names; COCO's annotations
        do not count.
        """
        if self.opening == b'[' or self.has_lines:
            elements = iter_elements(ByteFile(self.path))
            return next((one for one in (load_json(e[2]) for e in elements)
                         if one not in ([], None)), None)
        name = next((f for f in LIST_FIELDS if f in self.fields), None)
        return None if name is None or self.has_annotations \
            else self.first_of(name)

    @cached_property
    def has_plain_results(self) -> bool:
        """Whether these are COCO results beyond doubt.

        Numbers of images and categories, and flat lists of numbers, in a list
        that is the whole file.
        """
        record = self.element
        if self.in_folder or self.opening != b'[' or not isinstance(
                record, dict) or self.path.suffix != '.json' \
                or self.path.name.endswith('.predictions.json'):
            return False
        keypoints = record.get('keypoints')
        return type(record.get('image_id')) in (int, float) \
            and type(record.get('category_id')) is int \
            and isinstance(keypoints, list) and bool(keypoints) \
            and {int, float}.issuperset(map(type, keypoints))

    @cached_property
    def has_annotations(self) -> bool:
        """Whether these are annotations as COCO's and PoseTrack18's."""
        return 'annotations' in self.fields and (
            self.in_folder or not {'images', 'categories'}.isdisjoint(
                self.fields) or not self.first_of('annotations'))

    def value_of(self, field: str) -> Any:
        """Value of a field of a JSON object, None if it is long."""
        start, end = self.fields[field]
        return load_json(ByteFile(self.path).read(start, end)) \
            if end - start < _MAX_VALUE else None

    def first_of(self, field: str) -> Any:
        """First element of a list in a JSON object, None if there is none."""
        if field not in self.fields:
            return None
        elements = iter_elements(ByteFile(self.path), self.fields[field][0])
        try:
            return load_json(next(elements, (0, 0, b'null'))[2])
        except ValueError:  # no list, as its reader will report
            return None
