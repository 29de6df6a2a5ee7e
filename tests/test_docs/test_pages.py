"""Pages are linked, links lead somewhere, functions are named."""

import re
from pathlib import Path

import pytest

import posefix_mm
from posefix_mm import apis

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md',
         *sorted((ROOT / 'docs').rglob('*.md'))]


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_links(page: Path) -> None:
    """Files exist, and headings that are linked to."""
    for link in re.findall(r'\]\(([^)\s]+)\)', page.read_text()):
        name, _, anchor = link.partition('#')
        if name.startswith('http'):
            continue
        target = page.parent / name if name else page
        assert target.exists(), link
        titles = re.findall(r'^#+ (.*)$', target.read_text(), re.MULTILINE) \
            if anchor else []
        slugs = [re.sub(r'[^\w -]', '', title.lower()).replace(' ', '-')
                 for title in titles]
        assert not anchor or anchor in slugs, link


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / 'docs/README.md').read_text()
    missing = [str(page) for page in (ROOT / 'docs').rglob('*.md')
               if f']({page.relative_to(ROOT / "docs")})' not in index]
    assert missing == [str(ROOT / 'docs/README.md')]


def test_public_functions_are_named() -> None:
    text = (ROOT / 'docs/api.md').read_text()
    names = {*posefix_mm.__all__, *apis.__all__}
    assert [n for n in sorted(names) if f'`{n}`' not in text] == []


def test_readme_is_short() -> None:
    assert len((ROOT / 'README.md').read_text().splitlines()) <= 170
