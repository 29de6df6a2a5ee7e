"""``posefix refine``: what it writes, prints and returns."""

import json
from pathlib import Path
from typing import List

import numpy as np
import pytest
from refine_fixtures import CONFIGS, save_weights

from posefix_mm.cli import main
from posefix_mm.demo.demo import REFINER
from posefix_mm.file_refinement.file_run import Journal

CONFIG = CONFIGS / REFINER


@pytest.fixture(scope='module')
def weights(tmp_path_factory) -> Path:
    return save_weights(
        CONFIG, tmp_path_factory.mktemp('weights') / 'weights.pth', 1.)


@pytest.fixture
def records(people: Path) -> List[dict]:
    return json.loads((people / 'results.json').read_text())


@pytest.fixture
def posefix(people, weights, tmp_path):
    """Refine records, or what lies at a path, to out.json."""

    def run(given, *options) -> int:
        path = given
        if not isinstance(given, Path):
            path = tmp_path / 'poses.json'
            path.write_text(json.dumps(given))
        return main([
            'refine', str(path), '--config', str(CONFIG), '--checkpoint',
            str(weights), '--img-dir', str(people / 'images'), '--out',
            str(tmp_path / 'out.json'), *map(str, options)
        ])

    return run


def read(path: Path) -> list:
    return json.loads(path.read_text())


def test_refines_and_reports(posefix, people, records, tmp_path,
                             capfd) -> None:
    """Results to standard output, progress to standard error."""
    given = [*records, dict(records[0], category_id=2), 'no [red]record']
    assert posefix(given, '--ann', people / 'annotations.json', '--no-nms',
                   '--show-dir', tmp_path / 'show', '--show-limit', 1) == 0
    out, err = capfd.readouterr()
    shown = ' '.join(out.split())
    assert (f'{len(given)} poses read, {len(records)} refined, 0 dropped as '
            'duplicates by NMS, 2 passed through unrefined') in shown
    assert ('1 x category: category 2 is not refined; choose what is refined '
            'with --categories') in shown
    assert ('1 x not_an_object: a record must be an object, got '
            "'no [red]record'") in shown
    assert f"written to {tmp_path / 'out.json'}" in shown
    assert f"not in it refined: {tmp_path / 'out.json.log.jsonl'}" in shown
    assert 'AP75' in shown
    assert f'{len(given)} of {len(given)}' in err
    assert 'poses read' not in err
    output = read(tmp_path / 'out.json')
    assert output[-2:] == given[-2:]
    for before, after in zip(records, output, strict=False):
        assert {**before, 'keypoints': 0} == {**after, 'keypoints': 0}
        moved = np.subtract(before['keypoints'], after['keypoints'])
        assert np.abs(moved.reshape(17, 3)[:, :2]).max() > 1
        assert (moved.reshape(17, 3)[:, 2] == 0).all()
    assert len(list((tmp_path / 'show').iterdir())) == 1


def test_quiet(posefix, records, tmp_path, capfd) -> None:
    assert posefix([*records, 5], '--quiet') == 0
    assert tuple(capfd.readouterr()) == ('', '')
    assert len(read(tmp_path / 'out.json')) == len(records) + 1


@pytest.mark.parametrize(('options', 'left'), [
    ((), 1), (('--nms', ), 1), (('--no-nms', ), 2)])
def test_duplicates(posefix, records, tmp_path, options, left,
                    capfd) -> None:
    assert posefix([records[0]] * 2, '--quiet', *options) == 0
    assert len(read(tmp_path / 'out.json')) == left


def test_strict(posefix, records, tmp_path, capfd) -> None:
    """Exit code 3, a line that says why, the log, and no output."""
    given = [*records, dict(records[0], image_id=99)]
    assert posefix(given, '--strict', '--log', tmp_path / 'a.log') == 3
    out, err = capfd.readouterr()
    assert out == ''
    last = err.splitlines()[-1]
    assert last.startswith(f'error: 1 of {len(given)} records could not be '
                           'refined (1 x image_missing)')
    assert str(tmp_path / 'a.log') in last
    assert not (tmp_path / 'out.json').exists()
    lines = [json.loads(line)
             for line in (tmp_path / 'a.log').read_text().splitlines()]
    assert lines[0]['index'] == len(records)
    assert lines[-1]['summary']['codes'] == dict(image_missing=1)
    assert posefix(records, '--strict', '--quiet') == 0
    assert len(read(tmp_path / 'out.json')) == len(records)


def test_interrupted_and_resumed(posefix, records, tmp_path, monkeypatch,
                                 capfd) -> None:
    """What is done is not lost, and the end is the same."""
    assert posefix(records, '--quiet') == 0
    expected = (tmp_path / 'out.json').read_bytes()
    (tmp_path / 'out.json').unlink()

    def stop(*_) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(Journal, 'add', stop)
        assert posefix(records, '--quiet') == 130
    assert capfd.readouterr().err == (
        'error: interrupted; the same command with --resume goes on where it '
        'stopped\n')
    assert not (tmp_path / 'out.json').exists()
    assert posefix(records, '--quiet', '--batch-size', 7, '--resume') == 1
    assert 'of a run with another input' in capfd.readouterr().err
    assert posefix(records, '--quiet', '--resume') == 0
    assert (tmp_path / 'out.json').read_bytes() == expected
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        'out.json', 'out.json.log.jsonl', 'poses.json']


@pytest.mark.parametrize(('options', 'reason'), [
    (('--ann', 'gone.json'), 'gone.json does not exist'),
    (('--img-dir', 'gone'), 'gone does not exist'),
    (('--config', 'gone'), 'gone is neither a config file nor one of the'),
    (('--checkpoint', 'gone.pth'), 'gone.pth does not exist'),
    (('--batch-size', '0'), 'batch_size must be at least 1'),
    (('--num-workers', '-1'), 'num_workers must not be negative'),
    (('--show-limit', '-1'), 'show_limit must not be negative'),
    (('--device', 'cuda:99'), "cannot use device 'cuda:99'"),
    (('--backend', 'abacus'), 'backend must be one of'),
    (('--precision', 'fp16'), 'fp16 is for GPUs'),
    (('--format', 'poem'), "there is no format 'poem'"),
    (('--joint-map', 'gone'), 'gone'),
    (('--launcher', 'slurm'), '--launcher slurm is for processes'),
])
def test_errors(posefix, records, tmp_path, monkeypatch, capfd, options,
                reason) -> None:
    """One line, exit code 1, and nothing written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv('SLURM_PROCID', raising=False)
    assert posefix(records, *options) == 1
    out, err = capfd.readouterr()
    assert out == ''
    last = err.splitlines()[-1]
    assert last.startswith('error: ')
    assert reason in last
    assert 'Traceback' not in err
    assert [p.name for p in tmp_path.iterdir()] == ['poses.json']


def test_broken_file(posefix, tmp_path, capfd) -> None:
    (tmp_path / 'poses.json').write_text('[{"image_id": 1},')
    assert posefix(tmp_path / 'poses.json') == 1
    err = capfd.readouterr().err
    assert err.startswith('error: ')
    assert 'poses.json is not valid JSON at byte 17, in element 1' in err


def test_the_input_is_safe(posefix, records, tmp_path, capfd) -> None:
    """Unless it is to be overwritten."""
    path = tmp_path / 'out.json'
    path.write_text(json.dumps(records))
    assert posefix(path) == 1
    assert 'would overwrite an input file' in capfd.readouterr().err
    assert read(path) == records
    assert posefix(path, '--overwrite-input', '--quiet') == 0
    assert len(read(path)) == len(records)
    assert read(path) != records


def test_options_reach_the_function(monkeypatch, capfd) -> None:
    import posefix_mm.apis
    from posefix_mm.apis import RefineSummary
    called = {}

    def refine(*arguments, **options) -> RefineSummary:
        called.update(options, arguments=arguments)
        return RefineSummary()

    monkeypatch.setattr(posefix_mm.apis, 'refine_results', refine)
    assert main([
        'refine', 'a.json', '--img-dir', 'b', '--out', 'c', '--ann', 'd',
        '--format', 'alphapose', '--joint-map', 'halpe26', '--batch-size',
        '7', '--num-workers', '3', '--nms', '--resume', '--strict',
        '--overwrite-input', '--log', 'e', '--show-dir', 'f', '--show-limit',
        '5', '--device', 'cuda:1', '--backend', 'openvino', '--precision',
        'bf16', '--no-flip-test', '--cfg-options', 'a.b=[1,2]', '--quiet',
        '--scores', 'input', '--passes', '2', '--crop', 'both'
    ]) == 0
    assert called == dict(
        arguments=(None, None, 'a.json', 'b', 'c'),
        ann='d', pose_format='alphapose', joint_map='halpe26', nms=True,
        scores='input', passes=2, crop_by='both',
        batch_size=7, num_workers=3, resume=True, strict=True,
        categories=None, follow_links=False, allow_empty=False, announce=None,
        overwrite_input=True, log='e', show_dir='f', show_limit=5,
        progress=False, device='cuda:1', backend='openvino', precision='bf16',
        flip_test=False, cfg_options={'a.b': [1, 2]})
    assert capfd.readouterr().out == ''
    called.clear()
    assert main(['refine', 'a.json', '--img-dir', 'b', '--out', 'c']) == 0
    assert callable(called.pop('announce'))
    assert called == dict(
        categories=None, follow_links=False, allow_empty=False,
        arguments=(None, None, 'a.json', 'b', 'c'),
        ann=None, pose_format='auto', joint_map=None, nms=None, batch_size=32,
        scores=None, passes=None, crop_by='pose',
        num_workers=2, resume=False, strict=False, overwrite_input=False,
        log=None, show_dir=None, show_limit=None, progress=True, device='cpu',
        backend='torch', precision='fp32', flip_test=True, cfg_options=None)
