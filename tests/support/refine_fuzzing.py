"""Refine anything and check that every record is accounted for."""

import copy
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np
from hypothesis import strategies as st

from posefix_mm.file_refinement.refine_results import refine_file
from posefix_mm.file_refinement.refine_summary import DUPLICATE

K = 17


def pose(x: float = 20., y: float = 10.) -> List[float]:
    """A well-formed pose within 64 x 48 pixels."""
    points = np.random.default_rng(0).uniform((x, y), (x + 20, y + 30), (K, 2))
    return np.insert(points, 2, .9, axis=1).round(2).ravel().tolist()


GOOD = dict(
    image_id='good.jpg',
    category_id=1,
    keypoints=pose(),
    score=.5,
    extra={'ä': [None, 1.50, {'deep': [[]]}]})

NUMBERS = st.sampled_from([
    0, -1, 1.5, 1e308, -1e39, 10**30, 10**400, -10**400, float('nan'),
    float('inf'), -float('inf'), 2**31, 2**63, 2**64, 1e-320, -0.
])
NAMES = st.sampled_from([
    '', '.', '..', '/', '../good.jpg', '/etc/passwd', 'good.jpg/', 'a' * 5000,
    'a\0b', '\0', 'good.jpg\n', 'no.jpg', 'ü/ü.png', '\ud800', '%s{}[red]',
    '~', '-', 'con', 'C:\\x', './good.jpg', 'sub/../good.jpg'
])
SCALARS = (
    st.none() | st.booleans() | NUMBERS | NAMES | st.integers()
    | st.floats() | st.text(max_size=4))
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(max_size=3) | st.sampled_from(list(GOOD)), inner, max_size=4),
    max_leaves=12)


def places(value: Any, path: tuple = ()) -> List[tuple]:
    """Path of everything within a value."""
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, inner in items:
        found += [(*path, key), *places(inner, (*path, key))]
    return found


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """Replace, remove or add something at any depth."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 2))):
        # fields as often as the many numbers of a pose
        where = draw(st.sampled_from([p for p in places(value) if len(p) < 2])
                     | st.sampled_from(places(value)))
        inner = value
        for step in where[:-1]:
            inner = inner[step]
        what = draw(st.integers(0, 3))
        if what == 0:
            del inner[where[-1]]
        elif what == 1 and isinstance(inner, list):
            inner.insert(where[-1], draw(SCALARS))
        else:
            inner[where[-1]] = draw(ANYTHING)
        if not places(value):
            break
    return value


@st.composite
def record_lists(draw: st.DrawFn) -> List[Any]:
    """Good records, spoilt ones, duplicates and anything else."""
    some = st.just(GOOD) | changed(GOOD) | changed(GOOD) | ANYTHING
    records = draw(st.lists(some, min_size=1, max_size=6))
    if draw(st.booleans()):
        records.append(draw(st.sampled_from(records)))
    return records


def elements(text: bytes) -> List[Any]:
    """Parse a list; numbers and constants stay as they are written.

    Neither bytes that are no UTF-8 nor control characters matter.
    """
    return json.loads(
        text.decode('latin-1'), strict=False, parse_float=str, parse_int=str,
        parse_constant=str)


class RefineFuzz:
    """One loaded refiner and one folder of images for all cases.

    Args:
        predictor (PosePredictor): The refiner.
        images (Path): Folder of the images.
    """

    def __init__(self, predictor, images: Path) -> None:
        self.predictor = predictor
        self.images = images

    def run(self, records: Any, **options: Any) -> Dict[int, str]:
        """Refine records; see :meth:`run_bytes`."""
        return self.run_bytes(json.dumps(records).encode(), **options)

    def run_bytes(self, data: bytes, *, nms: bool = False,
                  ann: Any = None) -> Dict[int, str]:
        """Refine the text of a results file and check what came of it.

        Args:
            data (bytes): The text.
            nms (bool): Drop duplicates.
            ann (Any): Content of an annotation file.

        Returns:
            Dict[int, str]: Codes by position of the records that were not
            refined.

        Raises:
            ValueError: If the file as a whole is refused; the message names
                it, and nothing is written.
        """
        folder = Path(tempfile.mkdtemp(dir='/dev/shm' if Path(
            '/dev/shm').is_dir() else None))
        try:
            return self._run(folder, data, nms, ann)
        finally:
            shutil.rmtree(folder)

    def _run(self, folder: Path, data: bytes, nms: bool,
             ann: Any) -> Dict[int, str]:
        (folder / 'in.json').write_bytes(data)
        options = {}
        if ann is not None:
            options['ann'] = folder / 'ann.json'
            options['ann'].write_text(json.dumps(ann))
        try:
            summary = refine_file(
                self.predictor, folder / 'in.json', self.images,
                folder / 'out.json', nms=nms, num_workers=0, progress=False,
                pose_format='coco-results', allow_empty=True, **options)
        except ValueError as error:
            assert str(folder) in str(error), error
            assert not (folder / 'out.json').exists()
            raise
        assert (folder / 'in.json').read_bytes() == data
        log = [json.loads(line) for line in
               (folder / 'out.json.log.jsonl').read_text().splitlines()]
        codes = {entry['index']: entry['code'] for entry in log[:-1]}
        assert len(codes) == len(log) - 1
        assert list(codes) == sorted(codes)
        assert all(entry['reason'] for entry in log[:-1])
        check_output(data, (folder / 'out.json').read_bytes(), codes)
        assert log[-1]['summary']['refined'] == summary.refined
        assert summary.total == len(elements(data))
        return codes


def check_output(before: bytes, after: bytes, codes: Dict[int, str]) -> None:
    """Every record comes back in order, changed only where it is refined."""
    given, got = elements(before), elements(after)
    kept = [i for i in range(len(given)) if codes.get(i) != DUPLICATE]
    assert len(got) == len(kept)
    for index, record in zip(kept, got, strict=True):
        if index in codes:
            assert record == given[index]
        else:
            check_refined(given[index], record)


def check_refined(before: dict, after: dict) -> None:
    """Coordinates are finite numbers where they were, all else stays."""
    assert list(after) == list(before)
    assert {**after, 'keypoints': 0} == {**before, 'keypoints': 0}
    assert len(after['keypoints']) == 3 * K
    given, found = (
        np.array(record['keypoints'], np.float64)
        for record in (before, after))
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(given))
    scores = [np.array(record['keypoints'][2::3], np.float64)
              for record in (before, after)]
    np.testing.assert_array_equal(*scores)


def read_codes(codes: Dict[int, str]) -> Optional[str]:
    """Code of the only record."""
    assert set(codes) <= {0}
    return codes.get(0)
