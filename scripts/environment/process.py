"""Run programs in the environment, with a log and a sign of life."""

import contextlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Dict, Optional, Sequence

from . import state

PROGRESS_SECONDS = 30


def log_path(label: str) -> Path:
    """Return where the output of a step goes."""
    return state.VENV / 'setup-logs' / (re.sub(r'\W+', '-', label) + '.log')


class Programs:
    """Runs programs for a set-up.

    Args:
        lock: Descriptor of the lock. Children inherit it, so that it is held
            until the last of them has ended, even if this process is killed.
    """

    def __init__(self, lock: int) -> None:
        self.lock = lock

    def pip(self, label: str, *arguments: str) -> None:
        """Run ``pip install``."""
        state.say(label)
        command = [str(state.venv_python()), '-m', 'pip', 'install']
        self.run([*command, *arguments], label)

    def runs(self, code: str) -> bool:
        """Tell whether Python code runs in the environment."""
        command = [str(state.venv_python()), '-c', code]
        result = subprocess.run(
            command, env=child_environment(), capture_output=True)
        return result.returncode == 0

    def run(self,
            command: Sequence[str],
            label: str,
            environment: Optional[Dict[str, str]] = None,
            fix: str = 'run the same command again') -> None:
        """Run a command with its output in a log, and show that it lives.

        Args:
            command: Program and arguments.
            label: What it does; also names the log.
            environment: Variables to set on top of the usual ones.
            fix: What to do if it fails, after a look at the log.

        Raises:
            SetupError: If the command fails.
        """
        log = log_path(label)
        log.parent.mkdir(parents=True, exist_ok=True)
        start = time.monotonic()
        with open(log, 'w') as output:
            process = subprocess.Popen(
                command,
                cwd=state.ROOT,
                env={
                    **child_environment(),
                    **(environment or {})
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(self.lock, ),
                start_new_session=True)
            try:
                code = wait(process, label, log, start)
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                process.wait()
                raise
        if code != 0:
            reason = last_line(log.read_text(errors='replace'))
            raise state.SetupError(
                f'{label} failed: {reason}; see {log}, then {fix}')


def wait(process: subprocess.Popen, label: str, log: Path,
         start: float) -> int:
    """Wait for a command, reporting every half minute.

    Returns:
        Its exit status.
    """
    while True:
        try:
            return process.wait(timeout=PROGRESS_SECONDS)
        except subprocess.TimeoutExpired:
            state.say(f'{label}: {state.elapsed(start)}{describe_build(log)}')


def child_environment() -> Dict[str, str]:
    """Return the variables for programs of the environment.

    Variables that would make Python or pip look or install elsewhere are left
    out, and programs of the environment (ninja) are found first.
    """
    unwanted = ('PYTHONPATH', 'PYTHONHOME', 'PIP_TARGET', 'PIP_PREFIX',
                'PIP_USER', 'PIP_REQUIRE_VIRTUALENV')
    values = {k: v for k, v in os.environ.items() if k not in unwanted}
    values['PATH'] = os.pathsep.join(
        [str(state.VENV / 'bin'), values.get('PATH', os.defpath)])
    values['PIP_DISABLE_PIP_VERSION_CHECK'] = '1'
    return values


def last_line(text: str) -> str:
    """Pick the line of a log that says most: the last error, or the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r'(?i)\w*error\b', line)]
    return (errors or lines or ['no output'])[-1].rstrip('.')


def describe_build(log: Path) -> str:
    """Say how far a build is, from the last ``[3/97]`` in its log."""
    steps = re.findall(r'^\s*\[(\d+/\d+)\]', log.read_text(errors='replace'),
                       re.MULTILINE)
    return f', file {steps[-1].replace("/", " of ")}' if steps else ''
