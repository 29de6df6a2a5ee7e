"""Files of figures."""

import numpy as np
import pytest

from posefix_mm.figures import (
    check_figure_path,
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
