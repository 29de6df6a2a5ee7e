"""``posefix estimate-errors``: a config fragment, wrong input."""

import json

import pytest
from mmengine.config import Config

from posefix_mm.cli import main
from posefix_mm.datasets.transforms import SynthesizePoseError, build_table


@pytest.fixture
def posefix():
    """Run ``posefix estimate-errors``."""
    return lambda *argv: main(['estimate-errors', *map(str, argv)])


def test_fragment_of_drawn_people(posefix, people, tmp_path, capsys):
    out = tmp_path / 'made' / 'table.py'
    assert posefix(people / 'results.json', '--ann',
                   people / 'annotations.json', '--out', out) == 0
    config = Config.fromfile(out)
    observations = config.measured_errors_observations
    shown = capsys.readouterr().out.replace('\n', ' ')
    assert f'measured on {observations.poses} poses' in shown
    assert str(out) in shown
    truth = json.loads((people / 'annotations.json').read_text())
    names = truth['categories'][0]['keypoints']
    table = build_table(names, config.measured_errors.table,
                        config.measured_errors.joint_groups)
    assert table.shape[0] == 18
    assert table[:, :, 0].min() > .05
    assert sum(observations.radii.values()) == sum(
        sum(rule.joints.values()) for rule in observations.rules)
    assert 'results.json against annotations.json' in out.read_text()
    SynthesizePoseError(**config.measured_errors)


def test_quiet(posefix, people, tmp_path, capsys):
    assert posefix(people / 'results.json', '--ann',
                   people / 'annotations.json', '--out', tmp_path / 'table.py',
                   '--quiet', '--prior', 0, '--pose-box-expand', 1.2) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ('', '')


@pytest.mark.parametrize(('options', 'message'), [
    (['--skeleton', 'mpii'], 'for the 16 keypoints'),
    (['--prior', '-1'], '--prior must not be negative, got -1'),
    (['--oks-thr', '1.1'], 'no pose belongs to an annotated person'),
    (['--ann', 'nowhere.json'], 'nowhere.json does not exist'),
])
def test_wrong_input(posefix, people, tmp_path, capsys, options, message):
    out = tmp_path / 'table.py'
    assert posefix(people / 'results.json', '--ann',
                   people / 'annotations.json', '--out', out, *options) == 1
    error = capsys.readouterr().err
    assert error.startswith('error: ')
    assert message in error
    assert not out.exists()
