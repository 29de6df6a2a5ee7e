"""Read the command line of ``posefix`` and run one sub-command."""
import argparse
import gc
import importlib
import os
import signal
import sys
import warnings
from collections.abc import Container
from pathlib import Path

from .. import _compat
from .._late_imports import put_off_imports
from ..version import __version__
from .output import (
    FAILED,
    INTERRUPTED,
    NOT_ALL_REFINED,
    NOTHING_REFINED,
    OK,
    write_line,
)

#: Sub-commands and what they do, in the order of ``posefix --help``. Each has
#: a module of its name with add_arguments(parser) and run(args), which returns
#: the exit code and imports what is slow.
COMMANDS = {
    'refine': 'refine the poses in a file',
    'predict': 'detect, estimate and refine poses in images, videos or a '
               'camera',
    'evaluate': 'show AP, before and after, and explain why it is low',
    'convert': "convert poses from one tool's format to another's",
    'diagnose': 'diagnose the errors of the poses in a file',
    'estimate-errors': 'measure the errors that a refiner should be trained '
                       'on',
    'figure': "draw one of the paper's figures from your own data",
    'report': 'show what refinement did to poses, on one page',
    'export': 'write a refiner as an ONNX model',
}

# Exit codes of errors; their modules are slow to import.
_CODES = {'NotAllRefinedError': NOT_ALL_REFINED,
          'NothingRefinedError': NOTHING_REFINED,
          'NothingConvertedError': NOTHING_REFINED,
          'NothingEvaluatedError': NOTHING_REFINED,
          'NoPoseRefinedError': NOTHING_REFINED}
_DESCRIPTION = 'Refine 2D poses of any estimator.'
_EPILOG = f"""exit codes: {OK} done; {FAILED} a file, an option or the input
is wrong (the message says which); 2 wrong usage; 3 with --strict, some
records could not be refined; {NOTHING_REFINED} nothing could be refined,
converted or evaluated; {INTERRUPTED} interrupted."""


def build_parser(wanted: Container[str] = COMMANDS) -> argparse.ArgumentParser:
    """Build the parser of all sub-commands.

    Args:
        wanted (Container[str]): Sub-commands whose modules are imported for
            their arguments. Defaults to all.
    """
    parser = argparse.ArgumentParser(
        prog='posefix', description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument(
        '--version', action='version', version=f'posefix_mm {__version__}')
    commands = parser.add_subparsers(
        dest='command', metavar='COMMAND', required=True)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name not in wanted:
            continue
        module = importlib.import_module(
            f'.{name.replace("-", "_")}', __package__)
        command.description = module.__doc__
        module.add_arguments(command)
        command.add_argument(
            '--quiet', action='store_true',
            help='show errors only: no progress, no report')
        command.set_defaults(run=module.run)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run ``posefix``.

    Args:
        argv (list[str], optional): Arguments. Defaults to those of the
            process.

    Returns:
        int: Exit code; see :mod:`posefix_mm.cli.output`.
    """
    argv = sys.argv[1:] if argv is None else argv
    try:
        return run_command(_parse(argv))
    except KeyboardInterrupt:  # so soon that nothing has begun
        show_error('interrupted')
        return INTERRUPTED


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = build_parser(argv)
    args, rest = parser.parse_known_args(argv)
    # BEFORE --option AFTER: older Pythons take what is optional for left out
    if len(rest) == 1 and rest[0][:1] != '-' \
            and getattr(args, 'after', '') is None:
        args.after = rest.pop()
    if rest:
        parser.error(f'unrecognized arguments: {" ".join(rest)}')
    return args


def run_command(args: argparse.Namespace) -> int:
    """Run the command of parsed arguments; errors end as one line."""
    warnings.filterwarnings('ignore')  # of the libraries below, on import
    # our own, about the user's files
    warnings.filterwarnings('always', module=r'posefix_mm\.formats')
    warnings.formatwarning = lambda text, *_, **__: f'warning: {text}\n'
    # a polite kill ends as Ctrl-C does: what is half done is cleaned up
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _import_libraries()
        return args.run(args)
    except BrokenPipeError:  # `posefix ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except SystemExit as error:  # what rich makes of it
        if isinstance(error.__context__, BrokenPipeError):
            return OK
        raise
    except (ImportError, OSError, LookupError, RuntimeError,
            ValueError) as error:
        show_error(error)
        return _CODES.get(type(error).__name__, FAILED)
    except KeyboardInterrupt:
        show_error('interrupted' + _resume_hint(args))
        return INTERRUPTED


def _import_libraries() -> None:
    """Import what each command needs, and check that it fits.

    In a process of its own, and so never in a notebook or in tests, what no
    command needs is left out, and nothing is looked at for garbage: nearly
    all of what imports make stays.
    """
    own = 'torch' not in sys.modules
    if own:
        put_off_imports()
        gc.disable()
    try:
        _compat.check_versions()
    finally:
        if own:
            gc.freeze()
            gc.enable()


def _resume_hint(args: argparse.Namespace) -> str:
    """Name ``--resume`` if there is a journal to go on from."""
    journal = sys.modules.get('posefix_mm.file_refinement.file_run')
    if not (journal and hasattr(args, 'resume')
            and journal.find_journals(Path(args.out))):
        return ''
    return '; the same command with --resume goes on where it stopped'


def show_error(error: object) -> None:
    """Print one line to standard error."""
    # str() of a KeyError is the repr of its message
    text = error.args[0] if isinstance(error, KeyError) else error
    write_line(f'error: {text}', error=True)
