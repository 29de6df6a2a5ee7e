"""Image ids and files, and that no file outside of the folder is found."""

from pathlib import Path
from typing import Any

import pytest

from posefix_mm.formats import ImageRef
from posefix_mm.images.image_finder import ImageFinder, ImageList


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folder of images with another one beside it."""
    (tmp_path / 'secret.jpg').touch()
    (tmp_path / 'images_2').mkdir()
    (tmp_path / 'images_2' / '1.jpg').touch()
    root = tmp_path / 'images'
    (root / 'sub').mkdir(parents=True)
    for name in ('42.jpg', '000000000007.png', 'COCO_val2014_000000000009.JPG',
                 'caf\u00e9.jpg', '5.jpg', '0005.png', '8.txt',
                 'no_number.jpg', 'sub/77.jpg', '2020-6.webp', 'a b.jpg',
                 '0.jpg'):
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
    (42., '42.jpg'),
    ('42', '42.jpg'),
    ('0042', '42.jpg'),
    (77, 'sub/77.jpg'),
    ('77.jpg', 'sub/77.jpg'),
    ('000077', 'sub/77.jpg'),
    ('no_number', 'no_number.jpg'),
    ('C:\\data\\sub\\77.jpg', 'sub/77.jpg'),
    ('D:/x/42.jpg', '42.jpg'),
    ('/home/me/images/42.jpg', '42.jpg'),
    ('../images/42.jpg', '42.jpg'),
    ('sub/../42.jpg', '42.jpg'),
    ('caf\u0065\u0301', 'caf\u00e9.jpg'),
    ('cafe\u0301.jpg', 'caf\u00e9.jpg'),
])
def test_found_without_annotations(folder, image_id, name) -> None:
    assert ImageFinder(folder).find(image_id) == folder / name


@pytest.mark.parametrize(('image_id', 'reason'), [
    (1, 'no file in the image folder has the number 1'),
    (-42, 'no file .* number -42'),
    (8, 'no file .* number 8'),
    (5, 'both 0005.png and 5.jpg .* number 5'),
    (66, 'no file .* number 66'),
    (13, "'13.jpg' is a link out of the image folder"),
    (10**30, 'no file'),
    ('', "'' is not a file name"),
    ('.', "'.' is not in the image folder"),
    ('sub', "'sub' is not in the image folder"),
    ('..', 'leaves the image folder'),
    ('../secret.jpg', 'leaves the image folder'),
    ('sub/../../secret.jpg', 'leaves the image folder'),
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


@pytest.mark.parametrize(('image_id', 'name'), [(1, '42.jpg'),
                                                ('x', 'sub/77.jpg')])
def test_found_with_annotations(folder, image_id, name) -> None:
    finder = ImageFinder(folder, [
        dict(id=1, file_name='42.jpg'),
        dict(id='x', file_name='sub/77.jpg')
    ])
    assert finder.find(image_id) == folder / name


@pytest.mark.parametrize('image_id', [
    1, 1., '1', '0001', '42.jpg', 'x/42.jpg', 'C:\\x\\images\\42.jpg',
    '42', 'COCO_42.png'
])
def test_ids_and_names_with_annotations(folder, image_id) -> None:
    """An id of the list, written somehow, or the name of the file."""
    finder = ImageFinder(folder, [
        dict(id=1, file_name='images\\42.jpg'),
        dict(id=7, file_name='COCO_42.png')
    ])
    (folder / 'COCO_42.png').touch()
    expected = 'COCO_42.png' if image_id == 'COCO_42.png' else '42.jpg'
    assert finder.find(image_id) == folder / expected


def test_a_number_that_is_not_listed_is_no_other_images(folder) -> None:
    finder = ImageFinder(folder, [dict(id=1, file_name='42.jpg')])
    with pytest.raises(LookupError, match='is not in the annotation file'):
        finder.find(42)


def test_the_nearest_of_several(folder) -> None:
    (folder / 'sub' / '42.jpg').touch()
    assert ImageFinder(folder).find('x/42.jpg') == folder / '42.jpg'
    (folder / 'other').mkdir()
    (folder / 'other' / '77.jpg').touch()
    with pytest.raises(LookupError, match='both other/77.jpg and sub/77.jpg'):
        ImageFinder(folder).find('77.jpg')


def test_links_that_the_user_allows(folder, tmp_path) -> None:
    finder = ImageFinder(folder, follow_links=True)
    assert finder.find('out.jpg').samefile(tmp_path / 'secret.jpg')
    assert finder.find(13).samefile(tmp_path / 'secret.jpg')
    with pytest.raises(LookupError, match='leaves the image folder'):
        finder.find('../nowhere.jpg')


@pytest.mark.parametrize('image_id', [7, 'pics/7.jpg'])
def test_a_link_to_a_folder(tmp_path, image_id) -> None:
    (tmp_path / 'far').mkdir()
    (tmp_path / 'far' / '7.jpg').touch()
    folder = tmp_path / 'images'
    folder.mkdir()
    (folder / 'pics').symlink_to(tmp_path / 'far')
    with pytest.raises(LookupError, match='allow it with --follow-links'):
        ImageFinder(folder).find(image_id)
    found = ImageFinder(folder, follow_links=True).find(image_id)
    assert found.samefile(tmp_path / 'far' / '7.jpg')


@pytest.mark.parametrize(('key', 'place'), [
    (1, 0), ('1', 0), ('1.0', 0), ('001', 0), ('000001', 1), ('000002', -1)])
def test_a_name_is_rather_a_name_than_an_id(key, place) -> None:
    listed = ImageList([dict(id=1, file_name='cat.jpg'),
                        dict(id=5, file_name='000001.jpg')])
    assert listed.find(key).place == place


@pytest.mark.parametrize(('key', 'expected'), [
    ('cam01_000000000012', ('cam01.mp4', 12)),
    ('cam01.0012', ('cam01.mp4', 12)),
    ('cam01_0012.jpg', ('cam01.mp4', 12)),
    ('12.jpg', ('cam01.mp4', 12)),
    ('12', ('cam01.mp4', 12)),
    (12, ('cam01.mp4', 12)),
    ('frame_000012.png', ('cam01.mp4', 12)),
    ('results_cam01_12', ('cam01.mp4', 12)),
    ('cam01_Sports2D_000012', ('cam01.mp4', 12)),
    ('cam02_12', None),
])
def test_frames_of_a_video(tmp_path, key, expected) -> None:
    (tmp_path / 'cam01.mp4').touch()
    finder = ImageFinder(tmp_path)
    if expected is None:
        with pytest.raises(LookupError, match='cam02_12'):
            finder.locate(ImageRef(image_id=key))
        return
    found = finder.locate(ImageRef(image_id=key))
    assert (found.path.name, found.frame) == expected


@pytest.mark.parametrize(('files', 'frame_of'), [
    (['anim.gif'], 'anim.gif'), (['anim.gif', 'b.jpg'], 'anim.gif'),
    (['anim.gif', 'cam.mp4'], None)])
def test_frames_of_a_gif(tmp_path, files, frame_of) -> None:
    """By its name it is an image; by those of frames, a video."""
    for name in files:
        (tmp_path / name).touch()
    finder = ImageFinder(tmp_path)
    for ref in (ImageRef(image_id='anim.gif'), ImageRef(stem='anim')):
        assert finder.locate(ref).path.name == 'anim.gif'
        assert finder.locate(ref).frame is None
    found = finder.locate(ImageRef(stem='anim_0012'))
    assert (found.path.name, found.frame) == ('anim.gif', 12)
    found = finder.locate(ImageRef(stem='results', frame=3))
    assert found.path.name == (frame_of or 'cam.mp4')


def test_a_video_that_is_named_is_no_other(tmp_path) -> None:
    """The only video may stand for a name without suffix alone."""
    (tmp_path / 'cam01.mp4').touch()
    finder = ImageFinder(tmp_path)
    ref = ImageRef(file_name='results', frame=3)
    assert finder.locate(ref).path.name == 'cam01.mp4'
    with pytest.raises(LookupError, match=r'raw/walk\.mp4.*not in the image'):
        finder.locate(ref._replace(file_name='raw/walk.mp4'))


def test_frames_that_are_counted_from_1(tmp_path) -> None:
    (tmp_path / 'cam01.mp4').touch()
    ref = ImageRef(stem='cam01_12', first_frame=1)
    assert ImageFinder(tmp_path).locate(ref).frame == 11


@pytest.mark.parametrize(('name', 'number', 'place'), [
    ('cam01', 12, 0), ('sub/cam02', 3, 1), ('cam02', 3, 1), ('cam01', 3, -1),
    ('', 12, -1)])
def test_images_by_name_and_number(name, number, place) -> None:
    """However many zeros there are; a number alone is that of one video."""
    images = [dict(id=7, file_name='cam01_0012.jpg'),
              dict(id=8, file_name='sub/cam02_000003.png')]
    assert ImageList(images).find_numbered(name, number).place == place
    assert ImageList(images[:1]).find_numbered('', 12).place == 0


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
