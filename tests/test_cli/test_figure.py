"""``posefix figure``."""

import pytest
from report_files import write_report_files

from posefix_mm.cli import main
from posefix_mm.cli.main import build_parser


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    return write_report_files(tmp_path_factory.mktemp('figure_cli'), 4)


@pytest.mark.parametrize(('kind', 'name', 'start'), [
    ('oks', 'a.svg', b'<?xml'),
    ('status', 'b.pdf', b'%PDF'),
    ('joints', 'c.png', b'\x89PNG'),
])
def test_comparisons(files, tmp_path, capsys, kind, name, start) -> None:
    out = tmp_path / 'new' / name
    assert main([
        'figure', kind,
        str(files.after), '--before',
        str(files.before), '--ann',
        str(files.ann), '--out',
        str(out)
    ]) == 0
    assert capsys.readouterr().out == f'figure: {out}\n'
    assert out.read_bytes().startswith(start)


@pytest.mark.parametrize('place', [1, 2])
def test_errors_quietly(files, tmp_path, capsys, place) -> None:
    command = [
        'figure', 'errors', '--ann',
        str(files.ann), '--img-dir',
        str(files.img_dir), '--draws', '2', '--out',
        str(tmp_path / 'a.png')
    ]
    command.insert(place, '--quiet')
    assert main(command) == 0
    assert capsys.readouterr().out == ''
    assert (tmp_path / 'a.png').stat().st_size > 5000


@pytest.mark.parametrize(('arguments', 'reason'), [
    (['oks', 'b.json', '--before', 'a.json', '--ann', 'c.json', '--out',
      'a.jpg'], 'a.jpg must end in one of .png, .svg, .pdf'),
    (['status', 'a.json', 'b.json', '--ann', 'c.json', '--out', 'a.png'
      ], 'the file c.json does not exist'),
    (['inputs', 'none.py', '--out', 'a.png'], 'none.py'),
    ([
        'network', '--poses', 'none.json', '--img-dir', '.', '--config',
        'none', '--out', 'a.png'
    ], 'none is neither a config file nor one'),
])
def test_errors_are_one_line(tmp_path, monkeypatch, refused, arguments,
                             reason) -> None:
    monkeypatch.chdir(tmp_path)
    assert reason in refused('figure', *arguments)
    assert list(tmp_path.iterdir()) == []


def test_options_of_the_config() -> None:
    arguments = ['figure', 'inputs', 'config.py', '--out', 'figure.png']
    options = ['--cfg-options', 'a.b=3', 'c=x', 'd=(1,2)']
    parser = build_parser()
    assert parser.parse_args(arguments + options).cfg_options == {
        'a.b': 3,
        'c': 'x',
        'd': (1, 2)
    }
    assert parser.parse_args(arguments).cfg_options is None


@pytest.mark.parametrize(('kind', 'flags'), [
    ('', 'errors inputs network oks status joints'),
    ('errors', '--ann --img-dir --person --draws --out'),
    ('inputs', 'config --samples --cfg-options --out'),
    ('network', '--poses --config --checkpoint --record --joint-map'),
    ('joints', 'AFTER --before --ann --skeleton --format --joint-map'),
])
def test_help(capsys, kind, flags) -> None:
    with pytest.raises(SystemExit, match='0'):
        main(['figure', *kind.split(), '--help'])
    shown = capsys.readouterr().out
    assert [flag for flag in flags.split() if flag not in shown] == []
