"""Folders that appear as a whole."""

import pytest

from posefix_mm.formats.folders import atomic_folder, list_folder


def fill(out, replaced=None, fail=False):
    with atomic_folder(out, replaced) as folder:
        assert folder.parent.parent == out.resolve().parent
        (folder / 'new.txt').write_text('new')
        if fail:
            raise KeyError('stopped')


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_new_folder_and_its_parents(tmp_path):
    fill(tmp_path / 'a' / 'b')
    assert names(tmp_path / 'a') == ['b']
    assert names(tmp_path / 'a' / 'b') == ['new.txt']
    assert (tmp_path / 'a' / 'b').stat().st_mode & 0o777 == (
        tmp_path / 'a').stat().st_mode & 0o777


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / 'b').mkdir()
    fill(tmp_path / 'b')
    assert names(tmp_path / 'b') == ['new.txt']


def test_nothing_is_left_of_a_failure(tmp_path):
    with pytest.raises(KeyError, match='stopped'):
        fill(tmp_path / 'b', fail=True)
    assert names(tmp_path) == []


def test_a_folder_may_replace_itself_only(tmp_path):
    (tmp_path / 'b').mkdir()
    (tmp_path / 'b' / 'old.txt').write_text('old')
    with pytest.raises(FileExistsError, match='b exists and is not an empty'):
        fill(tmp_path / 'b')
    with pytest.raises(FileExistsError, match='b exists and is not an empty'):
        fill(tmp_path / 'b', replaced=tmp_path)
    with pytest.raises(KeyError, match='stopped'):
        fill(tmp_path / 'b', replaced=tmp_path / 'b', fail=True)
    assert names(tmp_path / 'b') == ['old.txt']
    fill(tmp_path / 'b', replaced=tmp_path / 'b')
    assert names(tmp_path / 'b') == ['new.txt'] and names(tmp_path) == ['b']


def test_files_are_not_replaced_by_folders(tmp_path):
    (tmp_path / 'b').write_text('a file')
    with pytest.raises(FileExistsError, match='b exists and is not an empty'):
        fill(tmp_path / 'b')


def test_listing(tmp_path):
    for name in ('b/2.txt', 'a.txt', 'b/1.txt', 'c/d/e.txt'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('')
    (tmp_path / 'inner.txt').symlink_to(tmp_path / 'a.txt')
    assert list_folder(tmp_path) == (
        tmp_path, ['a.txt', 'inner.txt', 'b/1.txt', 'b/2.txt', 'c/d/e.txt'])
    assert list_folder(tmp_path / 'a.txt') == (tmp_path, ['a.txt'])


@pytest.mark.parametrize(('target', 'message'), [
    ('..', 'link is a link out of the folder'),
    ('folder', 'link is a link to a folder'),
    ('nowhere', 'link is not a regular file'),
])
def test_links_are_refused(tmp_path, target, message):
    (tmp_path / 'in' / 'folder').mkdir(parents=True)
    (tmp_path / 'in' / 'link').symlink_to(target)
    with pytest.raises(ValueError, match=message):
        list_folder(tmp_path / 'in')


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match='in does not exist'):
        list_folder(tmp_path / 'in')
