"""Poses that are records in a JSON list, as COCO has them."""
import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import orjson

from ..fileio import atomic_write, load_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import (
    IMAGE_FIELDS,
    PoseRecord,
    Problem,
    category_of,
    image_id_of,
    parse_pose_record,
)
from .base import ImageSize, ImageSizes, PoseFile, RefinedPoses, SourceSkeleton
from .json_scanner import ByteFile, field_spans, iter_elements

_COPY = 1 << 22


_HEADER = msgspec.json.Decoder(msgspec.defstruct(
    '_Header', [('category_id', Any, 1),
                *((name, Any, None) for name in IMAGE_FIELDS)], gc=False,
    omit_defaults=True))


class ImageKeys(Sequence):
    """References to images, each made of its key when it is asked for."""

    def __init__(self, keys: list[int | str],
                 make: Callable[[int | str], ImageRef]) -> None:
        self._keys = keys
        self._make = make

    def __len__(self) -> int:
        """Count the images."""
        return len(self._keys)

    def __getitem__(self, index: int) -> ImageRef:
        """Make one reference."""
        return self._make(self._keys[index])


class JsonListFile(PoseFile):
    """Poses that are records in a JSON list, as COCO has them.

    The file is never read as a whole: places of the records are kept, and
    records are read when they are asked for. Writing copies all bytes but
    those of refined coordinates.

    Args:
        path (Path): The file.
        skeleton (SourceSkeleton): What of it is refined.
        begin (int): Where in the file the list begins. Defaults to 0.
    """

    #: Whether the score of a refined pose may be replaced.
    ranks_by_score: bool = False
    #: Whether third values are visibility flags, and not scores.
    flags: bool = False

    def __init__(self, path: Path, skeleton: SourceSkeleton, *,
                 begin: int = 0) -> None:
        super().__init__(path, skeleton)
        self._file = ByteFile(self.path)
        keys: dict[int | str, int] = {}
        starts, ends, index = array('q'), array('q'), array('q')
        for start, end, raw in iter_elements(self._file, begin):
            key, category = read_header(raw)
            self.category_counts[category] += 1
            starts.append(start)
            ends.append(end)
            index.append(-1 if key is None else keys.setdefault(
                key, len(keys)))
        self._starts, self._ends, self.image_index = (
            np.array(numbers, np.int64) for numbers in (starts, ends, index))
        self.images = ImageKeys(list(keys), self.image_ref)

    def image_ref(self, key: int | str) -> ImageRef:
        """Make a reference of the id or name in a record."""
        return ImageRef(image_id=key)

    def parse(self, index: int, value: Any) -> PoseRecord:
        """Check a record, which may be anything."""
        joint_map = self.skeleton.joint_map
        return parse_pose_record(
            index, value, len(joint_map.places), self.skeleton.categories,
            joint_map, flags=self.flags)

    def edit(self, raw: bytes, refined: np.ndarray) -> bytes:
        """Replace the keypoints (K, 2) of a record that has no problem."""
        start, end = field_spans(raw)['keypoints']
        keypoints = put_keypoints(load_json(raw[start:end]), refined,
                                  self.skeleton)
        return raw[:start] + _dump(keypoints) + raw[end:]

    def _raw(self, index: int) -> bytes:
        return self._file.read(int(self._starts[index]),
                               int(self._ends[index]))

    def read_one(self, index: int, image_size: ImageSize = None) -> PoseRecord:
        """Read one pose; see :meth:`PoseFile.read`."""
        try:
            value = load_json(self._raw(index))
        except ValueError as error:
            problem = Problem('not_json', f'the record {error}')
            return PoseRecord(index, None, problem=problem)
        return self.parse(index, value)

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write the file; see :meth:`PoseFile.write`."""
        with atomic_write(out) as target:
            for part in self._written(poses):
                target.write(part)

    def _written(self, poses: RefinedPoses) -> Iterator[bytes]:
        """Yield the parts of the output."""
        done = 0  # byte up to which everything is written
        first_kept = int(np.argmin(poses.dropped)) if len(self) else 0
        for index in poses.changed:
            start, end = int(self._starts[index]), int(self._ends[index])
            if poses.dropped[index]:
                # the separator before it goes too; before the first that is
                # kept there is none
                yield from self._copy(done, int(self._ends[index - 1])
                                      if index > first_kept else start)
                done = int(self._starts[index + 1]) \
                    if index < first_kept else end
            else:
                yield from self._copy(done, start)
                new = self.edit(self._raw(index), poses.keypoints[index])
                if poses.scores is not None and self.ranks_by_score \
                        and np.isfinite(poses.scores[index]):
                    new = put_score(new, float(poses.scores[index]))
                yield new
                done = end
        yield from self._copy(done, self._file.size)

    def _copy(self, start: int, end: int) -> Iterator[bytes]:
        for place in range(start, end, _COPY):
            yield self._file.read(place, min(place + _COPY, end))


def read_header(raw: bytes) -> tuple[int | str | None, int | None]:
    """Read image and category of a record, and nothing else of it.

    Returns:
        tuple: The image's id or name, None if it has none that could be one;
        the category, None likewise.
    """
    try:
        fields = msgspec.structs.asdict(_HEADER.decode(raw))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        try:  # NaN is no JSON
            fields = load_json(raw)
        except ValueError:
            return None, None
        if not isinstance(fields, dict):
            return None, None
    return image_id_of(fields), category_of(fields)


def put_score(raw: bytes, oks: float) -> bytes:
    """Multiply the score of a record by what its pose is worth.

    Args:
        raw (bytes): The record. ``score`` is 1 where it has none.
        oks (float): Becomes ``predicted_oks``. The ``score`` that the record
            came with becomes ``score_before``, unless there is such a field.

    Returns:
        bytes: The record, else byte for byte the same.
    """
    spans = field_spans(raw)
    scores = [
        raw[slice(*spans[name])] for name in ('score_before', 'score')
        if name in spans
    ]
    # a tool of somebody else's may have another use for `score_before`
    before = next(filter(_is_number, scores), b'1')
    fields = {'score': b'%.5f' % (load_json(before) * oks),
              'score_before': before, 'predicted_oks': b'%.5f' % oks}
    if 'score_before' in spans:
        fields['score_before'] = scores[0]
    added = b''.join(b',"%b":%b' % (name.encode(), text)
                     for name, text in fields.items() if name not in spans)
    end = raw.rindex(b'}')
    raw = raw[:end] + added + raw[end:]
    # from behind, so that the places of the others stay
    for name in sorted(set(fields) & set(spans), key=spans.get, reverse=True):
        start, end = spans[name]
        raw = raw[:start] + fields[name] + raw[end:]
    return raw


def _is_number(text: bytes) -> bool:
    """Whether a JSON value is a finite number."""
    value = load_json(text)
    return isinstance(value, (int, float)) and bool(np.isfinite(value))


def put_keypoints(values: list[Any], refined: np.ndarray,
                  skeleton: SourceSkeleton) -> list[Any]:
    """Copy a COCO-style list with refined keypoints in it.

    Coordinates that did not change stay as they are; others get three digits
    after the point. Third values stay.

    Args:
        values (list[Any]): x, y and score of each of the J joints, (3 * J, )
            or (J, 3); or (J, 2).
        refined (np.ndarray): Image pixels, float32 (K, 2).
        skeleton (SourceSkeleton): From the J joints to the K keypoints.
    """
    nested = len(values) > 0 and isinstance(values[0], list)
    pairs = nested and len(values[0]) == 2
    flat = [v for one in values for v in one] if nested else values
    # objects: 5 stays 5, and 12.34567890123456 keeps its digits
    written = np.array(flat, object).reshape(-1, 2 if pairs else 3)
    source = written[:, :2].astype(np.float64)
    target = skeleton.joint_map.put(source, refined.astype(np.float64))
    # a place that is not known (NaN, null) stays unknown
    moved = (source.astype(np.float32) != target.astype(np.float32)) \
        & np.isfinite(source).all(1, keepdims=True)
    written[:, :2] = np.where(moved, np.round(target, 3), written[:, :2])
    return written.tolist() if nested else written.ravel().tolist()


def _dump(values: list[Any]) -> bytes:
    """Write numbers, NaN as it was read."""
    text = orjson.dumps(values)
    return text if b'null' not in text else json.dumps(
        values, separators=(',', ':')).encode()
