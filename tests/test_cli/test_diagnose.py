"""``posefix diagnose``: tables, the JSON file, wrong input."""

import json

import pytest
from toy_people import (
    POSE,
    make_annotations,
    make_person,
    make_record,
    moved,
)

from posefix_mm.cli import main

SKELETON = """
names = ['nose', 'left_hand', 'right_hand', 'left_foot', 'right_foot']
twins = ['', 'right_hand', 'left_hand', 'right_foot', 'left_foot']
dataset_info = dict(
    dataset_name='toy',
    keypoint_info={
        i: dict(name=n, id=i, color=[0, 0, 0], type='', swap=twins[i])
        for i, n in enumerate(names)},
    skeleton_info={},
    joint_weights=[1.] * 5,
    sigmas=[.05] * 5)
"""


@pytest.fixture
def posefix():
    """Run ``posefix diagnose``."""
    return lambda *argv: main(['diagnose', *map(str, argv)])


@pytest.fixture
def files(tmp_path):
    """Results before and after, annotations and a skeleton."""
    contents = {
        'before.json': [make_record(moved(1, POSE[2])),
                        make_record(POSE, image_id=2)],
        'after.json': [make_record(), make_record(image_id=2)],
        'truth.json': make_annotations(
            [make_person(1), make_person(2, image_id=2)])
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(json.dumps(content))
    (tmp_path / 'toy.py').write_text(SKELETON)
    return tmp_path


def options(files):
    return '--ann', files / 'truth.json', '--skeleton', files / 'toy.py'


def test_json_and_tables(posefix, files, capsys):
    out = files / 'out.json'
    assert posefix(files / 'before.json', *options(files), '--json', out) == 0
    found = json.loads(out.read_text())
    assert found['frequency'] == dict(
        good=.9, jitter=0, inversion=.1, swap=0, miss=0)
    assert found['ap_cost']['inversion'] == pytest.approx(
        100 - found['ap']) != 0
    assert found['by_joint']['left_hand']['inversion'] == .5
    assert 'before' not in found
    shown = capsys.readouterr()
    assert '│ joints    │      10 │' in shown.out
    assert '│ AP lost to inversion         │' in shown.out
    assert '│ AP lost to inversion (moved) │' in shown.out
    assert found['rules'] == 'ronchi'
    assert set(found['ap_cost_moved']) == set(found['ap_cost'])
    assert '2 poses belong to a person; 0 do not' in shown.out
    assert shown.err == ''


def test_against(posefix, files, capsys):
    out = files / 'out.json'
    assert posefix(files / 'after.json', *options(files), '--before',
                   files / 'before.json', '--json', out, '--no-ap') == 0
    found = json.loads(out.read_text())
    assert found['frequency']['good'] == 1
    assert found['before']['frequency']['inversion'] == .1
    assert found['changes']['inversion']['good'] == 1
    assert found['changes']['good']['good'] == 9
    assert 'ap_cost' not in found
    assert '+10.0' in capsys.readouterr().out


def test_rules(posefix, files, capsys):
    """A hand at that of somebody whose box is far away."""
    far = make_person(2, POSE + 150, bbox=[190, 190, 9, 9])
    truth = make_annotations([make_person(1), far])
    (files / 'truth.json').write_text(json.dumps(truth))
    (files / 'before.json').write_text(
        json.dumps([make_record(moved(1, POSE[1] + 150))]))
    for rules, error in ((None, 'swap'), ('posefix', 'miss')):
        out = files / 'out.json'
        chosen = () if rules is None else ('--rules', rules)
        assert posefix(files / 'before.json', *options(files), '--json', out,
                       '--no-ap', *chosen) == 0
        assert json.loads(out.read_text())['frequency'][error] == .2


def test_quiet(posefix, files, capsys):
    assert posefix(files / 'after.json', *options(files), '--quiet') == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ('', '')


@pytest.mark.parametrize(('change', 'message'), [
    (dict(results='missing.json'), 'missing.json does not exist'),
    (dict(results='truth.json'), 'truth.json is given both as the poses and'),
    (dict(ann='after.json'), 'after.json: the annotations must be an object'),
    (dict(skeleton='coco'), 'before.json and '),
    (dict(skeleton='none'), "no skeleton 'none'"),
])
def test_wrong_input(posefix, files, capsys, change, message):
    given = dict(
        dict(results='before.json', ann='truth.json', skeleton='toy.py'),
        **change)
    skeleton = files / given['skeleton']
    code = posefix(files / given['results'], '--ann', files / given['ann'],
                   '--skeleton',
                   skeleton if skeleton.exists() else given['skeleton'])
    shown = capsys.readouterr()
    assert code == 1
    assert shown.err.startswith('error: ')
    assert message in shown.err
    assert len(shown.err.splitlines()) == 1


def test_ids_that_do_not_meet(posefix, files, capsys):
    (files / 'before.json').write_text(
        json.dumps([make_record(image_id='gone.png')]))
    assert posefix(files / 'before.json', *options(files)) == 1
    message = capsys.readouterr().err
    assert "before.json and " in message
    assert "'gone.png', is one of an annotated person, such as 1;" in message
