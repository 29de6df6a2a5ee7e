"""Progress on standard error: bars, or lines where it is no terminal."""
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

#: How often a line is written where no bar can be drawn.
LINE_SECONDS = 10.
# Share of the work after which the time left is told: parts are done in
# bursts, and the first ones wait for all that is behind them.
_TELLING = .05


class SteadyProgress(Progress):
    """Bars; into a file or a pipe, a line every ten seconds for each task.

    Nothing is shown unless ``enabled``.
    """

    def __init__(self, *columns: ProgressColumn, enabled: bool = True) -> None:
        console = Console(stderr=True)
        self._lines = enabled and not console.is_terminal
        self._ended = threading.Event()
        super().__init__(
            *columns, console=console, disable=self._lines or not enabled)

    def start(self) -> None:
        """Begin to show the tasks."""
        super().start()
        if self._lines:
            threading.Thread(target=self._write_lines, daemon=True).start()

    def stop(self) -> None:
        """Show them for the last time."""
        if not self.disable:
            super().stop()
        elif self._lines and not self._ended.is_set():
            self._write(finished=True)
        self._ended.set()

    def _write_lines(self) -> None:
        while not self._ended.wait(LINE_SECONDS):
            self._write(finished=False)

    def _write(self, finished: bool) -> None:
        """Write a line for each task that runs, or that has ended."""
        for task in self.tasks:
            if task.finished is finished:
                self.console.print(
                    _line(task), markup=False, highlight=False, soft_wrap=True)


def _line(task: Task) -> str:
    """Describe how far a task is."""
    if not task.total:
        return f'{task.description}: {task.elapsed or 0:.0f} s'
    left = _seconds_left(task)
    return (f'{task.description}: {task.completed:g} of {task.total:g} '
            f'({task.percentage:.0f}%), {task.elapsed or 0:.0f} s' +
            (f', about {left:.0f} s left' if left else ''))


def _done_here(task: Task) -> float:
    """Count what was done since the start, not by an earlier run."""
    return task.completed - task.fields.get('done', 0)


def _seconds_left(task: Task) -> float | None:
    """Estimate by the mean speed so far, once that tells something."""
    done, left = _done_here(task), (task.total or 0) - task.completed
    if done <= 0 or left <= 0 or done < _TELLING * (done + left):
        return None
    return (task.elapsed or 0) * left / done


class _RateColumn(ProgressColumn):
    """Poses per second."""

    def render(self, task: Task) -> Text:
        """Show the mean rate, once it is known."""
        done, elapsed = _done_here(task), task.finished_time or task.elapsed
        return Text(f'{done / elapsed:.1f} poses/s'
                    if done > 0 and elapsed else '')


class TimeLeftColumn(ProgressColumn):
    """Time left."""

    def render(self, task: Task) -> Text:
        """Show it, once it is known."""
        left = _seconds_left(task)
        return Text('' if left is None else
                    f'{timedelta(seconds=round(left))} left')


@contextmanager
def progress_bar(total: int | None,
                 *,
                 done: int = 0,
                 enabled: bool = True,
                 title: str = 'refining') -> Iterator[Callable[[int], None]]:
    """Show on standard error how many poses are done.

    Args:
        total (int, optional): How many there are; None if that is not known.
        done (int): How many of them an earlier run, or another process, does.
            Defaults to 0.
        enabled (bool): Whether to show anything. Defaults to True.
        title (str): What is done. Defaults to ``'refining'``.

    Yields:
        Callable[[int], None]: Adds to the number of poses that are done.
    """
    columns: Any = (TextColumn(title), BarColumn(), MofNCompleteColumn(),
                    _RateColumn(), TimeLeftColumn())
    with SteadyProgress(*columns, enabled=enabled) as bar:
        task = bar.add_task(title, total=total, completed=done, done=done)
        yield lambda count: bar.advance(task, count)


@contextmanager
def busy(title: str, *, enabled: bool = True) -> Iterator[None]:
    """Show on standard error for how long something has been done.

    Args:
        title (str): What is done.
        enabled (bool): Whether to show anything. Defaults to True.
    """
    columns: Any = (SpinnerColumn(), TextColumn('{task.description}'),
                    TimeElapsedColumn())
    with SteadyProgress(*columns, enabled=enabled) as bar:
        bar.add_task(title, total=None)
        yield


def track(items: Iterable,
          total: int | None,
          *,
          title: str) -> Iterator[Any]:
    """Show on standard error how many items have been taken.

    Their ``total`` is None if it is not known; ``title`` says what is done.
    """
    columns: Any = (TextColumn('{task.description}'), BarColumn(),
                    MofNCompleteColumn(), TimeLeftColumn())
    with SteadyProgress(*columns) as bar:
        yield from bar.track(items, total, description=title)
