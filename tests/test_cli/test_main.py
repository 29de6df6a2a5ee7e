"""The command as a whole: help, exit codes, errors of one line."""

import argparse
import importlib
import os
import re
import signal
import sys

import pytest
from rich.console import Console

from posefix_mm.cli import main
from posefix_mm.cli.arguments import compared_files
from posefix_mm.version import __version__

module = importlib.import_module('posefix_mm.cli.main')


@pytest.fixture(autouse=True)
def keep_handlers():
    """Commands take over SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def run(function) -> int:
    return module.run_command(argparse.Namespace(run=lambda _: function()))


def ends(code, *arguments) -> None:
    with pytest.raises(SystemExit, match=f'^{code}$'):
        main(list(arguments))


# ----------------------------------------------------------------------- help
def test_version(capsys) -> None:
    ends(0, '--version')
    assert capsys.readouterr().out == f'posefix_mm {__version__}\n'


def test_help_lists_the_commands(capsys) -> None:
    ends(0, '--help')
    shown = capsys.readouterr().out
    listed = re.findall(r'^    (\S+)(?: +\S|$)', shown, re.MULTILINE)
    assert listed == list(module.COMMANDS)
    for code in ('0 done', '2 wrong usage', '3 with --strict',
                 '130 interrupted'):
        assert code in ' '.join(shown.split())


@pytest.mark.parametrize(('command', 'words'), [
    ('refine', '--img-dir --ann --format --joint-map --batch-size '
     '--num-workers --nms --no-nms --resume --strict --overwrite-input --log '
     '--show-dir --launcher --config --checkpoint --device --backend '
     '--precision --no-flip-test --cfg-options'),
    ('predict', '--pose2d --det --det-cat-ids --boxes --poses --config '
     '--checkpoint --out --vis-dir --blend --pred-dir --strict'),
    ('evaluate', '--ann --before --json'),
    ('convert', '--to --ann --img-dir'),
    ('diagnose', '--ann --before --json --skeleton --oks-thr --rules --no-ap'),
    ('estimate-errors', '--ann --out --skeleton --oks-thr --prior '
     '--pose-box-expand'),
    ('figure', '--help'),
    ('report', 'AFTER --before --ann --img-dir --out --people --seed '
     '--skeleton --format --joint-map'),
    ('export', '--config'),
])
def test_help_of_a_command(capsys, command, words) -> None:
    """With what it does, and a line on every option."""
    ends(0, command, '--help')
    shown = capsys.readouterr().out
    assert shown.startswith(f'usage: posefix {command} ')
    assert [word for word in [*words.split(), '--quiet']
            if word not in shown] == []
    name = command.replace('-', '_')
    source = importlib.import_module(f'posefix_mm.cli.{name}')
    first = source.__doc__.split('\n')[0]
    assert first in ' '.join(shown.split())


def test_only_the_command_is_imported(capsys) -> None:
    """The others are listed, without their arguments."""
    [commands] = [a for a in module.build_parser(['convert'])._actions
                  if a.dest == 'command']
    with_arguments = [name for name, parser in commands.choices.items()
                      if len(parser._actions) > 1]
    assert with_arguments == ['convert']


@pytest.mark.parametrize(('files', 'before', 'after'), [
    (['b', '--before', 'a'], 'a', 'b'),
    (['a', 'b'], 'a', 'b'),  # the former spelling
])
@pytest.mark.parametrize('command', [
    ['report', '--img-dir', 'c'], ['figure', 'oks', '--ann', 'c']])
def test_files_before_and_after(command, files, before, after) -> None:
    args = module.build_parser().parse_args([*command, '--out', 'd', *files])
    assert compared_files(args) == (before, after)


@pytest.mark.parametrize('files', [['a'], ['a', 'b', '--before', 'c']])
def test_one_file_before_and_one_after(capsys, files) -> None:
    ends(2, 'report', '--img-dir', 'c', '--out', 'd', *files)
    assert capsys.readouterr().err.endswith(
        'report: error: name the refined poses, and with --before those '
        'before refinement\n')


def test_former_names_of_options() -> None:
    """They work, and are not shown."""
    parser = module.build_parser()
    args = parser.parse_args(['diagnose', 'b', '--ann', 'c', '--against', 'a'])
    assert args.before == 'a'
    args = parser.parse_args(['convert', 'a', 'b', '--to', 'c', '--skeleton',
                              'd'])
    assert args.skeleton == 'd'


def test_every_option_is_explained() -> None:
    parser = module.build_parser()
    [commands] = [a for a in parser._actions if a.dest == 'command']
    assert list(commands.choices) == list(module.COMMANDS)
    lacking = [
        (name, action.dest) for name, command in commands.choices.items()
        for action in command._actions
        if not action.help and action.dest != 'kind'  # commands again
    ]
    assert lacking == []


@pytest.mark.parametrize('arguments', [
    [], ['nothing'], ['refine'], ['refine', 'a.json'],
    ['refine', 'a.json', '--out', 'b.json', '--img-dir', 'c', '--batch-size',
     'many'],
    ['refine', 'a.json', '--out', 'b.json', '--img-dir', 'c', '--precision',
     'fp8'],
    ['refine', 'a.json', '--out', 'b.json', '--img-dir', 'c', '--launcher',
     'cannon'],
])
def test_wrong_usage(capsys, arguments) -> None:
    ends(2, *arguments)
    assert 'usage: posefix' in capsys.readouterr().err


# ----------------------------------------------------------------- exit codes
@pytest.mark.parametrize('code', [0, 1, 3])
def test_code_of_the_command(code) -> None:
    assert run(lambda: code) == code


@pytest.mark.parametrize(('error', 'text'), [
    (ValueError('a [red]reason[/red]'), 'a [red]reason[/red]'),
    (FileNotFoundError(2, 'No such file', 'a.json'),
     "[Errno 2] No such file: 'a.json'"),
    (PermissionError('not yours'), 'not yours'),
    (KeyError('a "name"'), 'a "name"'),
    (IndexError('far'), 'far'),
    (ImportError('install posefix_mm[onnx]'), 'install posefix_mm[onnx]'),
    (RuntimeError('no compiler'), 'no compiler'),
    (ValueError('x' * 300), 'x' * 300),
])
def test_errors_are_one_line(capsys, error, text) -> None:
    """Neither a traceback nor markup."""

    def fail():
        raise error

    assert run(fail) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ('', f'error: {text}\n')


def test_faults_of_the_program_are_not_hidden() -> None:

    def fail():
        raise TypeError('a bug')

    with pytest.raises(TypeError, match='a bug'):
        run(fail)


def test_interrupted(capsys) -> None:

    def fail():
        raise KeyboardInterrupt

    assert run(fail) == 130
    assert capsys.readouterr().err == 'error: interrupted\n'


def test_a_polite_kill_is_an_interrupt(capsys) -> None:
    """What is half done is cleaned up."""
    cleaned = []

    def killed():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.sigtimedwait([], 5)
        finally:
            cleaned.append(1)

    assert run(killed) == 130
    assert cleaned == [1]
    assert capsys.readouterr().err == 'error: interrupted\n'


@pytest.mark.parametrize('way', ['rich', 'write'])
def test_reader_that_goes_away(monkeypatch, capsys, way) -> None:
    """`posefix ... | head` is no failure."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, 'w') as pipe:
        monkeypatch.setattr(sys, 'stdout', pipe)

        def report() -> int:
            if way == 'rich':
                Console().print('line')
            else:
                pipe.write('line')
                pipe.flush()
            return 1

        assert run(report) == 0
        pipe.write('what comes later goes nowhere')
    assert capsys.readouterr().err == ''


def test_exits_of_libraries_are_kept() -> None:
    with pytest.raises(SystemExit, match='^7$'):
        run(lambda: sys.exit(7))
