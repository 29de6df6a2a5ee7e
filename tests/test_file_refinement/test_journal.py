"""What is noted survives a kill at any byte, and nothing else is read."""

import io
import os
import pickle
import zlib

import numpy as np
import pytest

from posefix_mm.file_refinement.file_run import (
    ChunkResult,
    Journal,
    find_journals,
    journal_path,
    read_journals,
    remove_journals,
)

RUN = 'a1b2'


def result(chunk, count=2):
    """Something else for each chunk."""
    rng = np.random.default_rng(chunk)
    return ChunkResult(
        np.arange(count) + 10 * chunk,
        rng.random(count) > .5,
        rng.random(count) > .5,
        rng.random((count, 3, 2), np.float32),
        rng.random(count, np.float32),
        [(10 * chunk, 'image_missing', f'"ä" {chunk}'), (7, 'x', '')][:count])


def assert_same(found, expected) -> None:
    assert [number for number, _ in found] == list(expected)
    for number, some in found:
        for one, other in zip(some, result(number), strict=True):
            np.testing.assert_array_equal(one, other)
            assert type(one) is type(other)
            assert getattr(one, 'dtype', 0) == getattr(other, 'dtype', 0)


def write(path, chunks, run=RUN):
    journal = Journal(path, run)
    for chunk in chunks:
        journal.add(chunk, result(chunk))
    journal.close()


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'sub' / 'out.json'


def test_round_trip(out) -> None:
    write(journal_path(out, 0), [4, 0, 9])
    assert_same(list(read_journals(out, RUN)), [4, 0, 9])


def test_nothing_to_say(out) -> None:
    journal = Journal(journal_path(out, 0), RUN)
    journal.add(3, result(3, count=0))
    journal.close()
    [(number, found)] = read_journals(out, RUN)
    assert (number, found.problems) == (3, [])
    assert found.keypoints.shape == (0, 3, 2)
    assert found.indices.dtype == np.int64


def test_several_processes(out) -> None:
    for rank in (2, 0, 11):
        write(journal_path(out, rank), [rank])
    assert_same(list(read_journals(out, RUN)), [0, 11, 2])
    # those of another output, and what only looks like one
    write(journal_path(out.with_name('out.jso'), 0), [1])
    (out.parent / '.out.json.journal-3').mkdir()
    assert [p.name for p in find_journals(out)] == [
        f'.out.json.journal-{rank}' for rank in (0, 11, 2)]
    remove_journals(out)
    assert find_journals(out) == []
    assert len(find_journals(out.with_name('out.jso'))) == 1


def test_no_folder(out) -> None:
    assert find_journals(out) == []
    assert list(read_journals(out, RUN)) == []
    remove_journals(out)


def test_torn_at_every_byte(out, monkeypatch) -> None:
    """Whole entries stay, the rest goes."""
    path = journal_path(out, 0)
    write(path, range(2))
    whole = path.read_bytes()
    second = whole.rindex(b'PFJ1')
    monkeypatch.setattr(ChunkResult, 'from_bytes', bytes)  # faster
    for stop in reversed(range(len(whole))):
        os.truncate(path, stop)
        numbers = [number for number, _ in read_journals(out, RUN)]
        assert numbers == [0] * (stop >= second)


@pytest.mark.parametrize('torn', ['header', 'head', 'content', 'nothing'])
def test_goes_on_behind_what_is_whole(out, torn) -> None:
    path = journal_path(out, 0)
    write(path, range(2))
    whole = path.read_bytes()
    first, second = whole.index(b'PFJ1'), whole.rindex(b'PFJ1')
    stops, kept = {
        'header': (range(first), []),
        'head': (range(second, second + 20, 3), [0]),
        'content': (range(second + 20, len(whole), 61), [0]),
        'nothing': ([len(whole)], [0, 1]),
    }[torn]
    for stop in stops:
        path.write_bytes(whole[:stop])
        write(path, [5])
        assert_same(list(read_journals(out, RUN)), [*kept, 5])


def test_damage_ends_the_journal(out) -> None:
    """A checksum that does not fit, and all behind it, is done again."""
    path = journal_path(out, 0)
    write(path, range(3))
    whole = bytearray(path.read_bytes())
    second = whole.index(b'PFJ1', whole.index(b'PFJ1') + 1)
    for place in (second, second + 30, second + 200):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert_same(list(read_journals(out, RUN)), [0])


@pytest.mark.parametrize('header', [
    b'{"run":"b2a1"}\n', b'{"run":"a1b"}\n', b'{"ran":"a1b2"}\n', b'[]\n',
    b'\n', b'{"run":"a1b2"\n'
])
def test_of_another_run(out, header) -> None:
    path = journal_path(out, 0)
    write(path, [1])
    entries = path.read_bytes().split(b'\n', 1)[1]
    path.write_bytes(header + entries)
    with pytest.raises(ValueError, match='of a run with another input'):
        list(read_journals(out, RUN))
    assert path.read_bytes() == header + entries


@pytest.mark.parametrize('text', [b'', b'{"r', b'x' * 100, b'\0' * 70000])
def test_without_a_whole_header_nothing_is_read(out, text) -> None:
    """Such as a file that the file system had no time to fill."""
    path = journal_path(out, 0)
    path.parent.mkdir()
    path.write_bytes(text)
    assert list(read_journals(out, RUN)) == []
    write(path, [2])
    assert_same(list(read_journals(out, RUN)), [2])


def test_two_writers(out) -> None:
    """Neither writes to the file of the other, nor takes it away."""
    path = journal_path(out, 0)
    journal = Journal(path, RUN)
    journal.add(1, result(1))
    with pytest.raises(ValueError, match='another run is writing this output'):
        Journal(path, RUN)
    with pytest.raises(ValueError, match='another run is writing this output'):
        remove_journals(out)
    journal.add(2, result(2))
    journal.close()
    assert_same(list(read_journals(out, RUN)), [1, 2])
    write(path, [3])
    assert_same(list(read_journals(out, RUN)), [1, 2, 3])


def test_folder_that_is_a_file(tmp_path) -> None:
    (tmp_path / 'file').touch()
    with pytest.raises(OSError, match='name a folder that can be written'):
        Journal(journal_path(tmp_path / 'file' / 'out.json', 0), RUN)


def test_a_full_disk_leaves_no_empty_journal(out, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(OSError, match='No space left.*free some space'):
        Journal(journal_path(out, 0), RUN)
    assert find_journals(out) == []


def test_nothing_is_unpickled(out) -> None:
    """Not even with a right checksum."""
    arrays = dict(result(1)._asdict(), indices=np.array([Evil()], object))
    arrays['problems'] = np.frombuffer(b'[]', np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    journal = Journal(journal_path(out, 0), RUN)
    data = buffer.getvalue()
    journal._append(b'PFJ1' + np.array([1, zlib.crc32(data)], '<u4').tobytes()
                    + np.array(len(data), '<u8').tobytes() + data)
    journal.close()
    with pytest.raises(ValueError, match='allow_pickle=False'):
        list(read_journals(out, RUN))
    assert pickle.loads(pickle.dumps(Evil())) == 'executed'


class Evil:
    """Runs something when it is unpickled."""

    def __reduce__(self) -> tuple:
        return str, ('executed', )
