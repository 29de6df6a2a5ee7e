"""Progress where standard error is no terminal."""
import time

import pytest
from rich.progress import Task, TaskID, TextColumn

from posefix_mm import progress


def test_a_line_every_so_often(monkeypatch, capsys) -> None:
    monkeypatch.setattr(progress, 'LINE_SECONDS', .05)
    with progress.SteadyProgress(TextColumn('{task.description}')) as bar:
        task = bar.add_task('drawing', total=4)
        bar.advance(task, 3)
        time.sleep(.3)
        bar.advance(task)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) >= 3
    assert lines[0].startswith('drawing: 3 of 4 (75%), 0 s')
    assert lines[-1].startswith('drawing: 4 of 4 (100%), 0 s')


def test_quiet(monkeypatch, capsys) -> None:
    monkeypatch.setattr(progress, 'LINE_SECONDS', .01)
    with progress.progress_bar(4, enabled=False) as advance:
        advance(4)
        time.sleep(.05)
    assert capsys.readouterr() == ('', '')


def test_track(capsys) -> None:
    assert list(progress.track('abc', 3, title='images')) == ['a', 'b', 'c']
    assert capsys.readouterr().err.startswith('images: 3 of 3 (100%), 0 s')


def task(completed: int, done: int, total: int = 100) -> Task:
    """A task that began 30 s ago."""
    one = Task(TaskID(0), 'refining', total, completed,
               fields=dict(done=done), _get_time=lambda: 40.)
    one.start_time = 10.
    return one


@pytest.mark.parametrize('completed, done, text', [
    (0, 0, ''), (4, 0, ''), (10, 0, ', about 270 s left'),
    (75, 0, ', about 10 s left'), (100, 0, ''),
    (60, 40, ', about 60 s left'),  # 40 are of an earlier run
    (42, 40, ''),
])
def test_time_left_is_that_of_the_mean_speed(completed, done, text) -> None:
    one = task(completed, done)
    assert progress._line(one) == (
        f'refining: {completed} of 100 ({completed}%), 30 s{text}')
    shown = progress.TimeLeftColumn().render(one).plain
    assert bool(shown) == bool(text)


def test_columns() -> None:
    one = task(60, 40)
    assert progress.TimeLeftColumn().render(one).plain == '0:01:00 left'
    assert progress._RateColumn().render(one).plain == '0.7 poses/s'
    assert progress._RateColumn().render(task(40, 40)).plain == ''
