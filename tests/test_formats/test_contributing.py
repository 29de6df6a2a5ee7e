"""A format is one new file: the one in docs/contributing_formats.md."""

import json
import re
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from posefix_mm import formats
from posefix_mm.cli import main
from posefix_mm.cli.main import build_parser

ROOT = Path(__file__).resolve().parents[2]
MODULE = 'posefix_mm.formats.plain_points'


@pytest.fixture
def plain_points(tmp_path, monkeypatch):
    """The file of the page, as if it lay in the package's folder."""
    page = (ROOT / 'docs/contributing_formats.md').read_text(encoding='utf-8')
    code = re.search(r'```python\n(.*?)```', page, re.DOTALL)[1]
    folder = tmp_path / 'formats'
    folder.mkdir()
    (folder / 'plain_points.py').write_text(
        textwrap.dedent(code), encoding='utf-8')
    before = dict(formats.FORMATS)
    monkeypatch.setattr(
        formats, '__path__', [*formats.__path__, str(folder)])
    formats.import_formats()
    yield
    sys.modules.pop(MODULE)
    del formats.plain_points
    formats.FORMATS.clear()
    formats.FORMATS.update(before)


def test_a_new_file_is_a_format(plain_points, refiner_config, checkpoint,
                                people, tmp_path, capsys) -> None:
    assert 'plain-points' in formats.FORMATS
    with pytest.raises(SystemExit, match='0'):
        build_parser().parse_args(['convert', '--help'])
    assert re.search(r'^  plain-points +plain text: a line for each pose '
                     r'\(not written\)$', capsys.readouterr().out,
                     re.MULTILINE)

    record = json.loads((people / 'results.json').read_text())[0]
    pose = np.reshape(record['keypoints'], (-1, 3)).round(2)
    pose[:, 2] = .5
    pose[3, 2] = 0  # absent
    image = sorted((people / 'images').iterdir())[0]
    given, out = tmp_path / 'given', tmp_path / 'refined'
    given.mkdir()
    (given / f'{image.stem}.points').write_text(
        ' '.join(map(str, pose.ravel())) + '\nno pose\n')
    (given / 'readme.md').write_text('left as it is')
    assert formats.detect_format(given) == 'plain-points'

    assert main(['refine', str(given), '--format', 'auto', '--config',
                 str(refiner_config), '--checkpoint',
                 str(checkpoint), '--img-dir', str(people / 'images'),
                 '--out', str(out), '--quiet']) == 0
    first, second = (out / f'{image.stem}.points').read_text().splitlines()
    refined = np.reshape(first.split(), (-1, 3))
    np.testing.assert_array_equal(refined[:, 2], pose[:, 2].astype(str))
    np.testing.assert_array_equal(refined[3], pose[3].astype(str))
    moved = np.abs(refined[:, :2].astype(float) - pose[:, :2]).max(1)
    assert (moved > .01).sum() > 10
    assert second == 'no pose'
    assert (out / 'readme.md').read_text() == 'left as it is'


def test_two_formats_of_one_name(plain_points) -> None:
    with pytest.raises(TypeError, match='are both the format openpose'):
        type('Other', (formats.PoseFile, ), dict(name='openpose'))
