"""What is done of a long run, so that it can go on after a kill.

A file that only grows: a line that tells the run, then entries, each with a
checksum. An entry that a kill cut off is dropped when the file is read.
"""
import errno
import fcntl
import io
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import orjson

from ..fileio import disk_errors

_MAGIC = b'PFJ1'
# magic, number of the chunk, checksum and length of what follows
_ENTRY = struct.Struct('<4sIIQ')


class ChunkResult(NamedTuple):
    """What became of the n poses of a chunk.

    Attributes:
        indices (np.ndarray): Positions of the poses in the file, int64
            (n, ).
        refined (np.ndarray): Whether a pose was refined, bool (n, ).
        dropped (np.ndarray): Whether NMS dropped it, bool (n, ).
        keypoints (np.ndarray): Refined keypoints in image pixels, float32
            (n, K, 2); zeros where not refined.
        scores (np.ndarray): Predicted OKS, float32 (n, ); NaN where the
            score of the input stays.
        problems (list[tuple[int, str, str]]): Position, code and text of the
            others.
    """

    indices: np.ndarray
    refined: np.ndarray
    dropped: np.ndarray
    keypoints: np.ndarray
    scores: np.ndarray
    problems: list[tuple[int, str, str]]

    @classmethod
    def concatenate(cls, parts: 'Sequence[ChunkResult]') -> 'ChunkResult':
        """Join the results of a chunk's images."""
        *arrays, problems = zip(*parts, strict=True)
        return cls(*map(np.concatenate, arrays), [*chain(*problems)])

    def to_bytes(self) -> bytes:
        """Serialize; nothing in it can execute when it is read."""
        buffer = io.BytesIO()
        problems = np.frombuffer(orjson.dumps(self.problems), np.uint8)
        arrays = dict(self._asdict(), problems=problems)
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> 'ChunkResult':
        """Read what :meth:`to_bytes` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            fields = dict(arrays)
        problems = orjson.loads(fields.pop('problems').tobytes())
        return cls(**fields, problems=[tuple(p) for p in problems])


class Journal:
    """Appends chunks of a run to a file of this process alone.

    What is whole in the file is kept.

    Raises:
        ValueError: If another process writes to it.
        OSError: If it can't be written.
    """

    def __init__(self, path: Path, run: str) -> None:
        self.path = path
        header = orjson.dumps({'run': run}) + b'\n'
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, 'a+b')  # noqa: SIM115  closed by close()
        _lock(self._file, path)
        end = max((stop for *_, stop in _entries(path)), default=len(header))
        try:
            with disk_errors(path):
                if _read_header(path) is None:
                    self._file.truncate(0)
                    self._append(header)
                else:
                    self._file.truncate(end)
        except OSError:
            path.unlink()  # nothing is in it
            raise

    def add(self, chunk: int, result: ChunkResult) -> None:
        """Append the result of a chunk; when this returns it is on disk."""
        data = result.to_bytes()
        head = _ENTRY.pack(_MAGIC, chunk, zlib.crc32(data), len(data))
        with disk_errors(self.path):
            self._append(head + data)

    def _append(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let other processes have the file."""
        with disk_errors(self.path):  # a full disk fails here, too
            self._file.close()


def journal_path(out: Path, rank: int) -> Path:
    """Place of a process's journal, beside the output."""
    return out.with_name(f'.{out.name}.journal-{rank}')


def find_journals(out: Path) -> list[Path]:
    """Find the journals of an output, of all processes."""
    prefix = f'.{out.name}.journal-'
    if not out.parent.is_dir():
        return []
    return sorted(p for p in out.parent.iterdir()
                  if p.name.startswith(prefix) and p.is_file())


def read_journals(out: Path, run: str) -> Iterator[tuple[int, ChunkResult]]:
    """Yield number and result of the chunks of an output that are done.

    Raises:
        ValueError: If a journal is of another run.
    """
    for path in find_journals(out):
        header = _read_header(path)
        if header is None:
            continue
        if header != run:
            raise ValueError(
                f'{path} is of a run with another input, model or options; '
                'go on with those, or start anew without resuming')
        for chunk, data, _ in _entries(path):
            yield chunk, ChunkResult.from_bytes(data)


def remove_journals(out: Path) -> None:
    """Remove the journals of an output, of all processes.

    Raises:
        ValueError: If another process writes to one.
    """
    for path in find_journals(out):
        with open(path, 'r+b') as file:  # as locks of NFS need it
            _lock(file, path)
            path.unlink(missing_ok=True)


def _lock(file: BinaryIO, path: Path) -> None:
    """Keep other processes out, until the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise OSError(
                f'the file system of {path} knows no locks '
                f'({error.strerror}), without which two runs could write the '
                'same output; name an output in a folder of a local disk, and '
                'copy it') from error
        raise ValueError(
            f'another run is writing this output; it holds {path}; name '
            'another output or wait for its end') from error


def _read_header(path: Path) -> str | None:
    """Read the fingerprint in a journal.

    None if it was cut off, and nothing follows; no run's if it is damaged.
    """
    with open(path, 'rb') as file:
        line = file.readline(1 << 16)
    if not line.endswith(b'\n'):
        return None
    try:
        return orjson.loads(line)['run']
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ''


def _entries(path: Path) -> Iterator[tuple[int, bytes, int]]:
    """Yield chunk, content and end of the whole entries of a journal."""
    with open(path, 'rb') as file:
        file.readline(1 << 16)
        while len(head := file.read(_ENTRY.size)) == _ENTRY.size:
            magic, chunk, checksum, length = _ENTRY.unpack(head)
            if magic != _MAGIC:  # zeros have the checksum of nothing
                return
            data = file.read(length)
            if len(data) < length or zlib.crc32(data) != checksum:
                return
            yield chunk, data, file.tell()
