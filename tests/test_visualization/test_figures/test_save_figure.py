"""Files of figures, and figures in pages."""

import re

import numpy as np
import pytest

from posefix_mm.visualization.figures import (
    check_figure_path,
    inline_svg,
    joint_change_figure,
    oks_change_figure,
    save_figure,
)


@pytest.fixture
def figure():
    return oks_change_figure(np.array([.2, .9]), np.array([.6, .8]))


@pytest.mark.parametrize(('name', 'start'), [
    ('a.png', b'\x89PNG'),
    ('b.PDF', b'%PDF'),
    ('new/c.svg', b'<?xml'),
])
def test_formats(figure, tmp_path, name, start) -> None:
    save_figure(figure, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize('suffix', ['.svg', '.pdf', '.png'])
def test_the_same_figure_gives_the_same_file(tmp_path, suffix) -> None:
    files = []
    for name in 'ab':
        figure = oks_change_figure(np.array([.2]), np.array([.6]))
        save_figure(figure, tmp_path / (name + suffix))
        files.append((tmp_path / (name + suffix)).read_bytes())
    assert files[0] == files[1]


def test_other_suffix(figure, tmp_path) -> None:
    with pytest.raises(ValueError, match=r'must end in one of \.png, \.svg'):
        save_figure(figure, tmp_path / 'a.gif')
    assert list(tmp_path.iterdir()) == []


def test_folder(tmp_path) -> None:
    (tmp_path / 'a.png').mkdir()
    with pytest.raises(IsADirectoryError, match='is a folder'):
        check_figure_path(tmp_path / 'a.png')


def test_inline_svg_needs_no_style() -> None:
    """What a page with a strict policy takes; its texts are texts."""
    text, again = (
        inline_svg(
            joint_change_figure(  # names are not formulas
                np.array([.1, -.2]), np.eye(2), ['$a_1$ & <b>', 'b$'],
                [[0, 1]]), 'one', 'A title', 'More & more')
        for _ in range(2))
    assert text == again
    for forbidden in (' style=', '<style', 'url(', '<metadata', '<b>'):
        assert forbidden not in text
    assert '$a_1$ &amp; &lt;b&gt;</text>' in text
    assert '<title id="one-title">A title</title>' in text
    assert '<desc id="one-desc">More &amp; more</desc>' in text
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids)) and all(i.startswith('one-') for i in ids)
    used = re.findall(r'href="#([^"]*)"', text)
    assert len(used) > 3 and set(used) <= set(ids)
    assert 'stroke="currentColor"' in text and '#000000' not in text
