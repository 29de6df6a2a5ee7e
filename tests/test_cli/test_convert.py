"""``posefix convert``."""

import json
from pathlib import Path

import pytest

from posefix_mm.cli import main

RECORD = dict(image_id='a.jpg', category_id=1, keypoints=[1.5, 2, .5] * 17,
              score=2.5, idx=[0.], box=[1, 2, 3, 4])


@pytest.fixture
def results(tmp_path: Path) -> Path:
    path = tmp_path / 'alphapose-results.json'
    path.write_text(json.dumps([RECORD, dict(RECORD, keypoints=None)]))
    return path


def test_says_what_became_of_the_poses(results, tmp_path, capsys) -> None:
    out = tmp_path / '[out]'
    assert main(['convert', str(results), str(out), '--to', 'openpose']) == 0
    shown = ' '.join(capsys.readouterr().out.split())
    assert '[out]' in shown
    for line in ('read │ 2', 'converted │ 1', 'not converted: keypoints │ 1',
                 'no place for: box │ 1', 'no place for: idx │ 1',
                 'no place for: score │ 1'):
        assert line in shown
    people = json.loads((out / 'a_keypoints.json').read_text())['people']
    assert people[0]['pose_keypoints_2d'][:6] == [1.5, 2, .5, 0, 0, 0]


def test_quiet(results, tmp_path, capsys) -> None:
    out = tmp_path / 'out.json'
    assert main(['convert', str(results), str(out), '--from', 'alphapose',
                 '--to', 'coco-results', '--quiet']) == 0
    assert capsys.readouterr().out == ''
    assert json.loads(out.read_text()) == [RECORD]


@pytest.mark.parametrize(('options', 'message'), [
    (['--to', 'yolo'], "error: there is no writer of the format 'yolo'"),
    (['--to', 'ultralytics-txt'], 'error: the size of the image a.jpg is not'),
    (['--to', 'sleap', '--joint-map', 'no'], 'error: no is neither a config'),
])
def test_errors_are_one_line(results, tmp_path, options, message,
                             refused) -> None:
    out = tmp_path / 'out'
    assert refused('convert', results, out, *options).startswith(message)
    assert not out.exists()
