"""The commands of the users' paths in docs/, run as a reader sees them."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Iterator

import numpy as np
import pytest
from warm_commands import warm_commands

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / 'docs'
PATHS = ('use_external_results', 'use_training', 'use_chain')
_BLOCK = re.compile(r'^```bash\n(.*?)^```$', re.M | re.S)


def commands(page: str) -> str:
    """All ``bash`` blocks of a page, as one script that stops at errors."""
    blocks = _BLOCK.findall((DOCS / f'{page}.md').read_text())
    assert blocks, page
    return '\n'.join(['set -eux', *blocks])


@pytest.fixture(scope='module')
def programs(tmp_path_factory) -> Iterator[Path]:
    with warm_commands(tmp_path_factory.mktemp('programs')) as folder:
        yield folder


def run(page: str, folder: Path, programs: Path) -> str:
    """Run a page in a folder and return its output."""
    for name in ('configs', 'tools'):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    result = subprocess.run(
        ['bash', '-c', commands(page)],
        cwd=folder,
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'COLUMNS': '120',
             'PATH': f'{programs}{os.pathsep}{os.environ["PATH"]}'},
        capture_output=True,
        text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def coordinates(records: list) -> np.ndarray:
    return np.array([r['keypoints'] for r in records]).reshape(-1, 17, 3)


@pytest.mark.slow
def test_external_results(tmp_path, programs) -> None:
    """Poses of a tool in, refined poses out, and what they are worth."""
    pytest.importorskip('timm', reason='needs the extra `photos`')
    shown = run('use_external_results', tmp_path, programs)
    given, refined = (
        read(tmp_path / f'{name}.json') for name in ('results', 'all_of_them'))
    restored = [
        {**r, 'keypoints': 0, 'score': r['score_before']} for r in refined]
    for record in restored:
        assert 0 < record.pop('predicted_oks') < 1
        del record['score_before']
    assert restored == [{**r, 'keypoints': 0} for r in given]
    before, after = coordinates(given), coordinates(refined)
    np.testing.assert_array_equal(after[..., 2], before[..., 2])
    present = before[..., 2] > 0
    assert 0 < np.abs(after - before)[present].max() < 60
    assert f'{len(given)} poses read, {len(given)} refined' in shown
    evaluation = read(tmp_path / 'evaluation.json')
    assert evaluation['before']['AP'] > 20
    assert evaluation['explanations'] == []
    wrong = read(tmp_path / 'wrong_evaluation.json')
    assert wrong['results']['AP'] == 0
    assert [e['code'] for e in wrong['explanations']] == [
        'image_id_type', 'coordinates_normalised']
    assert (tmp_path / 'report' / 'index.html').stat().st_size > 10000
    assert len(list((tmp_path / 'pictures').iterdir())) == 2
    assert len(list((tmp_path / 'openpose_refined').iterdir())) == 6
    assert re.search(r'\(\d, 17, 2\) moved by \d+\.\d pixels', shown)


@pytest.fixture(scope='module')
def trained(tmp_path_factory, programs) -> Path:
    """Folder in which the path of training was run."""
    folder = tmp_path_factory.mktemp('docs')
    (folder / 'shown.txt').write_text(run('use_training', folder, programs))
    return folder


@pytest.mark.slow
def test_training(trained) -> None:
    shown = (trained / 'shown.txt').read_text()
    given, refined = (read(trained / name) for name in (
        'estimator.keypoints.json', 'refined.json'))
    assert 0 < len(refined) <= len(given)
    assert not np.array_equal(
        coordinates(refined), coordinates(given)[:len(refined)])
    assert 'coco/AP' in shown
    assert (trained / 'refiner.pth').stat().st_size < (
        trained / 'work_dirs/refiner/epoch_4.pth').stat().st_size / 2
    assert 'inversion' in shown
    assert 'measured_errors' in (trained / 'errors.py').read_text()
    assert (trained / 'work_dirs/own_errors/epoch_1.pth').exists()


@pytest.mark.slow
def test_chain(trained, programs) -> None:
    """On what the path of training left."""
    pytest.importorskip('mmdet')
    run('use_chain', trained, programs)
    images = read(trained / 'data/demo/val/annotations.json')['images']
    people = read(trained / 'boxes.json')
    assert len(read(trained / 'whole.json')) == len(images) == 24
    assert len(list((trained / 'pictures').iterdir())) == 24
    assert len(list((trained / 'predictions').iterdir())) == 24
    refined = read(trained / 'boxes_refined.json')
    assert [r['image_id'] for r in refined] == [p['image_id'] for p in people]
    chained = read(trained / 'chain.keypoints.json')
    assert {r['image_id'] for r in chained} == {i['id'] for i in images}


@pytest.mark.parametrize('page', PATHS)
def test_pages(page) -> None:
    """What is run is marked, and so is that it is."""
    text = (DOCS / f'{page}.md').read_text()
    assert set(re.findall(r'^```(\w+)$', text, re.M)) <= {'bash', 'console'}
    assert '`tests/test_docs`' in text
