"""The order of rooms in docs/architecture.md is that of the imports."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / 'posefix_mm'


def rooms() -> list:
    """Rooms from the lowest to the highest, as the page lists them."""
    page = (ROOT / 'docs/architecture.md').read_text()
    table = page.partition('## The tree')[2].partition('\n## ')[0]
    cells = re.findall(r'^\| (`.*?) \|', table, re.MULTILINE)
    return [re.sub(r'/$|\.py$', '', name) for cell in cells
            for name in re.findall(r'`([^`]+)`', cell)]


def imports(path: Path) -> set:
    """Rooms that a file imports from."""
    package = path.relative_to(PACKAGE.parent).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[:len(package) - node.level + 1]
            names = (*base, *(node.module or '').split('.'))
            found |= {names[1]} if len(names) > 1 and names[1] else {
                alias.name for alias in node.names}
    return found


def test_every_room_is_listed() -> None:
    there = {p.name for p in PACKAGE.iterdir()
             if (p / '__init__.py').is_file()}
    files = {p.stem for p in PACKAGE.glob('*.py')} - {'__init__', 'version'}
    assert len(rooms()) == len(set(rooms()))
    assert set(rooms()) == there | files


def test_imports_go_down() -> None:
    order = {name: place for place, name in enumerate(rooms())}
    order['version'] = -1
    upwards = set()
    for path in PACKAGE.rglob('*.py'):
        room = path.relative_to(PACKAGE).parts[0].removesuffix('.py')
        if room in order:
            upwards |= {(room, other) for other in imports(path)
                        if order[other] > order[room]}
    assert not upwards


def test_lowest_rooms_stand_alone() -> None:
    """Structures import nothing of the package, networks next to nothing."""
    for room, allowed in (('structures', set()),
                          ('models', {'structures', 'codecs'})):
        for path in (PACKAGE / room).rglob('*.py'):
            assert imports(path) - {room} <= allowed, path
