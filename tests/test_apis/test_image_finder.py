"""Image ids and files, and that no file outside of the folder is found."""

from pathlib import Path
from typing import Any

import pytest

from posefix_mm.apis.image_finder import ImageFinder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder of images with another one beside it."""
    (tmp_path / 'secret.jpg').touch()
    (tmp_path / 'images_2').mkdir()
    (tmp_path / 'images_2' / '1.jpg').touch()
    root = tmp_path / 'images'
    (root / 'sub').mkdir(parents=True)
    for name in ('42.jpg', '000000000007.png', 'COCO_val2014_000000000009.JPG',
                 '5.jpg', '0005.png', '8.txt', 'no_number.jpg', 'sub/77.jpg',
                 '2020-6.webp', 'a b.jpg', '0.jpg'):
        (root / name).touch()
    (root / '66.jpg').mkdir()
    (root / 'out.jpg').symlink_to(tmp_path / 'secret.jpg')
    (root / '13.jpg').symlink_to(tmp_path / 'secret.jpg')
    (root / 'in.jpg').symlink_to(root / '42.jpg')
    (root / 'outside').symlink_to(tmp_path)
    (root / 'loop.jpg').symlink_to(root / 'loop.jpg')
    (root / 'dead.jpg').symlink_to(root / 'nothing')
    return root


@pytest.mark.parametrize(('image_id', 'name'), [
    (42, '42.jpg'),
    (7, '000000000007.png'),
    (9, 'COCO_val2014_000000000009.JPG'),
    (6, '2020-6.webp'),
    (0, '0.jpg'),
    ('42.jpg', '42.jpg'),
    ('no_number.jpg', 'no_number.jpg'),
    ('a b.jpg', 'a b.jpg'),
    ('sub/77.jpg', 'sub/77.jpg'),
    ('./42.jpg', '42.jpg'),
    ('in.jpg', '42.jpg'),
])
def test_found_without_annotations(folder, image_id, name) -> None:
    assert ImageFinder(folder).find(image_id) == folder / name


@pytest.mark.parametrize(('image_id', 'reason'), [
    (1, 'no file in the image folder has the number 1'),
    (-42, 'no file .* number -42'),
    (77, 'no file .* number 77'),
    (8, 'no file .* number 8'),
    (5, 'both 0005.png and 5.jpg .* number 5'),
    (66, "'66.jpg' is not in the image folder"),
    (13, "'13.jpg' is a link out of the image folder"),
    (10**30, 'no file'),
    ('42', "'42' is not in the image folder"),
    ('', "'' is not in the image folder"),
    ('.', "'.' is not in the image folder"),
    ('sub', "'sub' is not in the image folder"),
    ('..', 'leaves the image folder'),
    ('../secret.jpg', 'leaves the image folder'),
    ('sub/../../secret.jpg', 'leaves the image folder'),
    ('sub/../42.jpg', 'leaves the image folder'),
    ('../images_2/1.jpg', 'leaves the image folder'),
    ('/etc/passwd', 'leaves the image folder'),
    ('out.jpg', 'is a link out of the image folder'),
    ('outside/secret.jpg', 'is a link out of the image folder'),
    ('outside/images_2/1.jpg', 'is a link out of the image folder'),
    ('loop.jpg', 'is not a usable file name|is not in the image folder'),
    ('dead.jpg', 'is not in the image folder'),
    ('42.jpg\0.png', 'is not a file name'),
    ('a' * 300, 'is not a usable file name'),
    ('42.jpg/x', 'is not in the image folder'),
])
def test_not_found_without_annotations(folder, image_id, reason) -> None:
    with pytest.raises(LookupError, match=reason):
        ImageFinder(folder).find(image_id)


@pytest.mark.parametrize('name', [
    '../secret.jpg', '/etc/passwd', 'out.jpg', 'outside/secret.jpg', 'x\0y',
    5, None, ['42.jpg'], 'gone.jpg', 'sub'
])
def test_annotations_are_not_trusted(folder, name: Any) -> None:
    finder = ImageFinder(folder, [dict(id=1, file_name=name)])
    with pytest.raises(LookupError):
        finder.find(1)


def test_absolute_name_inside_is_refused(folder) -> None:
    """A file that works on one machine alone would be a surprise."""
    with pytest.raises(LookupError, match='leaves the image folder'):
        ImageFinder(folder).find(str(folder / '42.jpg'))


@pytest.mark.parametrize(('image_id', 'name'), [(1, '42.jpg'),
                                                ('x', 'sub/77.jpg')])
def test_found_with_annotations(folder, image_id, name) -> None:
    finder = ImageFinder(folder, [
        dict(id=1, file_name='42.jpg'),
        dict(id='x', file_name='sub/77.jpg')
    ])
    assert finder.find(image_id) == folder / name


@pytest.mark.parametrize('image_id', [42, '42.jpg', '1'])
def test_annotations_are_the_only_source(folder, image_id) -> None:
    finder = ImageFinder(folder, [dict(id=1, file_name='42.jpg')])
    with pytest.raises(LookupError, match='is not in the annotation file'):
        finder.find(image_id)


def test_empty_list_of_images_finds_nothing(folder) -> None:
    with pytest.raises(LookupError, match='is not in the annotation file'):
        ImageFinder(folder, []).find(42)


def test_relative_folder(folder, monkeypatch) -> None:
    monkeypatch.chdir(folder.parent)
    finder = ImageFinder('images')
    monkeypatch.chdir('/')
    assert finder.find(42) == folder / '42.jpg'


def test_folder_behind_a_link(folder) -> None:
    link = folder.parent / 'link'
    link.symlink_to(folder)
    assert ImageFinder(link).find(42) == folder / '42.jpg'


@pytest.mark.parametrize('name', ['gone', 'secret.jpg'])
def test_no_folder(tmp_path, folder, name) -> None:
    with pytest.raises(NotADirectoryError, match=f'{name} does not exist'):
        ImageFinder(tmp_path / name)
