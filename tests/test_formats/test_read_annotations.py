"""Reading annotations: what is needed and what is refused."""

import json

import pytest

from posefix_mm.formats.coco import read_annotations


@pytest.mark.parametrize('images', [
    [],
    [dict(id=1, file_name='a.jpg')],
    [dict(id='a', file_name='a.jpg', width=3, height=None)],
])
def test_accepted(tmp_path, images) -> None:
    content = dict(images=images, other=[1])
    (tmp_path / 'ann.json').write_text(json.dumps(content))
    assert read_annotations(tmp_path / 'ann.json') == content


@pytest.mark.parametrize(('content', 'reason'), [
    ([], 'no list of images'),
    ({}, 'no list of images'),
    (dict(images=[1]), 'no list of images'),
    (dict(images=[dict(id=1)]), 'no list of images'),
    (dict(images=[dict(id=[1], file_name='a')]), 'no list of images'),
    (dict(images=[dict(id=7, file_name='a', width='3')]),
     'image 7 of .*ann.json must have numbers as width and height'),
])
def test_refused(tmp_path, content, reason) -> None:
    (tmp_path / 'ann.json').write_text(json.dumps(content))
    with pytest.raises(ValueError, match=reason):
        read_annotations(tmp_path / 'ann.json')
