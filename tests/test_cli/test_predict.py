"""``posefix predict`` on small models with random weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config

from posefix_mm.cli import main

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
KEYPOINT_CONFIGS = CONFIGS / 'body_2d_keypoint'
ESTIMATOR = (
    KEYPOINT_CONFIGS / 'rtmpose/demo/rtmpose_tiny_1xb32-14e_demo-64x48.py')
REFINER = (
    KEYPOINT_CONFIGS / 'posefix/demo/posefix_tiny_1xb32-14e_demo-64x48.py')
DETECTOR = CONFIGS / '_base_' / 'detectors' / 'rtmdet_toy_person.py'


@pytest.fixture
def posefix():
    """Run ``posefix predict``."""
    return lambda *argv: main(['predict', *map(str, argv)])


@pytest.fixture(scope='module')
def weights(tmp_path_factory) -> Path:
    """Checkpoint of the refiner."""
    from mmengine.registry import DefaultScope
    from mmpose.registry import MODELS

    import posefix_mm  # noqa: F401  registers
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmpose'):
        model = MODELS.build(Config.fromfile(REFINER).model)
    path = tmp_path_factory.mktemp('weights') / 'refiner.pth'
    torch.save({'state_dict': model.state_dict()}, path)
    return path


@pytest.fixture
def refiner(weights: Path) -> tuple:
    return '--config', REFINER, '--checkpoint', weights


def test_chain(posefix, people: Path, tmp_path: Path, refiner, capfd) -> None:
    """From config files to JSON and pictures."""
    pytest.importorskip('mmdet')
    out = tmp_path / 'out.json'
    code = posefix(people / 'images', '--det', DETECTOR, '--pose2d', ESTIMATOR,
                   *refiner, '--out', out, '--vis-dir', tmp_path / 'pictures',
                   '--blend', '--pred-dir', tmp_path / 'predictions')
    printed = capfd.readouterr()
    assert code == 0
    records = json.loads(out.read_text())
    images = sorted((people / 'images').iterdir())
    assert {r['image_id'] for r in records} == {1, 2, 3}
    assert (f'3 images, {len(records)} poses refined, 0 images skipped'
            in printed.out)
    assert sorted(p.name for p in (tmp_path / 'pictures').iterdir()
                  ) == [p.name for p in images]
    predictions = [
        json.loads((tmp_path / f'predictions/{p.stem}.json').read_text())
        for p in images
    ]
    assert sum(map(len, predictions)) == len(records)
    np.testing.assert_allclose(records[0]['keypoints'][:2],
                               predictions[0][0]['keypoints'][0])


def test_boxes_of_a_file(posefix, people: Path, tmp_path: Path,
                         refiner) -> None:
    boxes = [
        dict(image_id=2, category_id=1, bbox=[10, 5, 40, 70], score=.8),
    ]
    (tmp_path / 'boxes.json').write_text(json.dumps(boxes))
    assert posefix(people / 'images', '--boxes', tmp_path / 'boxes.json',
                   '--pose2d', ESTIMATOR, *refiner, '--out',
                   tmp_path / 'out.json', '--quiet') == 0
    [record] = json.loads((tmp_path / 'out.json').read_text())
    assert (record['image_id'], record['bbox']) == (2, [10, 5, 40, 70])


def test_poses_of_a_file(posefix, people: Path, tmp_path: Path, refiner,
                         capfd) -> None:
    assert posefix(people / 'images', '--poses', people / 'results.json',
                   *refiner, '--out', tmp_path / 'out.json', '--quiet') == 0
    records = json.loads((tmp_path / 'out.json').read_text())
    given = json.loads((people / 'results.json').read_text())
    assert len(records) == len(given)
    assert capfd.readouterr().out == ''


@pytest.mark.parametrize('options', ['--poses', '--boxes'])
def test_sizes_of_annotations(posefix, people: Path, tmp_path: Path, refiner,
                              options: str) -> None:
    """Annotations of half the size: results are in their pixels."""
    ann = json.loads((people / 'annotations.json').read_text())
    given = json.loads((people / 'results.json').read_text()) \
        if options == '--poses' else ann['annotations'][:4]
    half = json.loads(json.dumps([ann, given]))
    for image in half[0]['images']:
        image['width'] /= 2
        image['height'] /= 2
    for record in half[1]:
        for name in ('keypoints', 'bbox'):
            values = np.array(record.get(name, []), float)
            step = 3 if name == 'keypoints' else len(values) + 1
            values[np.arange(len(values)) % step < max(step - 1, 1)] /= 2
            record[name] = values.tolist()
    found = []
    for name, (truth, records) in dict(whole=(ann, given), half=half).items():
        (tmp_path / f'{name}_ann.json').write_text(json.dumps(truth))
        (tmp_path / f'{name}.json').write_text(json.dumps(records))
        torch.manual_seed(0)
        assert posefix(people / 'images', options, tmp_path / f'{name}.json',
                       *(() if options == '--poses' else
                         ('--pose2d', ESTIMATOR)),
                       '--ann', tmp_path / f'{name}_ann.json', *refiner,
                       '--out', tmp_path / f'{name}_out.json', '--quiet') == 0
        found.append([np.reshape(r['keypoints'], (-1, 3))[:, :2] for r in
                      json.loads((tmp_path / f'{name}_out.json').read_text())])
    assert len(found[0]) == len(found[1]) > 0
    np.testing.assert_allclose(found[0], 2 * np.array(found[1]), atol=1e-3)


def test_poses_off_the_picture(posefix, people: Path, tmp_path: Path, refiner,
                               capfd) -> None:
    """They come back as they were, and are told."""
    poses = json.loads((people / 'results.json').read_text())
    moved = np.reshape(poses[0]['keypoints'], (-1, 3)) + (400, 0, 0)
    poses[0]['keypoints'] = moved.ravel().tolist()
    (tmp_path / 'poses.json').write_text(json.dumps(poses))
    arguments = (people / 'images', '--poses', tmp_path / 'poses.json',
                 *refiner, '--out', tmp_path / 'out.json')
    assert posefix(*arguments) == 0
    printed = capfd.readouterr()
    assert '1 of its poses can not be used' in printed.err
    assert 'lie outside of the picture' in printed.err
    assert f'{len(poses) - 1} poses refined' in printed.out
    records = json.loads((tmp_path / 'out.json').read_text())
    assert len(records) == len(poses)
    [same] = [r for r in records if r['keypoints'][0] > 300]
    np.testing.assert_allclose(
        np.reshape(same['keypoints'], (-1, 3)) * (moved[:, 2:] > 0),
        moved * (moved[:, 2:] > 0), atol=1e-3)
    assert posefix(*arguments, '--strict') == 3


def test_poses_of_another_format(posefix, people: Path, tmp_path: Path,
                                 refiner) -> None:
    """As those of COCO results; files of poses have one reader."""
    given = json.loads((people / 'results.json').read_text())
    named = [dict(r, image_id=f"{r['image_id']:06d}.jpg", idx=i)
             for i, r in enumerate(given)]
    (tmp_path / 'alphapose-results.json').write_text(json.dumps(named))
    outs = []
    for poses in (people / 'results.json',
                  tmp_path / 'alphapose-results.json'):
        assert posefix(people / 'images', '--poses', poses, *refiner, '--out',
                       tmp_path / 'out.json', '--quiet') == 0
        outs.append(json.loads((tmp_path / 'out.json').read_text()))
    assert outs[0] == outs[1]
    assert len(outs[0]) == len(given)


def test_an_empty_file(posefix, people: Path, tmp_path: Path, refiner,
                       capfd) -> None:
    (tmp_path / 'poses.json').write_text('[]')
    assert posefix(people / 'images', '--poses', tmp_path / 'poses.json',
                   *refiner, '--out', tmp_path / 'out.json') == 4
    assert capfd.readouterr().err == (
        f'error: {tmp_path}/poses.json holds no poses: there is nothing to '
        'refine\n')
    assert not (tmp_path / 'out.json').exists()


def test_no_pose_is_refined(posefix, people: Path, tmp_path: Path, refiner,
                            capfd) -> None:
    """Poses that belong to none of the images are no success."""
    poses = json.loads((people / 'results.json').read_text())
    for pose in poses:
        pose['image_id'] += 1000
    (tmp_path / 'poses.json').write_text(json.dumps(poses))
    assert posefix(people / 'images', '--poses', tmp_path / 'poses.json',
                   *refiner, '--out', tmp_path / 'out.json') == 4
    printed = capfd.readouterr()
    assert 'none of the poses can be refined' in printed.err
    assert 'the list of their ids and names with --ann' in printed.err
    assert 'written to' not in printed.out
    assert not (tmp_path / 'out.json').exists()


def test_strict(posefix, people: Path, tmp_path: Path, refiner,
                capfd) -> None:
    """Bad images are named, and the rest is written all the same."""
    images = tmp_path / 'images'
    images.mkdir()
    [first, *_] = sorted((people / 'images').iterdir())
    (images / 'good_1.jpg').write_bytes(first.read_bytes())
    (images / 'cut_2.jpg').write_bytes(first.read_bytes()[:200])
    arguments = [
        images, '--det', 'whole_image', '--pose2d', ESTIMATOR, *refiner,
        '--out', tmp_path / 'out.json'
    ]
    assert posefix(*arguments) == 0
    printed = capfd.readouterr()
    assert '2 images, 1 poses refined, 1 images skipped' in printed.out
    assert 'cut_2.jpg is skipped' in printed.err
    assert 'WARNING' not in printed.out  # the log is for people
    assert posefix(*arguments, '--strict') == 3
    assert len(json.loads((tmp_path / 'out.json').read_text())) == 1


@pytest.mark.parametrize(('options', 'message'), [
    (['--out', 'out.json'], 'give poses, or an estimator as pose2d'),
    ([], 'nothing would be written'),
    (['--out', 'out.json', '--pose2d', 'nope'], 'nope is neither a config'),
    (['--out', 'out.json', '--pose2d', 'no.py'], 'no.py does not exist'),
    (['--out', 'out.json', '--poses', 'no.json'], 'no.json does not exist'),
    (['--out', 'poses.json', '--poses', 'poses.json'],
     'poses.json would overwrite an input file'),
])
def test_wrong_options(posefix, people: Path, refiner, options, message,
                       tmp_path: Path, monkeypatch, capfd) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'poses.json').write_text('[]')
    assert posefix(people / 'images', *refiner, *options) == 1
    assert message in capfd.readouterr().err


@pytest.mark.parametrize(('name', 'message'), [
    ('no.mp4', 'the input no.mp4 does not exist'),
    ('no*.jpg', 'there are no images in the pattern'),
])
def test_wrong_input(posefix, refiner, name, message, tmp_path: Path,
                     monkeypatch, capfd) -> None:
    monkeypatch.chdir(tmp_path)
    assert posefix(name, '--poses', 'x.json', *refiner, '--out', 'o.json') == 1
    assert message in capfd.readouterr().err


def test_a_number_is_a_camera(tmp_path: Path, monkeypatch) -> None:
    from posefix_mm.cli.predict import read_input
    monkeypatch.chdir(tmp_path)
    assert read_input('0') == 0
    (tmp_path / '0').mkdir()
    assert read_input('0') == '0'
