"""Figures as files, and as parts of a page."""
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure

from ...fileio import atomic_write

#: Suffixes of figure files.
FIGURE_SUFFIXES = ('.png', '.svg', '.pdf')
_SVG = 'http://www.w3.org/2000/svg'
# No dates and no random ids: the same data give the same file.
_STYLE = {'svg.hashsalt': 'posefix_mm'}
_METADATA = {'.svg': {'Date': None}, '.pdf': {'CreationDate': None}}


def check_figure_path(path: str | Path) -> Path:
    """Check early that a figure can be written to a path, and return it.

    Raises:
        ValueError: If its suffix is not one of :data:`FIGURE_SUFFIXES`.
        IsADirectoryError: If it is a folder.
    """
    path = Path(path)
    if path.suffix.lower() not in FIGURE_SUFFIXES:
        raise ValueError(f'{path} must end in one of '
                         f'{", ".join(FIGURE_SUFFIXES)}')
    if path.is_dir():
        raise IsADirectoryError(f'the output {path} is a folder')
    return path


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a figure, whole or not at all: PNG, SVG or PDF by the suffix.

    The folder is made.

    Raises:
        ValueError: If the suffix is another one.
    """
    path = check_figure_path(path)
    suffix = path.suffix.lower()
    with matplotlib.rc_context(_STYLE), atomic_write(path) as file:
        figure.savefig(file, format=suffix[1:], dpi=150, bbox_inches='tight',
                       metadata=_METADATA.get(suffix))


def inline_svg(figure: Figure, name: str, title: str = '',
               description: str = '') -> str:
    """Write a figure as an ``<svg>`` of a page that forbids inline styles.

    Texts stay texts, and what is black takes the colour of the page's text.

    Args:
        figure (Figure): What to write.
        name (str): Class of the element, and the start of all ids.
        title (str): What it shows, for those who don't see it; without one the
            element is for the eye only.
        description (str): The same in more words.
    """
    file = io.StringIO()
    with matplotlib.rc_context({**_STYLE, 'svg.fonttype': 'none'}):
        figure.savefig(file, format='svg', dpi=100, transparent=True,
                       metadata=_METADATA['.svg'])
    root = ElementTree.fromstring(file.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition('}')[2] in ('metadata', 'style',
                                                'clipPath'):
                parent.remove(child)
        _plain_attributes(parent, name)
    for size in ('width', 'height'):
        del root.attrib[size]
    root.set('class', name)
    if title:
        root.set('role', 'img')
        root.set('aria-labelledby', f'{name}-title {name}-desc')
    for tag, text in (('desc', description), ('title', title)):
        if text:
            label = ElementTree.Element(f'{{{_SVG}}}{tag}', id=f'{name}-{tag}')
            label.text = text
            root.insert(0, label)
    ElementTree.register_namespace('', _SVG)
    ElementTree.register_namespace('xlink', 'http://www.w3.org/1999/xlink')
    return ElementTree.tostring(root, encoding='unicode')


def _plain_attributes(element: ElementTree.Element, name: str) -> None:
    """Turn styles into attributes, and make ids those of one figure."""
    style = element.attrib.pop('style', '')
    element.attrib.pop('clip-path', None)
    for key, value in re.findall(r'([\w-]+)\s*:\s*([^;]*)', style):
        if key == 'font':  # the family is the page's
            key = 'font-size'
            value = re.search(r'[\d.]+px', value).group()
        if key != 'font-family':
            element.set(key, 'currentColor' if value == '#000000' else value)
    # two decimals are finer than any screen
    for key in {'d', 'x', 'y'} & element.attrib.keys():
        element.set(key, re.sub(
            r'\d+\.\d{3,}', lambda number: f'{float(number[0]):.2f}',
            element.attrib[key]))
    for key, value in list(element.attrib.items()):
        if key == 'id':
            element.set(key, f'{name}-{value}')
        elif key.endswith('href') and value.startswith('#'):
            element.set(key, f'#{name}-{value[1:]}')
