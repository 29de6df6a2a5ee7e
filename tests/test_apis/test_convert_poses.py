"""Converting poses there and back."""

import json

import cv2
import numpy as np
import pytest

from posefix_mm.apis.convert_poses import (
    NothingConvertedError,
    convert_poses,
    writable_formats,
)
from posefix_mm.formats import open_pose_file
from posefix_mm.formats.joint_maps import load_source_joints
from posefix_mm.images.image_finder import ImageFinder

IMAGES = dict(images=[
    dict(id=7, file_name='walk/000007.jpg', width=640, height=480),
    dict(id=9, file_name='walk/000009.png', width=320, height=240),
    dict(id=11, file_name='run/1.jpg', width=100, height=100),
])
COCO = load_source_joints('coco').names


def pose(seed, flags=False):
    rng = np.random.default_rng(seed)
    values = np.empty((17, 3))
    values[:, :2] = rng.uniform(10, 230, (17, 2)).round(2)
    values[:, 2] = 2 if flags else rng.uniform(.1, 1, 17).round(3)
    values[3] = 0  # the left ear is absent
    return values


def records():
    return [
        dict(image_id=9, category_id=1, keypoints=pose(0).ravel().tolist(),
             score=.75, track_id=4),
        dict(image_id=7, category_id=1, keypoints=pose(1).ravel().tolist(),
             score=.5, track_id=5),
        dict(image_id=9, category_id=1, keypoints=pose(2).ravel().tolist(),
             score=.25, track_id=6),
    ]


@pytest.fixture
def files(tmp_path):
    (tmp_path / 'images.json').write_text(json.dumps(IMAGES))
    (tmp_path / 'results.json').write_text(json.dumps(records()))
    return tmp_path


def poses_by_image(path, ann):
    """Keypoints of every pose of COCO results, sorted by their image."""
    return sorted(
        (record['image_id'], record['keypoints'])
        for record in json.loads(path.read_text()))


# format: tolerance in pixels, and what it has no place for
TARGETS = {
    'coco-results': (0, {}),
    'coco-annotations': (0, dict(keypoint_scores=3)),
    'posetrack18': (0, {'joint left_eye': 3, 'joint right_eye': 3}),
    'openpose': (0, dict(score=3, track_id=3)),
    'alphapose': (0, {}),
    'ultralytics-txt': (1e-4, dict(track_id=3)),
    'deeplabcut': (0, dict(score=3, track_id=3)),
    'sleap': (0, {}),
}


@pytest.mark.parametrize('name', TARGETS)
def test_there_and_back(name, files):
    if name == 'sleap':
        pytest.importorskip('sleap_io')
    tolerance, lost = TARGETS[name]
    ann, back = files / 'images.json', files / 'back.json'
    given = files / 'results.json'
    out = files / ('out.slp' if name == 'sleap' else
                   'out.csv' if name == 'deeplabcut' else 'out.json')
    summary = convert_poses(given, out, name, ann=ann)
    assert (summary.total, summary.converted) == (3, 3)
    assert summary.lost == lost and not summary.unconverted
    again = convert_poses(out, back, 'coco-results', source_format=name,
                          skeleton='coco', ann=ann)
    # the image with one person has empty cells for a second
    empty = dict(no_keypoint=1) if name == 'deeplabcut' else {}
    assert again.converted == 3 and again.unconverted == empty
    kept = np.ones(17, bool)
    if name == 'posetrack18':
        kept[1:3] = False
    for (image, expected), (image_back, found) in zip(
            poses_by_image(given, ann), poses_by_image(back, ann),
            strict=True):
        assert image == image_back
        expected, found = (np.reshape(v, (17, 3)) for v in (expected, found))
        assert not found[~kept].any()
        np.testing.assert_allclose(
            found[kept, :2], expected[kept, :2], rtol=0, atol=tolerance)
        if name != 'coco-annotations':  # which has flags
            np.testing.assert_allclose(found[kept, 2], expected[kept, 2],
                                       rtol=1e-6)


def test_every_writer_is_tested():
    assert set(TARGETS) == set(writable_formats())


def test_fields_and_scores_are_carried_along(files):
    out = files / 'out.json'
    convert_poses(files / 'results.json', out, 'alphapose',
                  ann=files / 'images.json')
    expected = records()
    for record in expected:
        record['image_id'] = {
            9: 'walk/000009.png', 7: 'walk/000007.jpg'}[record['image_id']]
    assert json.loads(out.read_text()) == expected


def test_annotations_have_what_evaluation_needs(files):
    out = files / 'out.json'
    convert_poses(files / 'results.json', out, 'coco-annotations',
                  ann=files / 'images.json')
    content = json.loads(out.read_text())
    assert content['images'] == [
        IMAGES['images'][1], IMAGES['images'][0], IMAGES['images'][2]]
    assert content['categories'] == [
        dict(id=1, name='person', keypoints=COCO)]
    first = content['annotations'][0]
    present = np.delete(pose(0)[:, :2], 3, 0)
    np.testing.assert_allclose(
        first['bbox'], [*present.min(0), *np.ptp(present, 0)])
    assert first['area'] == pytest.approx(np.ptp(present, 0).prod())
    assert (first['num_keypoints'], first['score'], first['track_id']) == (
        16, .75, 4)
    assert first['keypoints'][2::3] == [2, 2, 2, 0, *[2] * 13]


def test_images_without_poses_have_their_file_too(files):
    out = files / 'out'
    convert_poses(files / 'results.json', out, 'openpose',
                  ann=files / 'images.json')
    names = sorted(p.relative_to(out).as_posix() for p in out.rglob('*.json'))
    assert names == ['run/1_keypoints.json', 'walk/000007_keypoints.json',
                     'walk/000009_keypoints.json']
    assert json.loads(
        (out / names[0]).read_text()) == dict(version=1.3, people=[])
    person = json.loads((out / names[1]).read_text())['people'][0]
    # OpenPose's joint 4 is the right wrist, COCO's joint 10; 18 the left ear
    np.testing.assert_array_equal(
        np.reshape(person['pose_keypoints_2d'], (25, 3))[[4, 18]],
        pose(1)[[10, 3]])


EMPTY = ('coco-annotations', 'posetrack18', 'openpose', 'ultralytics-txt')


@pytest.mark.parametrize('source', EMPTY)
@pytest.mark.parametrize('target', [*EMPTY, 'coco-results'])
def test_images_without_poses_stay_or_are_counted(source, target, files):
    ann = files / 'images.json'
    convert_poses(files / 'results.json', files / 'in', source, ann=ann)
    summary = convert_poses(files / 'in', files / 'out', target,
                            source_format=source, ann=ann)
    assert summary.converted == 3
    assert summary.lost['image without poses'] == (target == 'coco-results')
    if target in EMPTY:
        back = open_pose_file(files / 'out', format=target, joint_map=None
                              if 'ultralytics' not in target else 'coco')
        assert [(i.stem or i.file_name).removesuffix('.jpg')
                for i in back.images_without_poses()] == ['run/1']


def test_mediapipe_in(files):
    landmarks = [dict(x=i / 40, y=i / 80, z=.5, visibility=.9)
                 for i in range(33)]
    (files / 'walk').mkdir()
    (files / 'walk' / '000009.json').write_text(
        json.dumps(dict(pose_landmarks=[landmarks])))
    (files / 'mp').mkdir()
    (files / 'walk').rename(files / 'mp' / 'walk')
    summary = convert_poses(
        files / 'mp', files / 'out.json', 'coco-results', skeleton='coco',
        ann=files / 'images.json')
    record, = json.loads((files / 'out.json').read_text())
    assert record['image_id'] == 9 and len(record['z']) == 33
    # the left hip, joint 11 of COCO, is landmark 23
    np.testing.assert_allclose(
        record['keypoints'][33:36], [23 / 40 * 320, 23 / 80 * 240, .9],
        rtol=1e-6)
    assert summary.lost['joint left_heel'] == 1 and len(summary.lost) == 16


def test_ultralytics_json_in(files):
    (files / 'json').mkdir()
    (files / 'json' / '1.json').write_text(json.dumps([{
        'class': 0, 'confidence': .5, 'name': 'person',
        'box': dict(x1=1, y1=2, x2=11, y2=22),
        'keypoints': dict(x=[3.25] * 17, y=[4.5] * 17, visible=[.5] * 17)}]))
    convert_poses(files / 'json', files / 'out.json', 'alphapose',
                  img_dir=make_image(files))
    record, = json.loads((files / 'out.json').read_text())
    assert record['bbox'] == [1, 2, 10, 20] and record['name'] == 'person'
    assert record['keypoints'][:3] == [3.25, 4.5, .5]
    assert (record['image_id'], record['score']) == ('1.png', .5)


def make_image(folder):
    """Folder with an image 40 wide and 30 high."""
    from PIL import Image
    (folder / 'img').mkdir()
    Image.new('RGB', (40, 30)).save(folder / 'img' / '1.png')
    return folder / 'img'


def test_sizes_come_from_the_images(files):
    record = dict(records()[0], image_id='1.png')
    (files / 'results.json').write_text(json.dumps([record]))
    convert_poses(files / 'results.json', files / 'labels',
                  'ultralytics-txt', img_dir=make_image(files))
    numbers = (files / 'labels' / '1.txt').read_text().split()
    np.testing.assert_allclose(
        [float(n) for n in numbers[5:7]], pose(0)[0, :2] / (40, 30),
        rtol=1e-6)
    assert len(numbers) == 5 + 51 + 1 and numbers[-1] == '0.75'
    present = np.delete(pose(0)[:, :2], 3, 0)
    middle = (present.min(0) + present.max(0)) / 2
    np.testing.assert_allclose(
        [float(n) for n in numbers[:5]],
        [0, *(middle / (40, 30)), *(np.ptp(present, 0) / (40, 30))],
        rtol=1e-6)


def test_unreadable_poses_are_counted(files):
    given = [*records(), dict(image_id=7), 3,
             dict(records()[0], score=0), dict(records()[0], image_id=None)]
    (files / 'results.json').write_text(json.dumps(given))
    summary = convert_poses(files / 'results.json', files / 'out.json',
                            'coco-annotations', ann=files / 'images.json')
    assert (summary.total, summary.converted) == (7, 3)
    assert summary.unconverted == dict(
        keypoints=1, not_an_object=1, score_not_positive=1, image_id=1)


def test_names_of_a_joint_map(files):
    (files / 'map.py').write_text(
        "source_joints = ['a', 'b']\njoints = dict(nose='b')")
    record = dict(records()[0], keypoints=[1, 2, .5, 3, 4, .5])
    (files / 'results.json').write_text(json.dumps([record]))
    summary = convert_poses(
        files / 'results.json', files / 'out.json', 'coco-results',
        joint_map=files / 'map.py', skeleton='coco')
    out, = json.loads((files / 'out.json').read_text())
    assert out['keypoints'][:3] == [3, 4, .5] and not any(
        out['keypoints'][3:])
    assert summary.lost == {'joint a': 1}


def test_frames_of_a_video(files):
    out = files / 'mouseposefix_mm.csv'
    rows = ['scorer,net,net', 'bodyparts,nose,nose', 'coords,x,y',
            '0,1.5,2.5', '3,4.5,5.5']
    (files / 'mousenet.csv').write_text('\n'.join(rows) + '\n')
    summary = convert_poses(files / 'mousenet.csv', out, 'deeplabcut')
    assert summary.converted == 2
    assert out.read_text() == '\n'.join(rows).replace(
        'net', 'posefix_mm') + '\n'
    summary = convert_poses(
        files / 'mousenet.csv', files / 'out.json', 'coco-results')
    assert not summary.lost
    ids = [r['image_id'] for r in json.loads((files / 'out.json').read_text())]
    assert ids == ['mouse_000000000000', 'mouse_000000000003']


@pytest.mark.parametrize('target', [
    'coco-results', 'coco-annotations', 'alphapose', 'ultralytics-txt',
    'openpose'])
def test_frames_that_are_found_in_a_folder(tmp_path, target):
    """Each stays the one that it was, by whatever name."""
    videos = tmp_path / 'videos'
    videos.mkdir()
    writer = cv2.VideoWriter(
        str(videos / 'cam.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 48))
    for _ in range(4):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    (tmp_path / 'given').mkdir()
    for frame in (1, 3):
        (tmp_path / 'given' / f'cam.{frame:04d}_keypoints.json').write_text(
            json.dumps(dict(people=[dict(
                pose_keypoints_2d=[9 + frame, 5, .5] * 18)])))
    skeleton = 'openpose_coco18' if target == 'openpose' else 'coco'
    summary = convert_poses(
        tmp_path / 'given', tmp_path / 'out', target, img_dir=videos,
        skeleton=skeleton)
    assert summary.converted == 2
    poses = open_pose_file(
        tmp_path / 'out', target_names=['nose', 'neck'],
        joint_map=skeleton, format=target)
    finder = ImageFinder(videos)
    for record in poses.read([0, 1], (64, 48)):
        image = poses.images[poses.image_index[record.index]]
        assert finder.locate(image).frame == pytest.approx(
            record.keypoints[0, 0] - 9, abs=1e-4)


@pytest.mark.parametrize(('target', 'options', 'message'), [
    ('mediapipe', {}, "no writer of the format 'mediapipe'; use one of coco"),
    ('alphapose', {}, r'name of the file of image 9 is not known.*--ann'),
    ('openpose', dict(skeleton='coco'), 'openpose has joints of its own: '
     'openpose_body25 or openpose_coco18, not coco'),
    ('coco-results', dict(source_format='yolo'), "no format 'yolo'"),
])
def test_what_is_wrong_is_said(files, target, options, message):
    with pytest.raises(ValueError, match=message):
        convert_poses(files / 'results.json', files / 'out', target,
                      **options)
    assert not (files / 'out').exists()


def test_the_input_is_not_overwritten(files):
    with pytest.raises(ValueError, match='would overwrite the input'):
        convert_poses(files / 'results.json', files / 'results.json',
                      'alphapose', ann=files / 'images.json')


@pytest.mark.parametrize('name', ['../x.jpg', '/etc/x.jpg', 'a\\..\\x.jpg'])
def test_names_do_not_leave_the_folder(files, name):
    (files / 'results.json').write_text(
        json.dumps([dict(records()[0], image_id=name)]))
    with pytest.raises(ValueError, match='leaves the folder'):
        convert_poses(files / 'results.json', files / 'out', 'openpose')
    assert not (files / 'out').exists()
    assert not (files.parent / 'x_keypoints.json').exists()


def test_sizes_must_be_known(files):
    (files / 'results.json').write_text(
        json.dumps([dict(records()[0], image_id='a.jpg')]))
    with pytest.raises(ValueError, match='size of the image a.jpg is not'):
        convert_poses(files / 'results.json', files / 'out',
                      'ultralytics-txt')


def test_two_images_of_one_name(files):
    given = [dict(records()[0], image_id=name) for name in ('a.jpg', 'a.png')]
    (files / 'results.json').write_text(json.dumps(given))
    with pytest.raises(ValueError, match='two images are called a without'):
        convert_poses(files / 'results.json', files / 'out', 'openpose')


def test_an_empty_file(files):
    (files / 'results.json').write_text('[]')
    for name in writable_formats():
        if name != 'sleap':
            summary = convert_poses(files / 'results.json', files / name,
                                    name)
            assert summary.total == 0
    assert open_pose_file(
        files / 'coco-annotations', format='coco-annotations'
    ).image_index.size == 0


@pytest.mark.parametrize(('bad', 'text'), [
    (dict(keypoints=[1, 2, 3]), 'record 0: keypoints must hold 51 numbers'),
    (dict(score='a'), "record 0: score must be a finite number, got 'a'"),
    (dict(image_id=None), 'record 0: image_id must be a number or name'),
    (dict(keypoints=['x'] * 51), 'keypoints must hold numbers only'),
])
def test_not_one_pose_can_be_read(files, bad, text):
    """Nothing is written for nothing."""
    given = [dict(records()[0], **bad)]
    (files / 'results.json').write_text(json.dumps(given))
    with pytest.raises(NothingConvertedError, match=text) as raised:
        convert_poses(files / 'results.json', files / 'out.json',
                      'coco-annotations', ann=files / 'images.json')
    assert f'none of the 1 poses of {files}/results.json' in str(raised.value)
    assert not (files / 'out.json').exists()


def test_tables_in_which_nobody_is(files):
    rows = ['scorer,net,net', 'bodyparts,nose,nose', 'coords,x,y', '0,,']
    (files / 'mousenet.csv').write_text('\n'.join(rows) + '\n')
    summary = convert_poses(
        files / 'mousenet.csv', files / 'out.json', 'coco-results')
    assert summary.unconverted == dict(no_keypoint=1)
    assert json.loads((files / 'out.json').read_text()) == []


@pytest.mark.parametrize('name', ['\ud800.jpg', 'x' * 300 + '.jpg'])
def test_names_that_no_file_has(files, name):
    given = [dict(records()[0], image_id=name)]
    (files / 'results.json').write_text(json.dumps(given))
    with pytest.raises(ValueError, match='can not be the name of a file'):
        convert_poses(files / 'results.json', files / 'out', 'openpose')
    convert_poses(files / 'results.json', files / 'out.json', 'coco-results')
    assert json.loads((files / 'out.json').read_text())[0]['image_id'] == name
