"""Other formats than COCO results, and videos: stopped, shared, gone on."""

import json
from pathlib import Path
from typing import Any, Dict

import cv2
import killed_run
import numpy as np
import pytest

from posefix_mm.apis import refine_results
from posefix_mm.apis.convert_poses import convert_poses
from posefix_mm.file_refinement.file_run import find_journals

FORMATS = {'openpose': '', 'ultralytics-txt': '', 'alphapose': '.json',
           'coco-annotations': '.json', 'deeplabcut': '.csv', 'video': ''}
COUNT = 60


def content_of(path: Path) -> Dict[str, bytes]:
    """Bytes of a file, or of all files of a folder."""
    files = sorted(path.rglob('*')) if path.is_dir() else [path]
    return {str(p.relative_to(path)): p.read_bytes() for p in files
            if p.is_file()}


@pytest.fixture(scope='module', params=FORMATS)
def arguments(request, refiner_config, checkpoint, drawn,
              tmp_path_factory) -> Dict[str, Any]:
    """60 poses in as many images, or frames of a video."""
    folder = tmp_path_factory.mktemp('resume')
    rng = np.random.default_rng(0)
    content = json.loads((drawn / 'annotations.json').read_text())
    people = [p for p in content['annotations'] if p['num_keypoints'] > 3]
    names = {i['id']: i['file_name'] for i in content['images']}
    pixels = {i: cv2.imread(str(drawn / 'images' / name))
              for i, name in names.items()}
    (folder / 'images').mkdir()
    video = cv2.VideoWriter(
        str(folder / 'clip.mp4'), cv2.VideoWriter_fourcc(*'mp4v'), 10,
        (112, 88))
    records, images = [], []
    for index in range(COUNT):
        person = people[index % len(people)]
        pose = np.reshape(person['keypoints'], (-1, 3)).astype(float)
        pose[:, :2] += rng.normal(0, 2, (len(pose), 2))
        records.append(dict(image_id=index, category_id=1, score=.5,
                            keypoints=np.round(pose, 2).ravel().tolist()))
        images.append(dict(id=index, file_name=f'clip_{index:012d}.png',
                           width=112, height=88))
        video.write(pixels[person['image_id']])
        cv2.imwrite(str(folder / 'images' / images[-1]['file_name']),
                    pixels[person['image_id']])
    video.release()
    (folder / 'results.json').write_text(json.dumps(records))
    (folder / 'images.json').write_text(json.dumps(dict(images=images)))
    name = 'openpose' if request.param == 'video' else request.param
    poses = folder / f'poses{FORMATS[request.param]}'
    convert_poses(folder / 'results.json', poses, name,
                  ann=folder / 'images.json')
    if request.param == 'video':
        for path in (folder / 'images').iterdir():
            path.unlink()
        (folder / 'clip.mp4').rename(folder / 'images' / 'clip.mp4')
    return dict(
        config=refiner_config,
        checkpoint=str(checkpoint),
        poses=poses,
        pose_format=name,
        img_dir=folder / 'images',
        batch_size=1,
        num_workers=1,
        flip_test=False,
        progress=False)


@pytest.fixture(scope='module')
def uninterrupted(arguments, tmp_path_factory) -> Path:
    """The output of a run that is left alone."""
    out = tmp_path_factory.mktemp('whole') / arguments['poses'].name
    summary = refine_results(**arguments, out=out)
    assert (summary.total, summary.refined) == (COUNT, COUNT)
    assert content_of(out) != content_of(arguments['poses'])
    return out


def test_interrupted_and_resumed(arguments, uninterrupted, tmp_path,
                                 stop_after) -> None:
    """Ctrl-C after two parts: nothing is written, then the same bytes."""
    out, added = tmp_path / uninterrupted.name, stop_after(2)
    with pytest.raises(KeyboardInterrupt):
        refine_results(**arguments, out=out)
    assert not out.exists()
    assert len(find_journals(out)) == 1
    summary = refine_results(**arguments, out=out, resume=True)
    assert summary.refined == COUNT
    assert content_of(out) == content_of(uninterrupted)
    assert len(added) == len(set(added)) == 4
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        out.name, f'{out.name}.log.jsonl']


def test_an_output_that_is_there(arguments, uninterrupted, tmp_path) -> None:
    """A file is replaced, a folder with something in it is told at once."""
    out = tmp_path / uninterrupted.name
    if arguments['poses'].is_file():
        out.write_text('mine')
        refine_results(**arguments, out=out)
        assert content_of(out) == content_of(uninterrupted)
        return
    out.mkdir()
    (out / 'mine.txt').write_text('mine')
    with pytest.raises(FileExistsError, match='is not an empty folder'):
        refine_results(**arguments, out=out)
    assert find_journals(out) == []
    assert (out / 'mine.txt').read_text() == 'mine'


@pytest.mark.slow
def test_killed_at_random_points(arguments, uninterrupted, tmp_path) -> None:
    """SIGKILL again and again: the end is the same to the last byte."""
    out = tmp_path / uninterrupted.name
    options = dict(arguments, out=out)
    seconds = killed_run.duration(options)
    expected = content_of(uninterrupted)
    assert content_of(out) == expected
    clock = np.random.default_rng(0)
    for _ in range(4):
        killed_run.remove(out)
        while killed_run.kill_after(
                killed_run.start(dict(options, resume=True)),
                clock.uniform(.3, 1) * seconds):
            assert not out.exists() or content_of(out) == expected
        assert content_of(out) == expected
