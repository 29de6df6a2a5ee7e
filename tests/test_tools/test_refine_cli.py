"""tools/refine.py as it is run from a shell."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


def run(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(TOOLS / 'refine.py'), *map(str, arguments)],
        env={**os.environ, 'COLUMNS': '80'},
        capture_output=True,
        text=True)


@pytest.fixture
def command(people, refiner_config, checkpoint, tmp_path) -> List[object]:
    """A call that works, on random weights."""
    return [
        refiner_config, checkpoint, '--poses', people / 'results.json',
        '--img-dir', people / 'images', '--out', tmp_path / '[out] 1.json',
        '--ann', people / 'annotations.json'
    ]


def test_refines_and_reports(command, people, tmp_path) -> None:
    """Counts, the reason of each record that is passed through, and AP."""
    records = json.loads((people / 'results.json').read_text())
    given = [*records, dict(records[0], category_id=2), 'no [red]record']
    (tmp_path / 'poses.json').write_text(json.dumps(given))
    result = run(*command, '--poses', tmp_path / 'poses.json', '--no-nms',
                 '--show-dir', tmp_path / 'show', '--show-limit', 1)
    assert result.returncode == 0, result.stderr
    assert 'Traceback' not in result.stderr
    shown = ' '.join(result.stdout.split())
    assert (f'{len(given)} poses read, {len(records)} refined, 0 dropped as '
            'duplicates by NMS, 2 passed through unrefined') in shown
    assert '1 x category: category 2 is not refined' in shown
    assert ("1 x not_an_object: a record must be an object, got "
            "'no [red]record'") in shown
    assert '[out] 1.json' in shown  # not taken as a colour
    assert [n for n in ('AP75', 'AR50', 'input', 'refined', 'change')
            if n not in shown] == []
    output = json.loads((tmp_path / '[out] 1.json').read_text())
    assert output[-2:] == given[-2:]
    assert len(output) == len(given)
    assert len(list((tmp_path / 'show').iterdir())) == 1


def test_missing_file_is_one_line(command, tmp_path) -> None:
    result = run(*command, '--poses', tmp_path / 'gone.json')
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert [line for line in lines if line.startswith('error: ')] == lines[-1:]
    assert 'gone.json' in lines[-1]
    assert 'Traceback' not in result.stderr


def test_error_in_this_process(command, tmp_path, monkeypatch,
                               capsys) -> None:
    """As `posefix refine` does, whose tests have more of them."""
    monkeypatch.setattr(sys, 'argv', [
        'refine.py', *map(str, command), '--img-dir',
        str(tmp_path / 'gone')
    ])
    with pytest.raises(SystemExit, match='^1$'):
        runpy.run_path(str(TOOLS / 'refine.py'), run_name='__main__')
    err = capsys.readouterr().err
    assert err.splitlines()[-1].startswith('error: the image folder ')
    assert 'gone does not exist' in err
    assert not (tmp_path / '[out] 1.json').exists()


def test_options_reach_the_function(command, monkeypatch) -> None:
    """Config and checkpoint come first here."""
    import posefix_mm.apis
    from posefix_mm.apis import RefineSummary
    called = {}

    def refine(*arguments: str, **options: object) -> RefineSummary:
        called.update(options, arguments=arguments)
        return RefineSummary()

    monkeypatch.setattr(posefix_mm.apis, 'refine_results', refine)
    monkeypatch.setattr(sys, 'argv', [
        'refine.py', *map(str, command), '--device', 'cuda:1', '--batch-size',
        '7', '--num-workers', '3', '--no-flip-test', '--no-nms',
        '--show-limit', '5', '--quiet', '--cfg-options',
        'model.passthrough_keypoints=[0,1]'
    ])
    with pytest.raises(SystemExit, match='^0$'):
        runpy.run_path(str(TOOLS / 'refine.py'), run_name='__main__')
    config, checkpoint, _, poses, _, images, _, out, _, ann = map(str, command)
    assert called['arguments'] == (config, checkpoint, poses, images, out)
    assert called['ann'] == ann
    assert {
        name: called[name]
        for name in ('device', 'batch_size', 'num_workers', 'flip_test',
                     'nms', 'show_limit', 'progress')
    } == dict(device='cuda:1', batch_size=7, num_workers=3, flip_test=False,
              nms=False, show_limit=5, progress=False)
    assert called['cfg_options'] == {'model.passthrough_keypoints': [0, 1]}
