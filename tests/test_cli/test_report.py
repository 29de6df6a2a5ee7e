"""``posefix report``."""

import re
from pathlib import Path

import pytest
from report_files import write_report_files

from posefix_mm import progress
from posefix_mm.cli import main


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    return write_report_files(tmp_path_factory.mktemp('report_cli'), 4)


def arguments(files, out: Path) -> list:
    return [
        'report',
        str(files.after), '--before',
        str(files.before), '--img-dir',
        str(files.img_dir), '--out',
        str(out)
    ]


def test_names_the_page(files, tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(progress, 'LINE_SECONDS', 1e9)  # however slow
    assert main([
        *arguments(files, tmp_path / 'a b'), '--ann',
        str(files.ann), '--people', '2'
    ]) == 0
    page = tmp_path / 'a b' / 'index.html'
    captured = capsys.readouterr()
    assert captured.out == f'report: {page}\n'
    assert captured.err == ''
    text = page.read_text(encoding='utf-8')
    assert text.count('<article') == 6
    assert 'Average precision' in text


@pytest.mark.parametrize('quiet', [False, True])
@pytest.mark.parametrize(('command', 'title'), [
    ('report', 'comparing poses'), ('evaluate', 'evaluating poses'),
    ('diagnose', 'diagnosing poses'), ('figure', 'drawing the figure')])
def test_a_line_every_so_often(files, tmp_path, capsys, monkeypatch, quiet,
                               command, title) -> None:
    """Where standard error is no terminal."""
    monkeypatch.setattr(progress, 'LINE_SECONDS', .002)
    name, *poses = arguments(files, tmp_path)
    if command != name:
        poses = [*poses[:3], '--ann', str(files.ann)]
    if command == 'figure':
        poses = ['oks', *poses, '--out', str(tmp_path / 'a.png')]
    assert main([command, *poses, *['--quiet'] * quiet]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert bool(lines) is not quiet
    assert all(re.fullmatch(rf'{title}: \d+ s', line) for line in lines)


def test_the_former_spelling(files, tmp_path, capsys) -> None:
    """BEFORE AFTER, together or not; not with --before as well."""
    options = ['--img-dir', str(files.img_dir), '--out', str(tmp_path)]
    pages = []
    for poses in ([files.before, files.after, *options],
                  [files.before, *options, files.after],
                  [*options, files.before, files.after]):
        assert main(['report', *map(str, poses)]) == 0
        pages.append((tmp_path / 'index.html').read_text())
    assert main(arguments(files, tmp_path)) == 0
    pages.append((tmp_path / 'index.html').read_text())
    assert len(set(pages)) == 1
    with pytest.raises(SystemExit, match='2'):
        main([*arguments(files, tmp_path), str(files.before)])


def test_quiet_and_without_annotations(files, tmp_path, capsys) -> None:
    assert main([*arguments(files, tmp_path), '--quiet']) == 0
    assert capsys.readouterr() == ('', '')
    assert 'How far joints moved' in (tmp_path / 'index.html').read_text()


@pytest.mark.parametrize(('extra', 'reason'), [
    (['--ann', 'none.json'], 'the file none.json does not exist'),
    (['--skeleton', 'x'], "there is no skeleton 'x'"),
    (['--people', '-1'], 'people must not be negative, got -1'),
])
def test_errors_are_one_line(files, tmp_path, refused, extra, reason) -> None:
    assert reason in refused(*arguments(files, tmp_path / 'out'), *extra)
    assert not (tmp_path / 'out').exists()
