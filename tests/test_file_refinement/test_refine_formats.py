"""The same poses in every format are refined to the same coordinates."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from posefix_mm.apis import refine_results
from posefix_mm.apis.convert_poses import convert_poses
from posefix_mm.formats.joint_maps import load_source_joints

# format: file or folder, tolerance in pixels: a digit of each format, and
# single precision of coordinates that were fractions
FORMATS = {
    'coco-annotations': ('a.json', 2e-3),
    'alphapose': ('a.json', 2e-3),
    'posetrack18': ('folder', 2e-3),
    'openpose': ('folder', 2e-3),
    'ultralytics-txt': ('folder', 5e-3),
    'deeplabcut': ('a.csv', 2e-3),
    'sleap': ('a.slp', 2e-3),
}


def sorted_poses(path: Path) -> np.ndarray:
    """Keypoints by image and place in it, (N, K, 3)."""
    records = json.loads(path.read_text())
    records.sort(key=lambda r: r['image_id'])
    return np.reshape([r['keypoints'] for r in records], (len(records), -1, 3))


# of the cells of a second animal in images with one
EMPTY = 'no keypoint is present'


@pytest.fixture(scope='module')
def refine_file(refiner_config, checkpoint, drawn):
    """Refine one file into another, without NMS; count the refined."""

    def refine(poses: Path, out: Path, **options) -> int:
        summary = refine_results(
            refiner_config, checkpoint, poses, drawn / 'images', out,
            nms=False, progress=False, num_workers=0, **options)
        assert set(summary.unrefined.values()) <= {EMPTY}
        return summary.refined

    return refine


@pytest.mark.parametrize('name', FORMATS)
def test_refined_alike(name, records, refine_file, drawn, tmp_path) -> None:
    if name == 'sleap':
        pytest.importorskip('sleap_io')
    if name == 'posetrack18':  # which has no eyes
        for record in records:
            record['keypoints'][3:9] = [0] * 6
    given, ann = tmp_path / 'given.json', drawn / 'annotations.json'
    given.write_text(json.dumps(records))
    refine_file(given, tmp_path / 'expected.json', ann=ann)

    file, tolerance = FORMATS[name]
    converted, out = tmp_path / 'in' / file, tmp_path / 'out' / file
    convert_poses(given, converted, name, ann=ann)
    assert refine_file(converted, out) == len(records)
    convert_poses(out, tmp_path / 'back.json', 'coco-results', ann=ann,
                  source_format=name, skeleton='coco')
    before, expected, found = map(
        sorted_poses,
        (given, tmp_path / 'expected.json', tmp_path / 'back.json'))
    present = before[..., 2] > 0
    np.testing.assert_array_equal(found[..., 2] > 0, present)
    moved = np.abs(expected - before)[present][:, :2]
    assert (moved > .1).mean() > .9
    np.testing.assert_allclose(
        found[present][:, :2], expected[present][:, :2], rtol=0,
        atol=tolerance)


def test_frames_of_a_video(records, refiner_config, checkpoint, drawn,
                           tmp_path) -> None:
    """DeepLabCut's CSV names no suffix; frames are read from the video."""
    images = sorted((drawn / 'images').iterdir())
    frames = [cv2.imread(str(path)) for path in images]
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(
        str(tmp_path / 'walk.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 5,
        (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    pose = np.reshape(records[0]['keypoints'], (-1, 3))[:, :2].round(3)
    names = load_source_joints('coco').names
    rows = [['scorer', *['net'] * 34],
            ['bodyparts', *[name for name in names for _ in 'xy']],
            ['coords', *['x', 'y'] * 17],
            ['0', *map(repr, pose.ravel().tolist())],
            [str(len(frames)), *map(repr, pose.ravel().tolist())]]
    path, out = tmp_path / 'walknet.csv', tmp_path / 'out.csv'
    path.write_text('\n'.join(map(','.join, rows)) + '\n')
    summary = refine_results(refiner_config, checkpoint, path, tmp_path, out,
                             progress=False, num_workers=0)
    assert summary.refined == 1
    assert 'walk.avi has no frame 4' in summary.unrefined[1]
    lines = out.read_text().splitlines()
    assert lines[:3] + lines[4:] == [','.join(r) for r in rows[:3] + rows[4:]]
    moved = np.array(lines[3].split(',')[1:], float).reshape(-1, 2) - pose
    assert (np.abs(moved) > .1).mean() > .9
