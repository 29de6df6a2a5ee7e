"""Write the page: one file, which loads nothing."""
import base64
import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ...diagnosis import compare_results
from ...fileio import atomic_write
from ...formats.coco import read_annotations
from ...images.image_finder import ImageFinder
from ...images.image_source import ImageSource
from ...structures.skeletons import load_skeleton
from ...version import __version__
from .content import page_content, signed, trend_of
from .people import CardMaker, count_text

#: Name of the page in its folder.
PAGE_NAME = 'index.html'


def write_report(before: str | Path, after: str | Path, img_dir: str | Path,
                 out_dir: str | Path, *, ann: str | Path | None = None,
                 skeleton: str | None = None, people: int = 12, seed: int = 0,
                 format: str = 'auto',
                 joint_map: str | Path | None = None) -> Path:
    """Show on one page what refinement did to poses.

    Args:
        before (str | Path): The input poses, COCO results or any format.
        after (str | Path): The same after refinement; duplicates may have
            been dropped.
        img_dir (str | Path): Folder of the images.
        out_dir (str | Path): Folder for the page; it is made.
        ann (str | Path, optional): COCO annotations that give the names of
            the image files and, if there are any, the truth. Without it file
            names must show the ids, and the page shows how far joints moved.
        skeleton (str, optional): See
            :func:`~posefix_mm.diagnosis.load_skeleton`. Defaults to COCO's.
        people (int): People shown for each reason: most improved, most
            damaged, random.
        seed (int): Of the random people.
        format (str): Of the poses, see
            :func:`posefix_mm.formats.open_pose_file`.
        joint_map (str | Path, optional): See there.

    Returns:
        Path: The page.

    Raises:
        FileNotFoundError: If a file or folder does not exist.
        ValueError: If a file is malformed, or the files do not belong
            together.
    """
    if people < 0:
        raise ValueError(f'people must not be negative, got {people}')
    page = Path(out_dir) / PAGE_NAME
    if Path(out_dir).exists() and not Path(out_dir).is_dir():
        raise NotADirectoryError(f'{out_dir} is not a folder')
    annotations = None if ann is None else read_annotations(ann)
    source = ImageSource(
        ImageFinder(img_dir, annotations and annotations['images']))
    compared = compare_results(
        before, after, load_skeleton(skeleton), annotations, format=format,
        joint_map=joint_map, image_size=source.size_or_none)
    groups = CardMaker(compared, source).groups(people, seed)
    html = _render(
        before_name=Path(before).name, after_name=Path(after).name,
        **page_content(compared, groups))
    with atomic_write(page) as file:
        file.write(html.encode())
    return page


def _render(**content: Any) -> str:
    """Lay out a page.

    Everything from the data is escaped, and the page forbids the browser to
    load anything and to run or style by anything but its own two blocks.
    """
    environment = Environment(
        loader=PackageLoader(__package__), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    filters: dict[str, Any] = dict(
        figure='{:.1f}'.format,
        change=signed,
        percent='{:.1%}'.format,
        count=count_text,
        trend=lambda change: trend_of(round(change, 1)))
    environment.filters.update(filters)
    folder = resources.files(__package__) / 'templates'
    style, script = ((folder / name).read_text(encoding='utf-8')
                     for name in ('style.css', 'script.js'))
    policy = ("default-src 'none'; img-src data:; "
              f"style-src 'sha256-{_digest(style)}'; "
              f"script-src 'sha256-{_digest(script)}'; "
              "base-uri 'none'; form-action 'none'")
    return environment.get_template('page.html').render(
        report=content, version=__version__, style=Markup(style),
        script=Markup(script), policy=policy)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(
        text.encode()).digest()).decode('ascii')
