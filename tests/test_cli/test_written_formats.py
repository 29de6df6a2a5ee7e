"""What ``posefix refine`` writes is what the other commands take."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from report_files import ReportFiles, write_report_files

from posefix_mm.apis.convert_poses import convert_poses, writable_formats
from posefix_mm.cli import main
from posefix_mm.formats.joint_maps import load_source_joints

# with random weights the refiner moves nose and left eye alone
PASSTHROUGH = 'model.passthrough_keypoints=[' + ','.join(
    map(str, range(2, 17))) + ']'
SUFFIXES = {'deeplabcut': '.csv', 'sleap': '.slp', 'openpose': '',
            'ultralytics-txt': ''}


@pytest.fixture(scope='module')
def files(tmp_path_factory) -> ReportFiles:
    return write_report_files(tmp_path_factory.mktemp('data'), 3)


@pytest.fixture(scope='module')
def network(refiner_config, checkpoint) -> list:
    return ['--config', refiner_config, '--checkpoint', checkpoint]


class Poses(NamedTuple):
    """Poses before and after refinement, in one format."""

    before: Path
    after: Path


@pytest.fixture(scope='module', params=writable_formats())
def poses(request, files, network, tmp_path_factory) -> Poses:
    folder = tmp_path_factory.mktemp('poses')
    suffix = SUFFIXES.get(request.param, '.json')
    made = Poses(folder / f'before{suffix}', folder / f'after{suffix}')
    convert_poses(files.before, made.before, request.param, ann=files.ann)
    assert run('refine', made.before, '--img-dir', files.img_dir, '--out',
               made.after, '--format', request.param, '--no-nms', *network,
               '--cfg-options', PASSTHROUGH, '--quiet') == 0
    return made


def run(*arguments) -> int:
    return main(list(map(str, arguments)))


@pytest.fixture
def diagnose(files, tmp_path):
    """Diagnose poses of a file."""

    def diagnose(path: Path, *options) -> dict:
        assert run('diagnose', path, '--ann', files.ann, '--no-ap', '--json',
                   tmp_path / 'found.json', '--quiet', *options) == 0
        return json.loads((tmp_path / 'found.json').read_text())

    return diagnose


def test_diagnose(files, poses, diagnose) -> None:
    """Joints that every skeleton has are as in COCO's results."""
    expected = diagnose(files.before)
    after = diagnose(poses.after, '--against', poses.before)
    assert after['before']['matched'] == expected['matched'] > 3
    for joint in ('left_knee', 'right_wrist'):
        assert after['before']['by_joint'][joint] == pytest.approx(
            expected['by_joint'][joint])
    # two joints at random leave all but the smallest person to its pose
    assert after['matched'] >= expected['matched'] - 1


def test_evaluate(files, poses, tmp_path) -> None:
    """Two joints at random lower AP, and nothing else is wrong."""
    assert run('evaluate', poses.before, '--ann', files.ann, '--before',
               poses.after, '--json', tmp_path / 'found.json', '--quiet') == 0
    found = json.loads((tmp_path / 'found.json').read_text())
    assert found['results']['AP'] > found['before']['AP']
    assert {e['code'] for e in found['explanations']} <= {
        'image_id_is_file_name', 'scores_equal'}


def test_report_without_annotations(files, poses, tmp_path) -> None:
    """Sizes of images, if needed, come from the images."""
    assert run('report', poses.before, poses.after, '--img-dir',
               files.img_dir, '--out', tmp_path, '--people', '1',
               '--quiet') == 0
    page = (tmp_path / 'index.html').read_text()
    count = len(json.loads(files.before.read_text()))
    assert f'What refinement did to {count} poses' in page
    assert page.count('<img') == 2
    assert 'not in the refined file' not in page


def test_figure(files, poses, tmp_path) -> None:
    assert run('figure', 'status', poses.before, poses.after, '--ann',
               files.ann, '--out', tmp_path / 'a.svg', '--quiet') == 0
    assert (tmp_path / 'a.svg').stat().st_size > 5000


def test_network_figure(files, network, tmp_path) -> None:
    """Of shares of the image, whose size is that of the image."""
    convert_poses(files.before, tmp_path / 'labels', 'ultralytics-txt',
                  ann=files.ann)
    assert run('figure', 'network', '--poses', tmp_path / 'labels',
               '--img-dir', files.img_dir, *network, '--out',
               tmp_path / 'a.png', '--quiet') == 0
    assert (tmp_path / 'a.png').stat().st_size > 5000


@pytest.fixture
def halpe(files, tmp_path) -> Poses:
    """The same poses with Halpe's 26 joints."""
    made = Poses(tmp_path / 'before.json', tmp_path / 'after.json')
    joints = len(load_source_joints('halpe26').names)
    for source, target in zip(files[:2], made, strict=True):
        records = json.loads(source.read_text())
        for record in records:
            pose = np.zeros((joints, 3))
            pose[:17] = np.reshape(record['keypoints'], (17, 3))
            record['keypoints'] = pose.ravel().tolist()
        target.write_text(json.dumps(records))
    return made


def test_joint_map(files, halpe, diagnose, tmp_path, capsys) -> None:
    """Halpe's first joints are COCO's."""
    options = ['--joint-map', 'halpe26']
    expected = diagnose(files.after)
    assert diagnose(halpe.after, *options) == expected
    pages = []
    for name, before, after, extra in (('a', *files[:2], []),
                                       ('b', *halpe, options)):
        assert run('evaluate', after, '--ann', files.ann, '--json',
                   tmp_path / f'{name}.json', '--quiet', *extra) == 0
        assert run('report', before, after, '--img-dir', files.img_dir,
                   '--ann', files.ann, '--out', tmp_path / name, '--people',
                   '1', '--quiet', *extra) == 0
        assert run('figure', 'oks', before, after, '--ann', files.ann, '--out',
                   tmp_path / f'{name}.svg', '--quiet', *extra) == 0
        pages.append([
            (tmp_path / path).read_text() for path in
            (f'{name}.json', f'{name}.svg', f'{name}/index.html')])
    assert pages[0] == pages[1]
    assert run('diagnose', halpe.after, '--ann', files.ann) == 1
    assert 'keypoints must hold 51 numbers' in capsys.readouterr().err
