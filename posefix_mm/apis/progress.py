"""Progress bar with rate and time left."""
from contextlib import contextmanager
from typing import Callable, Iterator, Optional

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class _RateColumn(ProgressColumn):
    """Poses per second."""

    def render(self, task: Task) -> Text:
        """Show the rate, once it is known."""
        speed = task.finished_speed or task.speed
        return Text(f'{speed:.1f} poses/s' if speed else '')


@contextmanager
def progress_bar(total: Optional[int],
                 *,
                 enabled: bool = True,
                 title: str = 'refining') -> Iterator[Callable[[int], None]]:
    """Show on standard error how many poses are done.

    Args:
        total (int, optional): How many there are; None if nobody knows.
        enabled (bool): Whether to show anything. Defaults to True.
        title (str): What is done. Defaults to ``'refining'``.

    Yields:
        Callable[[int], None]: To be told of so many more poses done.
    """
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(),
               _RateColumn(), TimeRemainingColumn())
    with Progress(
            *columns, console=Console(stderr=True),
            disable=not enabled) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.advance(task, count)
