"""Runs that are killed: nothing half-written, nothing done twice or lost."""

import json
import random
from pathlib import Path
from typing import Any, Dict, List

import killed_run
import numpy as np
import pytest

from posefix_mm.apis import refine_results
from posefix_mm.file_refinement.file_run import find_journals


@pytest.fixture(scope='module')
def arguments(refiner_config, checkpoint, drawn,
              tmp_path_factory) -> Dict[str, Any]:
    """A run of a second or two: 240 poses, one in ten without an image."""
    folder = tmp_path_factory.mktemp('resume')
    rng = np.random.default_rng(0)
    content = json.loads((drawn / 'annotations.json').read_text())
    people = [p for p in content['annotations'] if p['num_keypoints'] > 3]
    records: List[dict] = []
    for index in range(240):
        person = people[index % len(people)]
        pose = np.array(person['keypoints'], np.float64).reshape(-1, 3)
        pose[:, :2] += rng.normal(0, 4, (len(pose), 2))
        records.append(
            dict(
                image_id=person['image_id'] if index % 10 else 999,
                category_id=1,
                keypoints=np.round(pose, 3).ravel().tolist(),
                score=float(rng.uniform(.1, 1)),
                number=index))
    # an image is never split, and four images would be one chunk
    copies = 40
    images = [
        dict(image, id=image['id'] + 1000 * copy)
        for copy in range(copies) for image in content['images']
    ]
    for index, record in enumerate(records):
        if record['image_id'] != 999:
            record['image_id'] += 1000 * (index % copies)
    (folder / 'poses.json').write_text(json.dumps(records))
    (folder / 'images.json').write_text(json.dumps({'images': images}))
    return dict(
        config=refiner_config,
        checkpoint=str(checkpoint),
        poses=folder / 'poses.json',
        img_dir=drawn / 'images',
        ann=folder / 'images.json',
        batch_size=2,
        num_workers=1,
        progress=False)


@pytest.fixture(scope='module')
def uninterrupted(arguments, tmp_path_factory) -> Path:
    """The output of a run that is left alone."""
    out = tmp_path_factory.mktemp('whole') / 'out.json'
    killed_run.duration(dict(arguments, out=out))
    assert [p.name for p in sorted(out.parent.iterdir())
            ] == ['out.json', 'out.json.log.jsonl']
    records = json.loads(out.read_text())
    summary = json.loads(out.with_name(
        'out.json.log.jsonl').read_text().splitlines()[-1])['summary']
    assert summary['records'] == 240
    assert summary['codes']['image_missing'] == 24
    assert len(records) == 240 - summary['dropped']
    return out


@pytest.mark.parametrize(
    'wanted', [8, pytest.param(24, marks=pytest.mark.slow)])
def test_killed_at_random_points(arguments, uninterrupted, tmp_path,
                                 wanted) -> None:
    """SIGKILL again and again: the end is the same to the last byte."""
    out = tmp_path / 'out.json'
    options = dict(arguments, out=out)
    seconds = killed_run.duration(options)
    expected = uninterrupted.read_bytes()
    assert out.read_bytes() == expected
    out.unlink()
    clock = random.Random(0)
    kills, finished, resumed = 0, 0, 0
    while kills < wanted or not finished:
        resumed += bool(find_journals(out))
        process = killed_run.start(dict(options, resume=True))
        if killed_run.kill_after(process, clock.uniform(0, seconds)):
            kills += 1
            # whatever is there is whole
            assert not out.exists() or out.read_bytes() == expected
        else:
            assert process.exitcode == 0
            assert out.read_bytes() == expected
            log = out.with_name('out.json.log.jsonl')
            assert log.read_bytes() == uninterrupted.with_name(
                log.name).read_bytes()
            assert find_journals(out) == []
            out.unlink()
            finished += 1
    assert resumed > wanted / 3


def test_resume_does_not_do_work_again(arguments, uninterrupted, tmp_path,
                                       stop_after) -> None:
    """What is noted is not refined again; the rest is."""
    out, added = tmp_path / 'out.json', stop_after(3)
    with pytest.raises(KeyboardInterrupt):
        refine_results(**arguments, out=out)
    assert not out.exists()
    refine_results(**arguments, out=out, resume=True)
    assert out.read_bytes() == uninterrupted.read_bytes()
    assert len(added) == len(set(added)) > 5


def test_another_run_is_not_resumed(arguments, tmp_path, stop_after) -> None:
    """Results of other options never end in the same file."""
    out = tmp_path / 'out.json'
    stop_after(1)
    with pytest.raises(KeyboardInterrupt):
        refine_results(**arguments, out=out)
    assert len(find_journals(out)) == 1
    for change in (dict(flip_test=False), dict(batch_size=5), dict(nms=False)):
        with pytest.raises(ValueError, match='of a run with another input'):
            refine_results(**dict(arguments, **change), out=out, resume=True)
    assert not out.exists()


def test_full_disk(arguments, tmp_path) -> None:
    """A clear error, the old output and the input are untouched."""
    out = tmp_path / 'out.json'
    out.write_text('old')
    before = arguments['poses'].read_bytes()
    process = killed_run.start(dict(arguments, out=out), limit=20000)
    process.join()
    assert process.exitcode == 1
    assert 'free some space' in (tmp_path / 'out.json.error').read_text()
    assert out.read_text() == 'old'
    assert arguments['poses'].read_bytes() == before


def test_folder_that_cannot_be_written(arguments, tmp_path) -> None:
    (tmp_path / 'file').touch()
    with pytest.raises(OSError, match='name a folder that can be written'):
        refine_results(**arguments, out=tmp_path / 'file' / 'out.json')
