"""COCO keypoint results: what nearly every estimator writes."""
import json
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import orjson

from ..fileio import atomic_write, load_json, write_json
from ..structures.image_ref import ImageRef
from ..structures.pose_records import (
    IMAGE_FIELDS,
    PoseRecord,
    Problem,
    category_of,
    image_id_of,
    parse_pose_record,
    present_joints,
)
from .base import ImageSize, ImageSizes, PoseFile, RefinedPoses, SourceSkeleton
from .coco import dicts_in
from .file_head import FileHead
from .json_scanner import (
    LIST_FIELDS,
    ByteFile,
    field_spans,
    find_records,
    iter_elements,
    read_field,
)
from .pose_list import PoseList, flat_lists

_COPY = 1 << 22


_HEADER = msgspec.json.Decoder(msgspec.defstruct(
    '_Header', [('category_id', Any, 1),
                *((name, Any, None) for name in IMAGE_FIELDS)], gc=False))


class _Images(Sequence):
    """References to images, each made of its key when it is asked for."""

    def __init__(self, keys: list[int | str], poses: 'CocoResultsFile'
                 ) -> None:
        self._keys, self._poses = keys, poses

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, index: int) -> ImageRef:
        return self._poses.image_ref(self._keys[index])


class CocoResultsFile(PoseFile):
    """A list of records with ``image_id``, ``keypoints`` and ``score``.

    The list may be one of an object, called ``annotations``, ``predictions``
    or ``results``; or a file has a record a line (JSONL). It is never read as
    a whole: places of the records are kept, and records are read when they
    are asked for. Writing copies all bytes but those of refined coordinates.
    """

    name = 'coco-results'
    help = 'COCO: a list of records, as mmpose and most others write'
    priority = -4
    drops_duplicates = True
    #: Whether third values are visibility flags, and not scores, so that the
    #: score of a refined pose may not be replaced either.
    flags: bool = False

    def __init__(self, path: Path, skeleton: SourceSkeleton) -> None:
        super().__init__(path, skeleton)
        self._file = ByteFile(self.path)
        keys: dict[int | str, int] = {}
        starts, ends, index = array('q'), array('q'), array('q')
        for start, end, raw in iter_elements(self._file, self.find_list()):
            key, category = read_header(raw)
            self.category_counts[category] += 1
            starts.append(start)
            ends.append(end)
            index.append(-1 if key is None else keys.setdefault(
                key, len(keys)))
        self._starts, self._ends, self.image_index = (
            np.array(numbers, np.int64) for numbers in (starts, ends, index))
        self.images = _Images(list(keys), self)

    @classmethod
    def matches(cls, path: Path, head: FileHead) -> bool:
        """Accept all other JSON: the reader reports what is wrong with it."""
        if not head.in_folder:
            return path.suffix == '.json' or head.opening != b''
        # no folder is read: one of its files is to be named
        return head.element is not None and not head.fields.keys(
            ).isdisjoint(LIST_FIELDS)

    @classmethod
    def categories(cls, path: Path) -> list[dict]:
        """Categories that an object around the list describes."""
        categories = read_field(path, 'categories') \
            if find_records(ByteFile(path)) else None
        return dicts_in(dict(categories=categories), 'categories')

    def find_list(self) -> int:
        """Find where in the file the list of records begins."""
        return find_records(self._file)

    def image_ref(self, key: int | str) -> ImageRef:
        """Make a reference of the id or name in a record."""
        return ImageRef(image_id=key)

    def read_one(self, index: int, image_size: ImageSize = None) -> PoseRecord:
        """Read one pose; see :meth:`PoseFile.read`."""
        try:
            value = load_json(self._raw(index))
        except ValueError as error:
            problem = Problem('not_json', f'the record {error}')
            return PoseRecord(index, None, problem=problem)
        joint_map = self.skeleton.joint_map
        return parse_pose_record(
            index, value, len(joint_map.places), self.skeleton.categories,
            joint_map, flags=self.flags)

    def write(self, out: Path, poses: RefinedPoses,
              image_sizes: ImageSizes) -> None:
        """Write the file; see :meth:`PoseFile.write`."""
        with atomic_write(out) as target:
            target.writelines(self._written(poses))

    @staticmethod
    def create(out: Path, poses: PoseList) -> Counter:
        """Write a list of records; images without an id get their name."""
        return write_records(out, poses, [
            image.image_id if image.image_id is not None else
            image.need_stem() if image.frame is not None or not image.file_name
            else image.file_name for image in poses.images
        ])

    def _raw(self, index: int) -> bytes:
        return self._file.read(int(self._starts[index]),
                               int(self._ends[index]))

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
                yield self._edit(index, poses)
                done = end
        yield from self._copy(done, self._file.size)

    def _copy(self, start: int, end: int) -> Iterator[bytes]:
        for place in range(start, end, _COPY):
            yield self._file.read(place, min(place + _COPY, end))

    def _edit(self, index: int, poses: RefinedPoses) -> bytes:
        """Put refined keypoints, and maybe a score, into a record."""
        raw, refined = self._raw(index), poses.keypoints[index]
        start, end = field_spans(raw)['keypoints']
        if self.flags:  # what is not annotated stays as it is
            record = self.read_one(index)
            refined = np.where(record.visible[:, None], refined, np.nan)
        values = put_keypoints(load_json(raw[start:end]), refined,
                               self.skeleton)
        raw = raw[:start] + _dump(values) + raw[end:]
        score = np.nan if poses.scores is None or self.flags \
            else float(poses.scores[index])
        return put_score(raw, score) if np.isfinite(score) else raw


def read_header(raw: bytes) -> tuple[int | str | None, int | None]:
    """Read image and category of a record, None where there is none."""
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
    value = load_json(text)
    return isinstance(value, (int, float)) and bool(np.isfinite(value))


def put_keypoints(values: list[Any], refined: np.ndarray,
                  skeleton: SourceSkeleton) -> list[Any]:
    """Copy a COCO-style list with refined keypoints in it.

    Coordinates that did not change stay as they are; others get three digits
    after the point. Third values stay.

    Args:
        values (list[Any]): x, y and score of each of the J joints, (3 * J, )
            or (J, 3); or pairs, (2 * J, ) or (J, 2).
        refined (np.ndarray): Image pixels, float32 (K, 2); NaN where nothing
            is to change.
        skeleton (SourceSkeleton): From the J joints to the K keypoints.
    """
    nested = len(values) > 0 and isinstance(values[0], list)
    flat = [v for one in values for v in one] if nested else values
    # objects: 5 stays 5, and 12.34567890123456 keeps its digits
    written = np.array(flat, object).reshape(
        skeleton.joint_map.num_source, -1)
    source = written[:, :2].astype(np.float64)
    target = skeleton.joint_map.put(source, refined.astype(np.float64))
    # a place that is not known (NaN, null) stays unknown
    known = np.isfinite(source) & np.isfinite(target)
    if written.shape[1] == 2:  # no score would tell that it was absent
        known &= present_joints(source)[:, None]
    moved = (source.astype(np.float32) != target.astype(np.float32)) \
        & known.all(1, keepdims=True)
    written[:, :2] = np.where(moved, np.round(target, 3), written[:, :2])
    return written.tolist() if nested else written.ravel().tolist()


def _dump(values: list[Any]) -> bytes:
    """Write numbers, NaN as it was read."""
    text = orjson.dumps(values)
    return text if b'null' not in text else json.dumps(
        values, separators=(',', ':')).encode()


def write_records(out: Path, poses: PoseList, ids: list[Any]) -> Counter:
    """Write COCO results with an id for each image of ``poses``."""
    keypoints = flat_lists(poses.triples())
    write_json(out, [{
        'image_id': ids[poses.image_index[i]],
        'category_id': int(poses.category_ids[i]),
        'keypoints': keypoints[i],
        'score': float(poses.scores[i]),
        **poses.fields[i]
    } for i in range(len(poses))])
    return Counter()
