"""``posefix evaluate``."""

import argparse
import json
from pathlib import Path
from typing import List

import pytest

from posefix_mm.cli import evaluate, main


def run(capsys, *arguments: object) -> str:
    """Run the sub-command and return what it prints."""
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    parser.add_argument('--quiet', action='store_true')
    args = parser.parse_args([str(a) for a in arguments])
    assert evaluate.run(args) == 0
    return ' '.join(capsys.readouterr().out.split())


@pytest.fixture
def files(people: Path, tmp_path: Path) -> List[Path]:
    """Results whose ids are texts, and annotations."""
    records = json.loads((people / 'results.json').read_text())
    for record in records:
        record['image_id'] = str(record['image_id'])
    (tmp_path / '[text].json').write_text(json.dumps(records))
    return [tmp_path / '[text].json', people / 'annotations.json']


def test_explains(files, capsys) -> None:
    shown = run(capsys, files[0], '--ann', files[1])
    assert 'results: image_id_type (' in shown
    assert "for other tools, write 1 instead of '1'" in shown


def test_compares(files, people, capsys, tmp_path) -> None:
    """What is wrong with one of both is said of that one."""
    good = people / 'results.json'
    shown = run(capsys, good, '--ann', files[1], '--before', files[0],
                '--json', tmp_path / 'out.json')
    assert 'input: image_id_type (' in shown
    assert 'results: ' not in shown
    written = json.loads((tmp_path / 'out.json').read_text())
    assert written['before']['AP'] == written['results']['AP'] > 0
    assert written['change']['AP'] == 0


def test_the_same_in_both_is_said_once(files, capsys) -> None:
    shown = run(capsys, files[0], '--ann', files[1], '--before', files[0])
    assert shown.count('image_id_type') == 1
    assert 'input and results: image_id_type' in shown


def test_nothing_compared_is_an_error(files, capsys) -> None:
    records = [dict(record, image_id='gone.jpg')
               for record in json.loads(files[0].read_text())]
    files[0].write_text(json.dumps(records))
    assert main(['evaluate', str(files[0]), '--ann', str(files[1])]) == 4
    shown = capsys.readouterr()
    assert shown.out == ''
    assert shown.err.startswith(f'error: none of the {len(records)} poses of')
    assert "  image_id_unknown (" in shown.err
    assert "Remedy: evaluate against the annotations of" in shown.err


def test_quiet(files, capsys, tmp_path) -> None:
    assert run(capsys, files[0], '--ann', files[1], '--quiet', '--json',
               tmp_path / 'out.json') == ''
    assert (tmp_path / 'out.json').exists()


def test_errors_are_one_line(files, refused, capsys) -> None:
    """As the installed command gives them."""
    for results, ann in ((files[1], files[1]), (files[0], files[0]),
                         ('gone.json', files[1])):
        refused('evaluate', results, '--ann', ann)
    with pytest.raises(SystemExit, match='0'):
        main(['evaluate', '--help'])
    assert '--before BEFORE' in capsys.readouterr().out
