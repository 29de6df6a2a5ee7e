"""Progress where standard error is no terminal."""
import time

from rich.progress import TextColumn

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
