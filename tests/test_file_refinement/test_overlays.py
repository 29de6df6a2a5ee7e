"""Pictures of input and refined poses: names, and what they never touch."""

import json

import pytest

from posefix_mm.visualization.draw import UniqueNames


def test_names_are_numbered_where_they_are_the_same() -> None:
    names = UniqueNames()
    given = ['a', 'a', 'b', 'a', 'a_2', 'a_2', 'a', 'b_2', 'b']
    assert [names.unique(name) for name in given] == [
        'a', 'a_2', 'b', 'a_3', 'a_2_2', 'a_2_3', 'a_4', 'b_2', 'b_3']


@pytest.fixture
def nested(drawn, tmp_path):
    """Image folder with x/1.jpg and y/1.jpg, and annotations of them."""
    source = (drawn / 'images' / '000001.jpg').read_bytes()
    images = []
    for image_id, name in enumerate(('x/1.jpg', 'y/1.jpg'), start=1):
        path = tmp_path / 'images' / name
        path.parent.mkdir(parents=True)
        path.write_bytes(source)
        images.append(dict(id=image_id, file_name=name))
    (tmp_path / 'ann.json').write_text(json.dumps(dict(images=images)))
    return tmp_path / 'images', tmp_path / 'ann.json'


@pytest.mark.parametrize('folder', ['x', 'y', 'x/../y'])
def test_images_are_never_overwritten(refine, records, nested, tmp_path,
                                      folder) -> None:
    """Nor those of a folder within the folder of the images."""
    images, ann = nested
    before = (images / 'y' / '1.jpg').read_bytes()
    given = [dict(records[0], image_id=i) for i in (1, 2, 3)]
    with pytest.raises(ValueError, match='would overwrite the images in'):
        refine(given, img_dir=images, ann=ann, show_dir=images / folder,
               out=tmp_path / 'out.json')
    assert (images / 'y' / '1.jpg').read_bytes() == before
    assert not (tmp_path / 'out.json').exists()


def test_another_folder_within_that_of_the_images(refine, records,
                                                  nested) -> None:
    images, ann = nested
    given = [dict(records[0], image_id=i) for i in (1, 2)]
    for _ in range(2):  # and again
        refine(given, img_dir=images, ann=ann, show_dir=images / 'shown')
    assert sorted(p.name for p in (images / 'shown').iterdir()) == [
        '1.jpg', '1_2.jpg']
