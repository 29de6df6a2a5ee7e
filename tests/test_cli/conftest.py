"""Help for the tests of commands."""

import pytest

from posefix_mm.cli import main


@pytest.fixture
def refused(capsys):
    """Run a command that fails, with one line that says why."""

    def run(*arguments) -> str:
        assert main(list(map(str, arguments))) == 1
        shown = capsys.readouterr()
        assert shown.out == ''
        assert shown.err.startswith('error: ')
        assert shown.err.count('\n') == 1
        return shown.err

    return run
