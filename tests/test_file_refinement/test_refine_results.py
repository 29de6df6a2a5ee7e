"""Refining of whole files: what changes, what comes back, what is refused."""

import copy
import json
from pathlib import Path
from typing import Any, List

import numpy as np
import pytest
import torch
from mmengine.config import Config

from posefix_mm import fileio
from posefix_mm.apis import NothingRefinedError
from posefix_mm.file_refinement.file_run import FileRun


def poses_of(output: List[dict]) -> np.ndarray:
    """Keypoints of all records, (N, K, 3)."""
    return np.array([r['keypoints'] for r in output]).reshape(
        len(output), -1, 3)


# -------------------------------------------------------------- what changes
def test_only_coordinates_change(refine, records) -> None:
    output, summary = refine(records)
    assert len(output) == len(records)
    for given, got in zip(records, output, strict=True):
        assert list(got) == list(given)  # fields keep their order, too
        assert {**got, 'keypoints': 0} == {**given, 'keypoints': 0}
    before, after = poses_of(records), poses_of(output)
    np.testing.assert_array_equal(after[..., 2], before[..., 2])
    assert (after[..., :2] != before[..., :2]).all()
    assert summary.total == summary.refined == len(records)
    assert summary.dropped == 0
    assert summary.unrefined == {}


def test_coordinates_are_rounded_to_thousandths(refine, records) -> None:
    output, _ = refine(records[:2])
    values = poses_of(output)[..., :2]
    np.testing.assert_array_equal(values, values.round(3))


def test_poses_of_many_images_in_any_order(refine, records) -> None:
    """Records of an image need not stand together."""
    straight, _ = refine(records)
    order = np.random.default_rng(0).permutation(len(records))
    mixed, _ = refine([records[i] for i in order])
    np.testing.assert_allclose(
        poses_of(mixed), poses_of(straight)[order], atol=1e-3)
    assert [r['track'] for r in mixed] == [records[i]['track'] for i in order]


@pytest.mark.parametrize(('batch_size', 'num_workers'), [(1, 0), (3, 0),
                                                         (3, 2), (64, 2)])
def test_batches_and_workers_do_not_matter(refine, records, batch_size,
                                           num_workers) -> None:
    expected, _ = refine(records)
    output, _ = refine(
        records, batch_size=batch_size, num_workers=num_workers)
    np.testing.assert_allclose(
        poses_of(output), poses_of(expected), rtol=0, atol=1.001e-3)


def test_flip_test_changes_the_poses(refine, records) -> None:
    with_flip, _ = refine(records)
    without, _ = refine(records, flip_test=False)
    assert np.abs(poses_of(with_flip) - poses_of(without)).max() > .1


@pytest.mark.parametrize(('flip_test', 'x'), [(False, 23), (True, 23.5)])
def test_flat_maps_mean_the_centre(refine, records, flat_checkpoint,
                                   flip_test, x) -> None:
    """Positions of the whole way, worked out by hand.

    The pose spans x 20..60 and y 10..70: 40 x 60, times 1.2 is 48 x 72, to
    3:4 is 54 x 72, times 1.25 is 67.5 x 90, about (40, 40). The mean of 24 x
    32 positions is (11.5, 15.5), (23, 31) in the input of 48 x 64. Its mirror
    is at 47 - 23 = 24 (section 8), the mean of both at 23.5.
    """
    pose = np.full((17, 3), [40., 40., 1.])
    pose[0, :2], pose[1, :2] = (20, 10), (60, 70)
    record = dict(records[0], keypoints=pose.ravel().tolist())
    output, _ = refine([record],
                       checkpoint=str(flat_checkpoint),
                       flip_test=flip_test,
                       cfg_options={'model.head.decode_radius': None})
    expected = [40 + (x / 48 - .5) * 67.5, 40 + (31 / 64 - .5) * 90, 1.]
    np.testing.assert_allclose(
        poses_of(output)[0], [expected] * 17, rtol=0, atol=1.001e-3)


def test_passthrough_keypoints_stay_as_written(refine, records,
                                               tmp_path) -> None:
    """Numbers of more digits than float32 has, and whole ones."""
    records[0]['keypoints'][:6] = [12.34567890123456, 50, 1, 7, 8.125, .5]
    out = tmp_path / 'out.json'
    refine(
        records,
        out=out,
        cfg_options={'model.passthrough_keypoints': [0, 1, 2, 3, 4]})
    written = json.loads(out.read_text(), parse_float=str, parse_int=str)
    given = json.loads(json.dumps(records), parse_float=str, parse_int=str)
    for before, after in zip(given, written, strict=True):
        assert after['keypoints'][:15] == before['keypoints'][:15]
        assert after['keypoints'][15:] != before['keypoints'][15:]


def test_refines_as_the_test_tool_does(refine, records, refiner_config,
                                       checkpoint, drawn, tmp_path) -> None:
    """The Runner with the config's dataset and CocoMetric, NMS off."""
    from mmengine.runner import Runner
    (tmp_path / 'poses.json').write_text(json.dumps(records))
    cfg = Config.fromfile(refiner_config)
    cfg.work_dir = str(tmp_path)
    cfg.load_from = str(checkpoint)
    ann_file = str(drawn / 'annotations.json')
    cfg.merge_from_dict({
        'test_dataloader.dataset.data_root': None,
        'test_dataloader.dataset.pose_file': str(tmp_path / 'poses.json'),
        'test_dataloader.dataset.ann_file': ann_file,
        'test_dataloader.dataset.data_prefix.img': str(drawn / 'images'),
        'test_evaluator.ann_file': ann_file,
        'test_evaluator.nms_mode': 'none',
        'test_evaluator.outfile_prefix': str(tmp_path / 'tool')
    })
    Runner.from_cfg(cfg).test()
    tool = json.loads((tmp_path / 'tool.keypoints.json').read_text())
    output, _ = refine(records)
    assert [r['image_id'] for r in tool] == [r['image_id'] for r in records]
    np.testing.assert_allclose(
        poses_of(tool), poses_of(output), rtol=0, atol=1e-3)


# ----------------------------------------------------------------------- NMS
@pytest.fixture
def one_each(records) -> List[dict]:
    """One record for each image: nothing that could be a duplicate."""
    return list({r['image_id']: r for r in records}.values())


@pytest.mark.parametrize('place', [0, 1, 4])
def test_nms_drops_the_duplicate_of_lower_score(refine, one_each,
                                                place) -> None:
    duplicate = dict(one_each[0], score=one_each[0]['score'] / 2)
    given = one_each[:place] + [duplicate] + one_each[place:]
    output, summary = refine(given, nms=True)
    assert [r['score'] for r in output] == [r['score'] for r in one_each]
    assert summary.dropped == 1
    assert summary.refined == summary.total == len(given)
    kept, _ = refine(given, nms=False)
    assert len(kept) == len(given)


def test_nms_keeps_one_of_equals(refine, one_each) -> None:
    output, summary = refine([one_each[0]] * 3, nms=True)
    assert len(output) == 1
    assert summary.dropped == 2


def test_nms_leaves_records_that_are_not_refined(refine, one_each) -> None:
    """Two that are the same, but of another category."""
    other = dict(one_each[0], category_id=2)
    output, summary = refine([other, other, one_each[0]], nms=True)
    assert output[:2] == [other, other]
    assert summary.dropped == 0


# -------------------------------------------------------------------- faults
# what becomes of a good record, and the reason that is given
FAULTS = {
    'category': (dict(category_id=2), 'category 2 is not refined'),
    'category text': (dict(category_id='2'), "category '2' is not refined"),
    'score 0': (dict(score=0), 'score 0 is not above 0'),
    'score negative': (dict(score=-.5), 'score -0.5 is not above 0'),
    'score text': (dict(score='0.9'), 'score must be a finite number'),
    'score null': (dict(score=None), 'score must be a finite number'),
    'score true': (dict(score=True), 'score must be a finite number'),
    'unknown image': (dict(image_id=999), 'image 999 is not in the annot'),
    'unknown name': (dict(image_id='x1'), 'not in the annotation file'),
    'no image': (dict(image_id=None), 'image_id must be a number or name'),
    'image list': (dict(image_id=[1]), 'image_id must be a number or name'),
    'image true': (dict(image_id=True), 'image_id must be a number or name'),
    'missing file': (dict(image_id=101), "'101.jpg' is not in the image"),
    'text file': (dict(image_id=102), 'unreadable image'),
    'empty file': (dict(image_id=103), 'unreadable image'),
    'start of a jpg': (dict(image_id=104), 'unreadable image'),
    'outside': (dict(image_id=105), 'leaves the image folder'),
    'folder': (dict(image_id=106), "'folder' is not in the image folder"),
    'long name': (dict(image_id=107), 'is not a usable file name'),
    'name is a number': (dict(image_id=108), '5 is not a file name'),
    'too few joints': (dict(keypoints=[1., 2., 1.] * 16), '51 numbers'),
    'too many joints': (dict(keypoints=[1., 2., 1.] * 18), '51 numbers'),
    'none': (dict(keypoints=[]), '51 numbers'),
    'no list': (dict(keypoints=None), 'keypoints must be a list'),
    'text': (dict(keypoints=['1', 2., 1.] * 17), 'numbers only'),
    'null': (dict(keypoints=[None, 2., 1.] * 17), 'no keypoint is present'),
    'lists': (dict(keypoints=[[1.], 2., 1.] * 17), 'numbers only'),
    'huge': (dict(keypoints=[1e308, -1e308, 1.] * 17), 'lies beyond'),
    'far': (dict(keypoints=[1e9, 2., 1.] * 17), 'lies beyond 1e'),
    'absent': (dict(keypoints=[0, 0, 0] * 17), 'no keypoint is present'),
}
NO_RECORDS = ['text', 5, None, [], [1, 2]]


@pytest.fixture(scope='module')
def broken_images(drawn, tmp_path_factory) -> Path:
    """The drawn images and some that can't be used, with a list of all."""
    folder = tmp_path_factory.mktemp('broken')
    content = json.loads((drawn / 'annotations.json').read_text())
    names = {
        101: '101.jpg', 102: 'text.jpg', 103: 'empty.jpg', 104: 'start.jpg',
        105: '../secret.jpg', 106: 'folder', 107: 'a' * 300, 108: 5,
        109: 'half.jpg'
    }
    content['images'] += [dict(id=i, file_name=n) for i, n in names.items()]
    (folder / 'annotations.json').write_text(json.dumps(content))
    images = folder / 'images'
    (images / 'folder').mkdir(parents=True)
    for path in (drawn / 'images').iterdir():
        (images / path.name).write_bytes(path.read_bytes())
    whole = (images / '000001.jpg').read_bytes()
    (images / 'start.jpg').write_bytes(whole[:60])
    (images / 'half.jpg').write_bytes(whole[:len(whole) // 2])
    (images / 'text.jpg').write_text('no image')
    (images / 'empty.jpg').touch()
    (folder / 'secret.jpg').write_bytes(whole)
    return folder


@pytest.fixture(scope='module')
def mixed(refine, drawn, broken_images) -> tuple:
    """Good records, each followed by a faulty one: given, output, summary."""
    content = json.loads((drawn / 'annotations.json').read_text())
    person = content['annotations'][0]
    good = dict(
        image_id=person['image_id'],
        category_id=1,
        keypoints=[float(v) for v in person['keypoints']],
        score=.5)
    faulty = [dict(good, **change) for change, _ in FAULTS.values()]
    given = []
    for bad in faulty + NO_RECORDS:
        given += [good, bad]
    lacking = copy.deepcopy(good)
    del lacking['image_id']
    given.append(lacking)
    output, summary = refine(
        given,
        img_dir=broken_images / 'images',
        ann=broken_images / 'annotations.json')
    return given, output, summary


@pytest.mark.parametrize(
    ('place', 'reason'),
    [(2 * i + 1, reason) for i, (_, reason) in enumerate(FAULTS.values())] +
    [(2 * i + 1, 'must be an object')
     for i in range(len(FAULTS), len(FAULTS) + len(NO_RECORDS))] +
    [(2 * len(FAULTS) + 2 * len(NO_RECORDS), 'image_id must be')],
    ids=[*FAULTS, *map(repr, NO_RECORDS), 'no image_id'])
def test_faulty_record_comes_back(mixed, place, reason) -> None:
    given, output, summary = mixed
    assert json.dumps(output[place]) == json.dumps(given[place])
    assert reason in summary.unrefined[place]


def test_records_among_faulty_ones_are_refined(mixed) -> None:
    given, output, summary = mixed
    good = range(0, len(given) - 1, 2)
    assert len(output) == len(given) == summary.total
    assert summary.refined == len(good)
    assert set(summary.unrefined) == set(range(len(given))) - set(good)
    assert sum(summary.codes.values()) == len(summary.unrefined)
    assert all(output[i] != given[i] for i in good)
    np.testing.assert_allclose(  # all the same pose
        np.ptp(poses_of([output[i] for i in good]), axis=0), 0, atol=1e-3)


def test_half_a_jpg_is_no_end(refine, records, broken_images) -> None:
    """OpenCV would decode what there is; the record comes back as it was."""
    given = [dict(records[0], image_id=109), records[0]]
    output, summary = refine(
        given,
        img_dir=broken_images / 'images',
        ann=broken_images / 'annotations.json')
    assert summary.unrefined == {0: 'the image half.jpg is cut off'}
    assert summary.refined == 1
    assert output[0] == given[0] and output[1] != given[1]


def test_nothing_is_written_if_nothing_is_refined(refine, records,
                                                  tmp_path) -> None:
    out = tmp_path / 'out.json'
    given = [dict(record, image_id=999) for record in records]
    with pytest.raises(NothingRefinedError) as caught:
        refine(given, out=out)
    assert f'{len(given)} x image_missing: ' in str(caught.value)
    assert '--img-dir' in str(caught.value)
    assert [p.name for p in tmp_path.iterdir() if 'out' in p.name] == []


@pytest.mark.parametrize('given', [[], ['x'], [{}, {}]])
def test_nothing_to_refine(refine, given) -> None:
    with pytest.raises(NothingRefinedError, match='none of .* can be refined'):
        refine(given, nms=True, num_workers=2)
    output, summary = refine(
        given, nms=True, num_workers=2, allow_empty=True)
    assert output == given
    assert summary.refined == 0
    assert summary.after == dict.fromkeys(summary.after, 0.)


# -------------------------------------------------------------------- images
def test_statistics_need_annotations(refine, records, content,
                                     tmp_path) -> None:
    output, summary = refine(records)
    assert summary.before['AP'] > 0
    assert list(summary.before) == list(summary.after)

    images_only = tmp_path / 'images.json'
    images_only.write_text(json.dumps({'images': content['images']}))
    same, summary = refine(records, ann=images_only)
    assert same == output
    assert summary.before is summary.after is None


def test_annotations_of_boxes_give_file_names(refine, records, content,
                                              tmp_path) -> None:
    """COCO's instances_val2017.json has the same list of images."""
    for person in content['annotations']:
        del person['keypoints'], person['num_keypoints']
    boxes = tmp_path / 'instances.json'
    boxes.write_text(json.dumps(content))
    output, summary = refine(records[:1], ann=boxes)
    assert summary.refined == 1
    assert summary.before is None


@pytest.mark.parametrize('change', [
    dict(keypoints=[]), dict(keypoints=[1, 2, 2] * 4), dict(bbox=None),
    dict(keypoints=5)])
def test_an_odd_annotation_stops_nothing(refine, records, content, tmp_path,
                                         change) -> None:
    content['annotations'][0].update(change)
    ann = tmp_path / 'odd.json'
    ann.write_text(json.dumps(content))
    _, summary = refine(records, ann=ann)
    assert summary.before['AP'] > 0
    assert 'annotations_skipped' in [e.code for e in summary.explanations]


def test_that_ap_is_not_shown_is_said(refine, records, content,
                                      tmp_path) -> None:
    del content['categories']
    ann = tmp_path / 'odd.json'
    ann.write_text(json.dumps(content))
    _, summary = refine(records, ann=ann)
    assert summary.after is None
    assert 'no AP is shown: ' in summary.fit[-1]


def test_ids_are_numbers_in_file_names(refine, records) -> None:
    expected, _ = refine(records)
    output, summary = refine(records, ann=None)
    assert output == expected
    assert summary.before is None


def test_ids_are_file_names(refine, records, content) -> None:
    names = {i['id']: i['file_name'] for i in content['images']}
    expected, _ = refine(records)
    output, _ = refine(
        [dict(r, image_id=names[r['image_id']]) for r in records], ann=None)
    np.testing.assert_array_equal(poses_of(output), poses_of(expected))
    assert output[0]['image_id'] == names[records[0]['image_id']]


# ------------------------------------------------------------------ refusals
def refused(refine, error: type, match: str, tmp_path, **options: Any) -> None:
    """Check that a call fails and writes nothing."""
    out = tmp_path / 'sub' / 'out.json'
    with pytest.raises(error, match=match):
        refine([], **{'out': out, **options})
    assert not out.parent.exists()


@pytest.mark.parametrize(('name', 'match'), [
    ('checkpoint', 'the checkpoint .*gone does not exist'),
    ('poses', r'gone'),
    ('img_dir', 'the image folder .*gone does not exist'),
    ('ann', 'the file .*gone does not exist'),
])
def test_missing_input(refine, tmp_path, name, match) -> None:
    error = NotADirectoryError if name == 'img_dir' else FileNotFoundError
    refused(
        refine, error, match, tmp_path, **{name: str(tmp_path / 'gone')})


def test_missing_config(refine, tmp_path) -> None:
    refused(
        refine, FileNotFoundError, 'gone.py', tmp_path,
        config=tmp_path / 'gone.py')


@pytest.mark.parametrize(('name', 'text', 'match'), [
    ('poses', '', 'must hold a list of records, found nothing at byte 0'),
    ('poses', '[{}, {"a": tru}]', 'is not valid JSON at byte 5, in element 1'),
    ('poses', '[' * 100000, 'is nested too deeply'),
    ('poses', '{}', 'must hold a list of records, or an object'),
    ('ann', '{', 'is not valid JSON'),
    ('ann', '[]', 'has no list of images'),
])
def test_malformed_input(refine, tmp_path, name, text, match) -> None:
    """What the readers refuse; more of it in their own tests."""
    path = tmp_path / 'malformed.json'
    path.write_text(text)
    refused(refine, ValueError, match, tmp_path, **{name: path})


@pytest.mark.parametrize('name', ['poses', 'ann', 'checkpoint', 'config'])
def test_output_never_is_an_input(refine, tmp_path, name) -> None:
    """Not by another spelling, nor through a link, either."""
    path = tmp_path / 'input'
    path.write_text('[]')
    link = tmp_path / 'link'
    link.symlink_to(path)
    for spelling in (path, tmp_path / 'x' / '..' / 'input', link):
        with pytest.raises(ValueError, match='would overwrite an input file'):
            refine([], **{name: path, 'out': spelling})
    assert path.read_text() == '[]'


@pytest.mark.parametrize(('options', 'match'), [
    (dict(batch_size=0), 'batch_size must be at least 1, got 0'),
    (dict(show_limit=-1), 'show_limit must not be negative, got -1'),
    (dict(device='nowhere'), "cannot use device 'nowhere'"),
    (dict(device='cuda:99'), "cannot use device 'cuda:99'"),
    (dict(cfg_options={'test_dataloader.dataset.type': 'CocoDataset'}),
     "the config is not a refiner's.*got CocoDataset"),
])
def test_bad_options(refine, tmp_path, options, match) -> None:
    refused(refine, ValueError, match, tmp_path, **options)


@pytest.mark.parametrize('name', ['estimator', 'no data'])
def test_config_of_something_else(refine, refiner_config, tmp_path,
                                  name) -> None:
    from posefix_mm.demo.demo import ESTIMATOR
    config = refiner_config.parents[3] / ESTIMATOR
    if name == 'no data':
        config = Config(dict(model=dict(type='TopdownPoseEstimator')))
    refused(
        refine, ValueError, "the config is not a refiner's", tmp_path,
        config=config)


@pytest.mark.parametrize('kind', ['text', 'empty', 'another model', 'part'])
def test_weights_of_something_else(refine, checkpoint, tmp_path,
                                   kind) -> None:
    """Random weights would make nonsense of all poses, without a word."""
    path = tmp_path / 'weights.pth'
    state = torch.load(checkpoint, weights_only=True)['state_dict']
    if kind == 'text':
        path.write_text('version https://git-lfs.github.com/spec/v1')
    elif kind == 'empty':
        path.touch()
    elif kind == 'part':
        del state['head.final_layer.weight']
        torch.save({'state_dict': state}, path)
    else:
        torch.save({'state_dict': {'fc.weight': torch.zeros(3)}}, path)
    refused(
        refine, ValueError, 'does not hold weights of the config', tmp_path,
        checkpoint=str(path))


def test_config_object_is_not_changed(refine, records,
                                      refiner_config) -> None:
    config = Config.fromfile(refiner_config)
    before = copy.deepcopy(config.to_dict())
    refine(records[:1], config=config, flip_test=False)
    assert config.to_dict() == before


# -------------------------------------------------------------------- output
def test_output_folder_is_a_file(refine, tmp_path) -> None:
    (tmp_path / 'file').write_text('mine')
    with pytest.raises(OSError, match='file'):
        refine([], allow_empty=True, out=tmp_path / 'file' / 'out.json')
    assert (tmp_path / 'file').read_text() == 'mine'


def test_output_is_a_folder(refine, tmp_path) -> None:
    with pytest.raises(IsADirectoryError, match='is a folder'):
        refine([], out=tmp_path)


def test_failed_write_leaves_the_old_output(refine, records, tmp_path,
                                            monkeypatch) -> None:
    out = tmp_path / 'out.json'
    out.write_text('[1]')

    def full(*_: Any) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(fileio.os, 'fsync', full)
    with pytest.raises(OSError, match='No space left'):
        refine(records[:1], out=out)
    assert out.read_text() == '[1]'
    assert list(tmp_path.iterdir()) == [out]


# ------------------------------------------------------------------ pictures
@pytest.mark.parametrize(('limit', 'count'), [(None, 4), (2, 2), (0, 0),
                                              (9, 4)])
def test_pictures(refine, records, tmp_path, limit, count) -> None:
    import cv2
    refine(records, show_dir=tmp_path / 'show', show_limit=limit)
    pictures = sorted((tmp_path / 'show').iterdir())
    assert [p.name for p in pictures] == [
        f'{i:06d}.jpg' for i in range(1, count + 1)
    ]
    for picture in pictures:
        assert cv2.imread(str(picture)).shape == (88, 2 * 112, 3)


def test_halves_show_input_and_refined_poses(refine, records, drawn,
                                             tmp_path) -> None:
    """Both differ from the photo and from each other."""
    import cv2
    refine(records, show_dir=tmp_path, show_limit=1)
    picture = cv2.imread(str(tmp_path / '000001.jpg')).astype(int)
    photo = cv2.imread(str(drawn / 'images' / '000001.jpg')).astype(int)
    left, right = picture[:, :112], picture[:, 112:]
    for one, other in ((left, photo), (right, photo), (left, right)):
        changed = (np.abs(one - other).max(-1) > 60).mean()
        assert .002 < changed < .7


def test_pictures_of_usable_images_only(refine, records, broken_images,
                                        tmp_path) -> None:
    """An unreadable image does not count, nor does it stop anything."""
    refine([dict(records[0], image_id=102)] + records,
           img_dir=broken_images / 'images',
           ann=broken_images / 'annotations.json',
           show_dir=tmp_path,
           show_limit=1)
    assert [p.name for p in tmp_path.iterdir()] == ['000001.jpg']


def test_pictures_of_images_of_the_same_name(refine, records, drawn,
                                             tmp_path) -> None:
    source = drawn / 'images' / '000001.jpg'
    images = []
    for image_id, name in enumerate(('a/1.jpg', 'b/1.jpg'), start=1):
        path = tmp_path / 'images' / name
        path.parent.mkdir(parents=True)
        path.write_bytes(source.read_bytes())
        images.append(dict(id=image_id, file_name=name))
    ann = tmp_path / 'ann.json'
    ann.write_text(json.dumps(dict(images=images)))
    refine([dict(records[0], image_id=i) for i in (1, 2)],
           img_dir=tmp_path / 'images',
           ann=ann,
           show_dir=tmp_path / 'show')
    assert len(list((tmp_path / 'show').iterdir())) == 2


def test_pictures_never_overwrite_the_images(refine, drawn, tmp_path) -> None:
    refused(
        refine, ValueError, 'would overwrite the images', tmp_path,
        show_dir=drawn / 'images')


# ------------------------------------------------------------------ progress
@pytest.mark.parametrize('progress', [True, False])
def test_progress_bar(refine, records, capfd, progress) -> None:
    refine(records, progress=progress)
    shown = capfd.readouterr().err
    assert (f'{len(records)} of {len(records)}' in shown) is progress


def test_a_file_that_changes_meanwhile(refine, records, tmp_path,
                                       monkeypatch) -> None:
    """Places of its records would be those of others."""
    path, out = tmp_path / 'a.json', tmp_path / 'b.json'
    gather = FileRun.gather
    path.write_text(json.dumps(records))

    def change_and_gather(self, *arguments):
        path.write_text(json.dumps(records[::-1]))
        return gather(self, *arguments)

    monkeypatch.setattr(FileRun, 'gather', change_and_gather)
    with pytest.raises(ValueError, match=r'a\.json changed while it was'):
        refine(records, poses=path, out=out)
    assert not out.exists()
