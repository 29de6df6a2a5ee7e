"""JSON files are written as a whole or not at all."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from posefix_mm import fileio
from posefix_mm.fileio import disk_errors, read_json, write_json


@pytest.mark.parametrize('content', [
    [], {}, None, 5, [1, 2.5, -0.0, 1e-7, 1e308], 'ä \u2028 "\\',
    [{'a': [None, True, {}]}], 12345678901234567, .1 + .2
])
def test_round_trip(tmp_path: Path, content: Any) -> None:
    path = tmp_path / 'file.json'
    write_json(path, content)
    assert read_json(path) == content
    assert json.loads(path.read_text(encoding='utf-8')) == content
    assert list(tmp_path.iterdir()) == [path]


def test_paths_may_be_text(tmp_path: Path) -> None:
    write_json(f'{tmp_path}/a.json', [1])
    assert read_json(f'{tmp_path}/a.json') == [1]


def test_folder_is_made(tmp_path: Path) -> None:
    write_json(tmp_path / 'a' / 'b' / 'c.json', [1])
    assert read_json(tmp_path / 'a' / 'b' / 'c.json') == [1]


def test_old_file_is_replaced(tmp_path: Path) -> None:
    """Who has the old file open goes on reading the old content."""
    path = tmp_path / 'file.json'
    write_json(path, 'old content')
    with path.open() as reader:
        write_json(path, 'new')
        assert reader.read() == '"old content"'
    assert path.read_text() == '"new"'


@pytest.mark.parametrize('function', ['replace', 'fsync', 'chmod'])
@pytest.mark.parametrize('error', [OSError, KeyboardInterrupt])
def test_failure_leaves_the_old_file(tmp_path: Path, monkeypatch,
                                     function: str, error: type) -> None:
    path = tmp_path / 'file.json'
    write_json(path, 'old')

    def fail(*_: Any) -> None:
        raise error('failed')

    monkeypatch.setattr(fileio.os, function, fail)
    with pytest.raises(error, match='failed'):
        write_json(path, 'new')
    assert path.read_text() == '"old"'
    assert list(tmp_path.iterdir()) == [path]


def test_content_that_is_no_json(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match='not JSON serializable'):
        write_json(tmp_path / 'file.json', [object()])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(('umask', 'mode'), [(0o022, 0o644), (0o077, 0o600),
                                             (0o002, 0o664), (0, 0o666)])
def test_rights_follow_the_umask(tmp_path: Path, umask: int,
                                 mode: int) -> None:
    before = os.umask(umask)
    try:
        write_json(tmp_path / 'file.json', [])
        assert os.umask(umask) == umask  # it is as it was
    finally:
        os.umask(before)
    assert (tmp_path / 'file.json').stat().st_mode & 0o777 == mode


def test_parent_is_a_file(tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('mine')
    with pytest.raises(OSError, match='file'):
        write_json(tmp_path / 'file' / 'a.json', [])
    assert (tmp_path / 'file').read_text() == 'mine'


def test_target_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / 'folder').mkdir()
    with pytest.raises(IsADirectoryError):
        write_json(tmp_path / 'folder', [])
    assert [p.name for p in tmp_path.iterdir()] == ['folder']


def test_read_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='the file .* does not exist'):
        read_json(tmp_path / 'gone.json')
    with pytest.raises(IsADirectoryError, match='is a folder; name a file in'):
        read_json(tmp_path)


@pytest.mark.parametrize('text', [b'', b'{', b'nan', b'[1,]', b'"\xff"'])
def test_read_what_is_no_json(tmp_path: Path, text: bytes) -> None:
    (tmp_path / 'bad.json').write_bytes(text)
    with pytest.raises(ValueError, match=r'bad\.json is not valid JSON: '):
        read_json(tmp_path / 'bad.json')


def test_what_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught, disk_errors('out'), \
            disk_errors('out/a.json'):
        raise OSError(errno.ENOSPC, 'No space left on device')
    assert str(caught.value) == ('cannot write out: No space left on device; '
                                 'free some space')
