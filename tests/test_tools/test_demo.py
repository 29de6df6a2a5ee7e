"""tools/demo.py: its parts, and the whole chain in miniature."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from posefix_mm.demo import demo
from posefix_mm.demo.demo import ToolRunner

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable,
                           str(TOOLS / 'demo.py'), *arguments],
                          env={**os.environ, 'COLUMNS': '80'},
                          capture_output=True,
                          text=True)


# ---------------------------------------------------------------- the folder
@pytest.mark.parametrize('name', ['.', 'a/b'])
def test_folder_is_made_and_an_earlier_demo_replaced(tmp_path, name) -> None:
    folder = tmp_path / name
    demo._clear(folder)
    (folder / 'data').mkdir()
    (folder / 'data' / 'file').touch()
    demo._clear(folder)
    assert [p.name for p in folder.iterdir()] == ['.posefix_demo']


@pytest.mark.parametrize('marker', [None, 'folder'])
def test_foreign_folder_is_not_touched(tmp_path, marker) -> None:
    (tmp_path / 'mine').write_text('mine')
    if marker:
        (tmp_path / '.posefix_demo').mkdir()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(
            ValueError, match='is not empty and holds no earlier demo'):
        demo._clear(tmp_path)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / 'mine').read_text() == 'mine'


def test_link_in_an_earlier_demo_is_not_followed(tmp_path) -> None:
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'file').touch()
    demo._clear(tmp_path / 'demo')
    (tmp_path / 'demo' / 'link').symlink_to(tmp_path / 'mine')
    demo._clear(tmp_path / 'demo')
    assert (tmp_path / 'mine' / 'file').is_file()


def test_file_instead_of_a_folder(tmp_path) -> None:
    (tmp_path / 'file').write_text('mine')
    with pytest.raises(NotADirectoryError):
        demo._clear(tmp_path / 'file')
    assert (tmp_path / 'file').read_text() == 'mine'


# ----------------------------------------------------------------- the tools
class Bar:
    """Stands in for a progress bar and remembers its states."""

    def add_task(self, title: str, total=None) -> int:
        self.title = title
        self.states = []
        return 0

    def update(self, task: int, completed: int, total: int) -> None:
        self.states.append((completed, total))


@pytest.fixture
def tools(tmp_path: Path) -> ToolRunner:
    """Tools that print their arguments, then run what is in `then.py`."""
    (tmp_path / 'tools').mkdir()
    for name in ('train', 'test'):
        (tmp_path / 'tools' / f'{name}.py').write_text(
            'import pathlib, sys\nprint(*sys.argv[1:])\n'
            f'exec(pathlib.Path({str(tmp_path / "then.py")!r}).read_text())\n')
    (tmp_path / 'then.py').touch()
    (tmp_path / 'out').mkdir()
    return ToolRunner(tmp_path, tmp_path / 'out', seed=7)


def test_training_is_told_everything(tools, tmp_path) -> None:
    out = tmp_path / 'out'
    assert tools.train('refiner', 'a/b.py', 3,
                       Bar()) == str(out / 'refiner' / 'epoch_3.pth')
    told = (out / 'refiner.log').read_text().split()
    assert told[:3] == [
        str(tmp_path / 'configs/a/b.py'), '--work-dir', str(out / 'refiner')
    ]
    assert 'train_cfg.max_epochs=3' in told
    assert 'randomness.seed=7' in told


def test_bar_follows_the_log(tools, tmp_path) -> None:
    """The second of three epochs, 5 of 10 steps."""
    (tmp_path / 'then.py').write_text(
        'print("Epoch(train)  [2][ 5/10]  lr: 1e-3")\nprint("other")')
    bar = Bar()
    tools.train('refiner', 'a.py', 3, bar)
    assert bar.states == [(15, 30), (1, 1)]
    assert bar.title == 'training the refiner'


@pytest.mark.parametrize('line', ['Epoch(test) [ 4/8]', 'Epoch(val) [1][4/8]'])
def test_bar_follows_a_test(tools, tmp_path, line) -> None:
    (tmp_path / 'then.py').write_text(f'print({line!r})')
    bar = Bar()
    poses = tools.test('estimator', 'a.py', 'a.pth', bar)
    assert bar.states == [(4, 8), (1, 1)]
    assert poses == tmp_path / 'out' / 'estimator.keypoints.json'


def test_failure_shows_the_end_of_the_log(tools, tmp_path) -> None:
    (tmp_path / 'then.py').write_text(
        'for i in range(40): print("line", i)\nsys.exit(3)')
    with pytest.raises(RuntimeError) as error:
        tools.train('refiner', 'a.py', 3, Bar())
    message = str(error.value)
    assert 'tools/train.py failed with exit status 3' in message
    assert str(tmp_path / 'out' / 'refiner.log') in message
    assert message.rstrip().endswith('line 39')
    assert 'line 24\n' not in message


def test_data_of_both_parts_are_different(tmp_path) -> None:
    size = demo.DemoSize(train_images=3, val_images=2)
    demo.draw_data(tmp_path, size, seed=1)
    ids = {}
    for part in ('train', 'val'):
        folder = tmp_path / part
        content = json.loads((folder / 'annotations.json').read_text())
        ids[part] = [image['id'] for image in content['images']]
        assert len(list((folder / 'images').iterdir())) == len(ids[part])
    assert ids == {'train': [1, 2, 3], 'val': [4, 5]}


# ----------------------------------------------------------------- the whole
@pytest.mark.parametrize(('arguments', 'reason'), [
    ([], 'is not empty and holds no earlier demo'),
    (['--out-dir', 'new', '--train-images', '0'], 'must be at least 1'),
])
def test_errors_are_one_line(tmp_path, monkeypatch, arguments,
                             reason) -> None:
    """A text as exit code is printed, and the code is 1."""
    (tmp_path / 'demo_out').mkdir()
    (tmp_path / 'demo_out' / 'mine').touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, 'argv', ['demo.py', *arguments])
    with pytest.raises(SystemExit) as exit_:
        runpy.run_path(str(TOOLS / 'demo.py'), run_name='__main__')
    assert exit_.value.code.startswith('error: ')
    assert reason in exit_.value.code
    assert len(exit_.value.code.splitlines()) == 1


@pytest.mark.slow
def test_miniature_demo(tmp_path) -> None:
    out = tmp_path / 'demo'
    result = run('--out-dir', str(out), '--train-images', '12',
                 '--val-images', '4', '--epochs', '1')
    assert result.returncode == 0, result.stdout + result.stderr
    assert 'before and after refinement' in ' '.join(result.stdout.split())
    before, after = (
        json.loads((out / f'{name}.keypoints.json').read_text())
        for name in ('estimator', 'refined'))
    assert 0 < len(after) <= len(before)
    scores = [r['score'] for r in before]
    assert all(r['score'] in scores for r in after)
    # An estimator that has learnt nothing yet may be sure of no keypoint;
    # mmpose gives such poses score 0, and they are not refined.
    refined = {r['image_id'] for r in before if r['score'] > 0}
    pictures = sorted(p.name for p in (out / 'pictures').iterdir())
    assert pictures == [f'{i:06d}.jpg' for i in sorted(refined)]
    assert {r['image_id'] for r in before} <= {13, 14, 15, 16}
    if refined:
        page = out / 'report' / 'index.html'
        assert result.stdout.rstrip().endswith(f'browser: {page}')
        assert '<article' in page.read_text(encoding='utf-8')
    else:
        assert 'no report' in result.stdout
    for name in ('estimator', 'refiner'):
        assert (out / name / 'epoch_1.pth').is_file()
        assert (out / f'{name}.log').is_file()
