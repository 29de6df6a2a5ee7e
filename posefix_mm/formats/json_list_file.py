"""Poses that are the elements of a JSON list."""
import hashlib
import json
from abc import abstractmethod
from pathlib import Path
from typing import (
    Any,
    Dict,
    Hashable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
)

import msgspec
import numpy as np
import orjson

from ..fileio import atomic_write, load_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import PoseRecord, Problem
from .base import ImageSizes, PoseFile, RefinedPoses, SourceSkeleton
from .json_scanner import (
    ByteFile,
    Spans,
    address_of,
    field_spans,
    iter_elements,
)

_COPY = 1 << 22
_FIELDS = msgspec.json.Decoder(Dict[str, msgspec.Raw])


class ImageKeys(Sequence):
    """References to images that are made when they are asked for.

    Args:
        keys (List[Hashable]): What tells images apart.
        make (Callable): Makes an :class:`ImageRef` of a key.
    """

    def __init__(self, keys: List[Hashable], make) -> None:
        self._keys = keys
        self._make = make

    def __len__(self) -> int:
        """Count the images."""
        return len(self._keys)

    def __getitem__(self, index: int) -> ImageRef:
        """Make one reference."""
        return self._make(self._keys[index])


class JsonListFile(PoseFile):
    """Poses that are the elements of a JSON list, each an object.

    The file is never read as a whole: places of the elements are kept, and
    elements are read when they are asked for. Writing copies all bytes but
    those of refined coordinates. A subclass tells which image a pose is in,
    how it is read, and how it is written.

    Args:
        path (Path): The file.
        skeleton (SourceSkeleton): What of it is refined.
        begin (int): Where in the file the list begins. Defaults to 0.
    """

    #: Whether the score of a refined pose may be replaced.
    ranks_by_score: bool = False

    def __init__(self,
                 path: Path,
                 skeleton: SourceSkeleton,
                 *,
                 begin: int = 0) -> None:
        super().__init__(path, skeleton)
        self._file = ByteFile(path)
        keys: Dict[Hashable, int] = {}
        starts, ends, index = [], [], []
        for block in _blocks(iter_elements(self._file, begin)):
            some_starts, some_ends, raws = zip(*block, strict=True)
            starts.append(np.array(some_starts, np.int64))
            ends.append(np.array(some_ends, np.int64))
            index.append(
                np.array([self._number(keys, raw) for raw in raws], np.int64))
        nothing = [np.zeros(0, np.int64)]
        self._spans = Spans(
            np.concatenate(starts or nothing), np.concatenate(ends or nothing))
        self.image_index = np.concatenate(index or nothing)
        self.images = ImageKeys(list(keys), self.image_ref)

    def _number(self, keys: Dict[Hashable, int], raw: bytes) -> int:
        """Number images as they appear, and count the categories."""
        key, category = self.header(raw)
        self.category_counts[category] += 1
        return -1 if key is None else keys.setdefault(key, len(keys))

    @abstractmethod
    def header(self, raw: bytes) -> Tuple[Optional[Hashable], Optional[int]]:
        """Read what tells the image of a pose from others, and its category.

        Args:
            raw (bytes): The element.

        Returns:
            tuple: None where it names none.
        """

    @abstractmethod
    def image_ref(self, key: Hashable) -> ImageRef:
        """Make a reference of what :meth:`header` gave."""

    @abstractmethod
    def parse(self, index: int, value: Any) -> PoseRecord:
        """Read one pose.

        Args:
            index (int): Its position.
            value (Any): The element, which may be anything.

        Returns:
            PoseRecord: With a ``problem`` if it can't be refined.
        """

    def edit(self, raw: bytes, refined: np.ndarray) -> bytes:
        """Put refined keypoints into an element.

        Args:
            raw (bytes): The element, which was read without problem.
            refined (np.ndarray): Image pixels, float32 (K, 2).

        Returns:
            bytes: The element with other keypoints; else byte for byte the
            same.
        """
        try:
            given = _FIELDS.decode(raw)['keypoints']
            start = address_of(given) - address_of(raw)
            text = bytes(given)
        except msgspec.DecodeError:  # NaN is no JSON
            start, end = field_spans(raw)['keypoints']
            text = raw[start:end]
        new = put_keypoints(load_json(text), refined, self.skeleton)
        return b''.join((raw[:start], _dump(new), raw[start + len(text):]))

    def _raw(self, index: int) -> bytes:
        return self._file.read(
            int(self._spans.starts[index]), int(self._spans.ends[index]))

    def read_one(
            self,
            index: int,
            image_size: Optional[Tuple[int, int]] = None) -> PoseRecord:
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
        changed = np.flatnonzero(poses.refined | poses.dropped)
        starts, ends = self._spans
        done = 0  # byte up to which everything is written
        first_kept = int(np.argmin(poses.dropped)) if len(self) else 0
        for index in map(int, changed):
            if poses.dropped[index]:
                # the separator before it goes too; before the first that is
                # kept there is none
                stop = int(ends[index - 1] if index > first_kept else
                           starts[index])
                yield from self._copy(done, stop)
                done = int(ends[index])
                if index < first_kept:
                    done = int(starts[index + 1])
            else:
                yield from self._copy(done, int(starts[index]))
                new = self.edit(self._raw(index), poses.keypoints[index])
                if poses.scores is not None and self.ranks_by_score \
                        and np.isfinite(poses.scores[index]):
                    new = put_score(new, float(poses.scores[index]))
                yield new
                done = int(ends[index])
        yield from self._copy(done, self._file.size)

    def _copy(self, start: int, end: int) -> Iterator[bytes]:
        for place in range(start, end, _COPY):
            yield self._file.read(place, min(place + _COPY, end))

    def digest(self) -> str:
        """Fingerprint; see :meth:`PoseFile.digest`."""
        digest = hashlib.blake2b(digest_size=16)
        for part in self._copy(0, self._file.size):
            digest.update(part)
        return digest.hexdigest()


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
    given = [
        raw[slice(*spans[name])] for name in ('score_before', 'score')
        if name in spans
    ]
    # a tool of somebody else's may have another use for `score_before`
    before = next(filter(_is_number, given), b'1')
    fields = {'score': b'%.5f' % (load_json(before) * oks),
              'score_before': before, 'predicted_oks': b'%.5f' % oks}
    if 'score_before' in spans:
        fields['score_before'] = given[0]
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


def put_keypoints(values: List[Any], refined: np.ndarray,
                  skeleton: SourceSkeleton) -> List[Any]:
    """Put refined keypoints into a COCO-style list.

    Coordinates that did not change stay as they are; others get three digits
    after the point. Third values stay.

    Args:
        values (List[Any]): x, y and score of each of the J joints, (3 * J, ).
        refined (np.ndarray): Image pixels, float32 (K, 2).
        skeleton (SourceSkeleton): From the J joints to the K keypoints.

    Returns:
        List[Any]: A copy of ``values``.
    """
    nested = len(values) > 0 and isinstance(values[0], list)
    pairs = nested and len(values[0]) == 2
    flat = [v for one in values for v in one] if nested else values
    # objects: 5 stays 5, and 12.34567890123456 keeps its digits
    written = np.array(flat, object).reshape(-1, 2 if pairs else 3)
    given = written[:, :2].astype(np.float64)
    target = skeleton.joint_map.put(given, refined.astype(np.float64))
    # a place that is not known (NaN, null) stays unknown
    moved = (given.astype(np.float32) != target.astype(np.float32)) \
        & np.isfinite(given).all(1, keepdims=True)
    written[:, :2] = np.where(moved, np.round(target, 3), written[:, :2])
    return written.tolist() if nested else written.ravel().tolist()


def _dump(values: List[Any]) -> bytes:
    """Write numbers, NaN as it was read."""
    text = orjson.dumps(values)
    return text if b'null' not in text else json.dumps(
        values, separators=(',', ':')).encode()


def _blocks(elements: Iterator[tuple], size: int = 4096) -> Iterator[list]:
    """Gather elements, so that few small arrays are made."""
    block = []
    for element in elements:
        block.append(element)
        if len(block) == size:
            yield block
            block = []
    if block:
        yield block
