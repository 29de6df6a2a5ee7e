"""The commands of docs/formats.md run."""

import json
import re
import shlex
from pathlib import Path

import pytest

from posefix_mm.apis.convert_poses import writable_formats
from posefix_mm.cli import main
from posefix_mm.cli.main import build_parser
from posefix_mm.formats import FORMATS, joint_map_names

TEXT = (Path(__file__).resolve().parents[2] / 'docs' / 'formats.md').read_text(
    encoding='utf-8')
COMMANDS = [shlex.split(line)[1:] for line in TEXT.splitlines()
            if line.startswith('posefix ')]


@pytest.mark.parametrize('command', [c for c in COMMANDS if c[0] == 'refine'])
def test_options_of_refine_exist(command):
    args = build_parser().parse_args(command)
    assert args.out.startswith('refined') and args.img_dir


def test_conversions_run_in_order(tmp_path, monkeypatch, capsys):
    pytest.importorskip('sleap_io')
    monkeypatch.chdir(tmp_path)
    images = [dict(id=1, file_name='a.jpg', width=64, height=48)]
    Path('images.json').write_text(json.dumps(dict(images=images)))
    Path('openpose').mkdir()
    Path('openpose', 'a_keypoints.json').write_text(json.dumps(
        dict(people=[dict(pose_keypoints_2d=[3.5, 4, .5] * 25)])))
    Path('alphapose-results.json').write_text(json.dumps([
        dict(image_id='a.jpg', idx=[0.], keypoints=[5, 6, .5] * 17, score=2)]))
    conversions = [c for c in COMMANDS if c[0] == 'convert']
    assert len(conversions) == 5
    for command in conversions:
        assert main(command) == 0, command
        assert 'converted │ 1' in ' '.join(capsys.readouterr().out.split())
    last = Path('mouse.csv').read_text().splitlines()[-1]
    name, *values = last.split(',')
    assert name == 'a.jpg'
    assert [float(v) for v in values] == pytest.approx([3.5, 4, .5] * 17,
                                                       abs=1e-4)


def test_formats_and_maps_are_all_named():
    table = TEXT.split('\n\n')[2]
    rows = re.findall(r'^\| `([\w-]+)` \|.*\| ([\w ]+)', table, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(FORMATS)
    both = {name for name, how in rows if how.startswith('both')}
    assert both == set(writable_formats())
    maps = TEXT.split('| name | joints |')[1].split('\n\n')[0]
    named = set(re.findall(r'`(\w+)`', maps)) - {'identity', 'keypoints'}
    assert named == set(joint_map_names())
