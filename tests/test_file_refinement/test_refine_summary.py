"""The log accounts for every record that is not in the output refined."""

import json
from pathlib import Path

import numpy as np
import pytest

from posefix_mm.apis import NotAllRefinedError
from posefix_mm.file_refinement.refine_summary import log_path, write_log
from posefix_mm.formats import ImageRef


def read(path: Path) -> list:
    return [json.loads(line) for line in path.read_text().splitlines()]


class Poses:
    """Ten poses; the images of those at 3, 6, 9 are a frame, a stem, an id."""

    image_index = np.array([0, 0, -1, 1, 0, 0, 2, 0, 0, 3])
    images = [ImageRef(7, 'a.jpg'), ImageRef(file_name='v.mp4', frame=12),
              ImageRef(stem='b/c'), ImageRef(10**30)]

    def __len__(self) -> int:
        return 10


def test_lines(tmp_path) -> None:
    """In the order of the input, problems and duplicates together."""
    problems = [(2, 'image_id', 'names no image'), (3, 'score', 'is "ä"'),
                (6, 'score', 'b'), (9, 'far_outside', 'c')]
    dropped = np.zeros(10, bool)
    dropped[[5, 1]] = True
    path = tmp_path / 'new' / 'log.jsonl'
    codes = write_log(path, Poses(), problems, dropped, 6)
    assert codes == dict(duplicate=2, far_outside=1, image_id=1, score=2)
    *lines, last = read(path)
    assert [(e['index'], e['image'], e['code']) for e in lines] == [
        (1, 'a.jpg', 'duplicate'),
        (2, None, 'image_id'),
        (3, 'v.mp4#12', 'score'),
        (5, 'a.jpg', 'duplicate'),
        (6, 'b/c', 'score'),
        (9, str(10**30), 'far_outside'),
    ]
    assert lines[2]['reason'] == 'is "ä"'
    assert 'dropped by OKS-NMS' in lines[0]['reason']
    assert last == dict(summary=dict(
        records=10, refined=6, unrefined=4, dropped=2, codes=codes))


def test_nothing_to_tell(tmp_path) -> None:
    path = tmp_path / 'log.jsonl'
    assert write_log(path, Poses(), [], np.zeros(10, bool), 10) == {}
    assert read(path) == [dict(summary=dict(
        records=10, refined=10, unrefined=0, dropped=0, codes={}))]


@pytest.mark.parametrize(('out', 'log'), [
    ('a/out.json', 'a/out.json.log.jsonl'), ('folder', 'folder.log.jsonl')])
def test_beside_the_output(out, log) -> None:
    assert log_path(Path(out)) == Path(log)


@pytest.fixture
def faulty(records) -> list:
    """Six good records among others: what should become of each."""
    one = {r['image_id']: r for r in records}
    good = list(one.values())
    better = dict(good[0], score=good[0]['score'] + 1)
    return [
        good[0], 'no record', better, dict(good[1], score=0), good[1],
        dict(good[1], image_id=999), dict(good[1], keypoints=[1]), good[2],
        dict(good[2], category_id=9), good[3]
    ]


CODES = {0: 'duplicate', 1: 'not_an_object', 3: 'score_not_positive',
         5: 'image_missing', 6: 'keypoint_count', 8: 'category'}


def test_every_record_is_accounted_for(refine, faulty, tmp_path) -> None:
    out = tmp_path / 'out.json'
    output, summary = refine(faulty, nms=True, out=out)
    assert summary.log == tmp_path / 'out.json.log.jsonl'
    *lines, last = read(summary.log)
    assert {e['index']: e['code'] for e in lines} == CODES
    # what NMS drops was refined before
    assert (summary.refined, summary.dropped) == (5, 1)
    assert summary.total == len(faulty) == summary.refined + 5
    assert len(output) == len(faulty) - summary.dropped
    assert summary.unrefined == {
        e['index']: e['reason'] for e in lines if e['code'] != 'duplicate'}
    assert len(last['summary'].pop('output')) == 32
    assert last['summary'] == dict(
        records=10, refined=5, unrefined=5, dropped=1, codes=summary.codes)
    assert sum(summary.codes.values()) == len(lines)
    # records without a place in the output aside, all come in order
    kept = [record for i, record in enumerate(faulty) if i != 0]
    for given, got, index in zip(kept, output, range(1, 10), strict=True):
        assert (given == got) is (index in CODES)


def test_log_elsewhere(refine, faulty, tmp_path) -> None:
    log = tmp_path / 'logs' / 'mine.jsonl'
    _, summary = refine(faulty, log=log, out=tmp_path / 'out.json')
    assert summary.log == log
    assert len(read(log)) == len(CODES)  # without NMS one less, and a summary
    assert sorted(p.name for p in tmp_path.iterdir()) == ['logs', 'out.json']


@pytest.mark.parametrize('name', ['poses', 'ann', 'checkpoint', 'config',
                                  'out'])
def test_log_never_is_another_file(refine, tmp_path, name) -> None:
    """Nor through a link."""
    path = tmp_path / 'file'
    path.write_text('[]')
    (tmp_path / 'link').symlink_to(path)
    for log in (path, tmp_path / 'link'):
        with pytest.raises(ValueError, match='log .* would overwrite the'):
            refine([], **{'out': tmp_path / 'new', name: path}, log=log)
    assert path.read_text() == '[]'
    assert sorted(p.name for p in tmp_path.iterdir()) == ['file', 'link']


def test_strict(refine, faulty, records, tmp_path) -> None:
    """No output; the log says why. Duplicates are no failure."""
    out = tmp_path / 'out.json'
    out.write_text('old')
    with pytest.raises(NotAllRefinedError, match='5 of 10 records') as caught:
        refine(faulty, nms=True, strict=True, out=out)
    message = str(caught.value)
    assert '1 x image_missing' in message
    assert 'out.json.log.jsonl names them' in message
    assert caught.value.summary.refined == 5
    assert out.read_text() == 'old'
    assert len(read(tmp_path / 'out.json.log.jsonl')) == 7
    twice = [records[0]] * 2
    output, summary = refine(twice, nms=True, strict=True, out=out)
    assert (len(output), summary.dropped) == (1, 1)


def test_strict_and_resumed(refine, faulty, tmp_path) -> None:
    """What was refined need not be refined again without `strict`."""
    out = tmp_path / 'out.json'
    expected, _ = refine(faulty, out=out)
    written = out.read_bytes()
    out.unlink()
    with pytest.raises(NotAllRefinedError, match='5 of 10 records'):
        refine(faulty, strict=True, out=out)
    refine(faulty, resume=True, out=out)
    assert out.read_bytes() == written
